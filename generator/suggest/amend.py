"""An intent with an overlay laid over it, as `-f` would."""

from __future__ import annotations

from typing import Any, Final

from generator.foundation.diagnostics import Place, has_errors
from generator.foundation.source import Path, SourceMap
from generator.foundation.yaml_reader import Document
from generator.intent import LoadedIntent
from generator.intent.context import Resolving
from generator.intent.loader import digest_content
from generator.intent.overlay import MergedSource, merge_documents
from generator.intent.resolve import resolve_intent
from generator.intent.shape import read_shape

_NAME: Final = "a suggested overlay"


class _NoPlaces(MergedSource):
    """Places of what stands in no file: none is worked out, for nobody is shown one."""

    __slots__ = ()

    def place(self, path: Path = (), *, key: bool = False) -> Place:
        return Place(_NAME)


def amend_intent(loaded: LoadedIntent, overlay: dict[str, Any]) -> LoadedIntent | None:
    """Return the intent with the overlay; None where that is no intent, or one that says a thing twice."""
    documents = [Document(content, SourceMap(_NAME, "", 1)) for content in (loaded.effective, overlay)]
    effective, problems = merge_documents(documents)
    if problems:
        return None
    read = read_shape(effective, _NoPlaces(documents))
    if read.file is None or has_errors(read.problems):
        return None
    run = Resolving(read.file, _NoPlaces(documents), read.gaps, [])
    intent = resolve_intent(run, loaded.intent.file, digest_content(effective))
    if has_errors(run.problems):
        return None
    return LoadedIntent(intent, effective, [], run.source)
