"""The second judge: a slow, obvious evaluator of one packet, written from calico.md and to be read beside it.

It shares no reasoning with the engine: of the product it imports typed objects and selector syntax trees alone
(`tests/conformance/test_obvious_imports.py` holds it to that). Calico 3.32, iptables, Felix's defaults save
`DefaultEndpointToHostAction: Accept`.

The parts, in reading order: `selectors` (calico.md 3), `things` (1.5), `policies` (1.3, 1.4, 2.1, 7.3), `kubernetes`
(5), `rules` (4), `cluster` (what Calico knows of the whole cluster), `path` (0, 2.5, 2.6).
"""

from tests.obvious_parts.cluster import Cluster, read_cluster
from tests.obvious_parts.path import answer_flow

__all__ = ["Cluster", "answer_flow", "read_cluster"]
