"""A cluster as it was seen: namespaces, workloads, services, nodes, policies; from a directory or a saved file.

A directory is partial unless it says otherwise (product.md 1). Secrets are never kept.
"""

from generator.snapshot.load import load_snapshot
from generator.snapshot.schema import snapshot_schema
from generator.snapshot.store import write_snapshot

__all__ = ["load_snapshot", "snapshot_schema", "write_snapshot"]
