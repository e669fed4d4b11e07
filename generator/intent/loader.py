"""Reads an intent and its overlays: files in, the Intent out, all problems at once and each with its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Diagnostic, Place, has_errors, problem, sort_diagnostics
from generator.foundation.digest import canonical_json, digest_value
from generator.foundation.errors import InputError
from generator.foundation.paths import PathKind, near_path, path_kind, read_file
from generator.foundation.yaml_reader import Document, decode_text, read_documents
from generator.foundation.yaml_writer import write_document
from generator.intent.codes import NOT_AN_INTENT
from generator.intent.context import Resolving
from generator.intent.model import Intent
from generator.intent.overlay import MergedSource, merge_documents
from generator.intent.resolve import resolve_intent
from generator.intent.shape import read_shape

STDIN = "<stdin>"
_MOST_TEXT: Final = 16_000_000  # characters: some hundred thousand services
_MANIFEST: Final = frozenset({"apiVersion", "kind"})
_NOT_THIS: Final = "manifests go with --live; ringfence init proposes an intent from them"


@dataclass(frozen=True, slots=True)
class LoadedIntent:
    """An intent without errors; `effective` is the content after overlays, `diagnostics` are warnings and notes."""

    intent: Intent
    effective: dict[str, Any]
    diagnostics: list[Diagnostic]
    source: MergedSource = field(compare=False, repr=False)

    def placed(self, found: Diagnostic) -> Diagnostic:
        """Give a problem that names only a key of the intent (`layout`, `owns`) the place of that key."""
        key = re.split(r"[.\[]", found.path, maxsplit=1)[0]
        if found.place.file or key not in self.effective:
            return found
        return replace(found, place=self.source.place((key,)))


def load_intent(paths: Sequence[str], stdin: str | None = None) -> LoadedIntent:
    """Read an intent; the first path is the intent, each later one an overlay, `-` is the text of standard input.

    Raises InputError with all problems, warnings too, if one of them is an error.
    """
    problems: list[Diagnostic] = []
    documents: list[Document] = []
    for path in paths:
        document, found = _read_one(path, stdin)
        problems.extend(found)
        if document is not None:
            documents.append(document)
    if not paths:
        problems.append(problem(NOT_AN_INTENT, "no file is named", hint="name the intent file, such as intent.yaml"))
    if has_errors(problems):
        raise InputError(problems)
    effective, found = merge_documents(documents)
    problems.extend(found)
    read = read_shape(effective, MergedSource(documents))
    problems.extend(read.problems)
    if read.file is None:
        raise InputError(problems)
    run = Resolving(read.file, read.source, read.gaps, problems)
    intent = resolve_intent(run, _shown(paths[0]), digest_content(effective))
    if has_errors(problems):
        raise InputError(problems)
    return LoadedIntent(intent, effective, sort_diagnostics(problems), read.source)


def _shown(path: str) -> str:
    return STDIN if path == "-" else path


def _read_one(path: str, stdin: str | None) -> tuple[Document | None, list[Diagnostic]]:
    hint = "an intent is one document; overlays are files of their own, each with -f"
    return read_document(path, stdin, "an intent begins with `version: 1`", hint)


def read_document(
    path: str, stdin: str | None, begins: str, one: str = "write all of it as one document"
) -> tuple[Document | None, list[Diagnostic]]:
    """Read a file that is one document, a mapping; `begins` and `one` are the hints where it is not."""
    name = _shown(path)
    problems: list[Diagnostic] = []
    if path == "-":
        text = stdin or ""
    else:
        try:
            data = read_file(path)
        except OSError as error:
            what = error.strerror or "cannot be read"
            summary, hint = f"the file cannot be read: {what}", _how_to_find(path)
            return None, [problem(FILE_UNREADABLE, summary, place=Place(name), hint=hint)]
        text, problems = decode_text(data, name)
    if problems:
        return None, problems
    if len(text) > _MOST_TEXT:
        summary = f"the file has {len(text) // 10**6} MB, and this is read up to {_MOST_TEXT // 10**6}"
        return None, [problem(NOT_AN_INTENT, summary, place=Place(name), hint=_NOT_THIS)]
    documents, problems = read_documents(text, name)
    if problems:
        return None, problems
    start = Place(name, 1, 1)
    if not documents:
        return None, [problem(NOT_AN_INTENT, "the file is empty", place=start, hint=begins)]
    kinds = [item.value["kind"] for item in documents if isinstance(item.value, dict) and set(item.value) >= _MANIFEST]
    if kinds:
        summary = f"the file is a Kubernetes manifest, of kind {kinds[0]}"
        return None, [problem(NOT_AN_INTENT, summary, place=documents[0].source.place(), hint=_NOT_THIS)]
    if len(documents) > 1:
        place = documents[1].source.place()
        return None, [problem(NOT_AN_INTENT, f"the file holds {len(documents)} documents", place=place, hint=one)]
    if not isinstance(documents[0].value, dict):
        place = documents[0].source.place()
        mapping = begins.replace("begins with", "is a mapping that begins with")
        return None, [problem(NOT_AN_INTENT, "the file holds no mapping", place=place, hint=mapping)]
    return documents[0], []


def _how_to_find(path: str) -> str:
    match path_kind(path):
        case PathKind.NOTHING:
            return near_path(path)
        case PathKind.FOLDER:
            return f"name a file; {_NOT_THIS}"
        case PathKind.FILE:
            return ""


def digest_content(effective: dict[str, Any]) -> str:
    """Return the digest of an effective intent; neither the order of keys nor that of lists is part of it.

    No list of the format has a sequence that means something; an empty service is the same with and without `{}`.
    """
    content = dict(effective)
    services = content.get("services")
    if isinstance(services, dict):
        content["services"] = {name: {} if body is None else body for name, body in services.items()}
    return digest_value(_in_fixed_order(content))


def _in_fixed_order(value: Any) -> Any:
    match value:
        case dict():
            return {key: _in_fixed_order(item) for key, item in value.items() if item is not None}
        case list():
            return sorted((_in_fixed_order(item) for item in value), key=canonical_json)
        case _:
            return value


def write_effective(loaded: LoadedIntent) -> str:
    """Write the effective intent as one YAML file, which loads to the same intent."""
    return write_document(loaded.effective)


def resolve_file(intent: Intent, name: str) -> Path:
    """Return the path of a file that the intent names, relative to the intent's own folder."""
    folder = Path() if intent.file == STDIN else Path(intent.file).parent
    return folder / name
