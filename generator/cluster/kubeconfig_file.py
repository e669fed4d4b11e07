"""The kubeconfig as kubectl finds it: which files, which context, which cluster and user; its values are never shown.

Rules of kubectl: `--kubeconfig` alone, else `$KUBECONFIG` (a list, absent files passed over), else `~/.kube/config`; of
several files the first that sets something counts, the current context too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from generator.cluster.codes import CONTEXT_UNKNOWN, KUBECONFIG_WRONG
from generator.foundation.diagnostics import Place, problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean

_FILES: Final = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}


@dataclass(frozen=True, slots=True)
class Entry:
    """A named part of a kubeconfig, with the file that it stands in."""

    name: str
    value: Mapping[str, Any]
    file: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one context leads to; `user` is None where it names nobody."""

    context: str
    files: tuple[str, ...]
    cluster: Entry
    user: Entry | None
    namespace: str = ""  # that the context names

    @property
    def server(self) -> str:
        """Return the server's address without credentials that somebody wrote into it."""
        return public_address(str(self.cluster.value["server"]))


def find_files(option: str | None) -> tuple[str, ...]:
    """Return the kubeconfig files that count, or none at all; InputError where the option names no file."""
    if option is not None:
        path = os.path.expanduser(option)  # noqa: PTH111 - unlike Path's, it bears a user without a home
        if not Path(path).is_file():
            raise _wrong(path, "there is no such kubeconfig", "give --kubeconfig a file")
        return (path,)
    listed = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    paths = listed or ["~/.kube/config"]
    return tuple(path for path in map(os.path.expanduser, paths) if Path(path).is_file())


def choose_context(files: Sequence[str], context: str | None) -> Chosen:
    """Return what the context (or the current one) leads to; InputError with what is wrong, never with a value."""
    parsed = [(file, value) for file in files if (value := _read(file)) is not None]
    contexts = _entries(parsed, "contexts", "context")
    name = context or next((str(value["current-context"]) for _, value in parsed if value.get("current-context")), "")
    if name not in contexts:
        raise InputError([_unknown(name, files[0] if len(files) == 1 else "", sorted(contexts))])
    found = contexts[name]
    cluster = _named(found, "cluster", _entries(parsed, "clusters", "cluster"))
    if cluster is None:
        raise _wrong(found.file, f"context '{name}' names no cluster", "kubectl config set-context --cluster")
    _check_server(cluster)
    _check_files(cluster, "cluster")
    user = _named(found, "user", _entries(parsed, "users", "user"))
    if user is not None:
        _check_files(user, "user")
    namespace = found.value.get("namespace")
    filled = tuple(file for file, _ in parsed)
    return Chosen(name, filled, cluster, user, namespace if isinstance(namespace, str) else "")


def public_address(address: str) -> str:
    """Return a URL without user and password, and without what follows the path."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}".rstrip("/")


def _wrong(file: str, summary: str, hint: str = "", line: int = 0, column: int = 0) -> InputError:
    return InputError([problem(KUBECONFIG_WRONG, summary, place=Place(file, line, column), hint=hint)])


def _unknown(name: str, file: str, known: Sequence[str]) -> Any:
    listed = f"contexts: {', '.join(known)}" if known else "it holds no context"
    if not name:
        return problem(CONTEXT_UNKNOWN, "no context is chosen", place=Place(file), hint=f"give --context; {listed}")
    meant = did_you_mean(name, known)
    hint = f"{meant} {listed}" if meant else listed
    return problem(CONTEXT_UNKNOWN, f"there is no context '{name}'", place=Place(file), hint=hint)


def _read(file: str) -> Mapping[str, Any] | None:
    """Return what a file holds; None for an empty one, which kubectl passes over."""
    try:
        value = yaml.load(Path(file).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        raise _wrong(file, f"the kubeconfig cannot be read: {(error.strerror or 'no reason').lower()}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark  # the library's text would quote the line, which may hold a token
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        raise _wrong(file, "the kubeconfig is no YAML", line=line, column=column) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _wrong(file, "the kubeconfig is no YAML") from None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _wrong(file, "the kubeconfig holds no mapping", "kubectl config view shows what kubectl reads")
    return value


def _entries(parsed: Sequence[tuple[str, Mapping[str, Any]]], key: str, below: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for file, value in parsed:
        for item in _items(file, value, key):
            inner = item.get(below)
            inner = {} if inner is None else inner
            if not isinstance(item.get("name"), str) or not isinstance(inner, dict):
                raise _wrong(file, f"an entry of '{key}' has not the shape name and {below}")
            found.setdefault(item["name"], Entry(item["name"], inner, file))
    return found


def _items(file: str, value: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    listed = value.get(key)
    if listed is None:
        return
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise _wrong(file, f"'{key}' is no list of named entries")
    yield from listed


def _named(context: Entry, key: str, known: Mapping[str, Entry]) -> Entry | None:
    name = context.value.get(key)
    if not name:
        return None
    if name not in known:
        raise _wrong(context.file, f"context '{context.name}' names {key} '{name}', which is not there")
    return known[str(name)]


def _check_server(cluster: Entry) -> None:
    server = cluster.value.get("server")
    try:
        parts = urlsplit(server) if isinstance(server, str) else None
        known = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port if parts is not None else None
    except ValueError:
        known = False
    if not known:
        raise _wrong(cluster.file, f"cluster '{cluster.name}' has no server of the form https://HOST:PORT")


def _check_files(entry: Entry, what: str) -> None:
    folder = Path(entry.file).resolve().parent
    for key in _FILES[what]:
        path = entry.value.get(key)
        if isinstance(path, str) and path and not entry.value.get(f"{key}-data") and not (folder / path).is_file():
            raise _wrong(entry.file, f"{key} of {what} '{entry.name}' is {path}, which is no file")
