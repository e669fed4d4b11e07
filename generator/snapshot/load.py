"""The way in: a directory, a file, standard input or a saved snapshot, to a Snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.errors import InputError
from generator.foundation.yaml_reader import Document, read_documents
from generator.snapshot.build import build_snapshot
from generator.snapshot.codes import NOTHING_READ, SAVED_SNAPSHOT_MIXED
from generator.snapshot.files import read_texts
from generator.snapshot.model import Snapshot
from generator.snapshot.store import is_saved, read_saved


def load_snapshot(
    paths: Sequence[str], *, namespace: str = "default", complete: bool = False, stdin: str | None = None
) -> tuple[Snapshot, list[Diagnostic]]:
    """Read manifests, or one saved snapshot, into a Snapshot with all that is odd about the input.

    Objects without a namespace are put into `namespace`. `-` among the paths is `stdin`. Without `complete` the result
    is partial (product.md 1): namespaces that are referred to and absent are assumed. Of an object given twice the
    later counts. Raises InputError for a path that does not exist and for a saved snapshot that cannot be read; a
    document that is not YAML is an error among the diagnostics, and the others are read.
    """
    texts, problems = read_texts(paths, stdin)
    documents: list[Document] = []
    for file, text in texts:
        found, wrong = read_documents(text, file)
        documents.extend(found)
        problems.extend(wrong)
    saved = [document for document in documents if is_saved(document.value)]
    if saved:
        if len(documents) > 1:
            summary = "a saved snapshot is read alone, not together with other documents"
            raise InputError([problem(SAVED_SNAPSHOT_MIXED, summary, place=saved[0].source.place())])
        return read_saved(saved[0].value, saved[0].source.file), problems
    snapshot, wrong = build_snapshot(documents, namespace=namespace, complete=complete, origin=", ".join(paths))
    problems.extend(wrong)
    if not _holds_anything(snapshot):
        summary = "the input holds no Kubernetes object"
        problems.append(problem(NOTHING_READ, summary, place=Place(", ".join(paths))))
    return snapshot, problems


def _holds_anything(snapshot: Snapshot) -> bool:
    return bool(
        snapshot.namespaces
        or snapshot.workloads
        or snapshot.services
        or snapshot.policies
        or snapshot.nodes
        or snapshot.callbacks
        or snapshot.others
        or snapshot.config_maps
    )
