"""From paths to texts: a directory is walked as `kubectl apply -R -f` does, sorted, hidden files left out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.errors import InputError
from generator.foundation.paths import PathKind, near_path, path_kind, read_file
from generator.foundation.yaml_reader import decode_text

STDIN = "-"
_SUFFIXES = (".yaml", ".yml", ".json")
# `2.platform.allow-dns` and `rules-1.2` have dots, but no extension; `deploy.yaml.disabled` has one.
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]*$")
_LOOKS_LIKE_A_MANIFEST = re.compile(
    r"^(?:apiVersion|kind)[ \t]*:|^[ \t]*[{\[,]?[ \t]*\"(?:apiVersion|kind)\"[ \t]*:", re.M
)


def read_texts(paths: Sequence[str], stdin: str | None = None) -> tuple[list[tuple[str, str]], list[Diagnostic]]:
    """Return (file, text) of everything under the paths, in the order given and sorted inside a directory.

    In a directory count `*.yaml`, `*.yml`, `*.json`, and files without an extension that look like a manifest. `-` is
    `stdin`. Raises InputError, with all of them, for paths that do not exist; an unreadable file is a diagnostic.
    """
    missing: list[Diagnostic] = []
    texts: list[tuple[str, str]] = []
    problems: list[Diagnostic] = []
    for path in paths:
        if path == STDIN:
            texts.append(("<stdin>", stdin or ""))
        elif (kind := path_kind(path)) is PathKind.NOTHING:
            hint = near_path(path, "cluster")
            missing.append(problem(FILE_UNREADABLE, "there is no such file or folder", place=Place(path), hint=hint))
        elif kind is PathKind.FOLDER:
            for file in _walk(path, frozenset()):
                _add(file, texts, problems, sure=_is_manifest_name(file))
        else:
            _add(path, texts, problems, sure=True)
    if missing:
        raise InputError(missing)
    return texts, problems


def _add(file: str, texts: list[tuple[str, str]], problems: list[Diagnostic], *, sure: bool) -> None:
    try:
        data = read_file(file)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        problems.append(problem(FILE_UNREADABLE, f"the file cannot be read: {reason}", place=Place(file)))
        return
    text, found = decode_text(data, file)
    if not sure and (found or not _LOOKS_LIKE_A_MANIFEST.search(text)):
        return
    problems.extend(found)
    if not found:
        texts.append((file, text))


def _walk(folder: str, above: frozenset[str]) -> Iterator[str]:
    """Go through a directory by name; a link that leads back to a folder above is not followed."""
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(folder, entry.name).as_posix()
        if entry.is_dir():
            yield from _walk(path, above | {real})
        elif entry.is_file() and (_is_manifest_name(entry.name) or not _EXTENSION.search(entry.name)):
            yield path


def _is_manifest_name(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES)
