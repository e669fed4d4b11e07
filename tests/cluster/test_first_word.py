"""A server that is not there, or says nothing, is told within seconds, with the address and what to look at."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from generator.apply.stopping import SystemClock
from generator.cluster import snapshot, wire
from generator.cluster.backoff import Patience
from generator.cluster.kubeconfig import open_connection
from generator.cluster.snapshot import read_cluster
from generator.foundation.errors import EnvironmentFailure


@contextmanager
def silence() -> Iterator[int]:
    """Give the port of somebody who takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(20)
        yield int(listening.getsockname()[1])


def config(folder: Path, server: str) -> str:
    named = {"cluster": {"cluster": "c", "user": "u"}, "context": {"cluster": "c", "user": "u"}}
    path = folder / "config"
    value = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": named["context"]}],
        "clusters": [{"name": "c", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "u", "user": {}}],
    }
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    return str(path)


def told(folder: Path, server: str) -> tuple[str, float]:
    opened = open_connection(config(folder, server))
    began = time.monotonic()
    with pytest.raises(EnvironmentFailure) as found:
        read_cluster(opened.connection, SystemClock(), server=opened.server)
    [said] = found.value.diagnostics
    assert "kubectl config get-contexts" in said.hint
    return said.summary, time.monotonic() - began


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_CONNECT", 0.6)  # a tenth of the real times
    monkeypatch.setattr(snapshot, "_FIRST_WORD", Patience(0.02, 0.1, 0.2, until=snapshot._FIRST_WORD.until / 10))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def check_silence(folder: Path) -> None:
    with silence() as port:
        summary, seconds = told(folder, f"https://127.0.0.1:{port}")
    assert summary == f"https://127.0.0.1:{port}: no answer came in time"
    assert seconds < 1.2  # one try, not each of four


def test_silence_is_told_after_one_try(tmp_path: Path) -> None:
    check_silence(tmp_path)


def test_planted_fault_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_FIRST_WORD", Patience(0.02, 0.1, 0.2))
    with pytest.raises(AssertionError):
        check_silence(tmp_path)


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("https://127.0.0.1:1", "the connection was refused"),
        ("https://no-such-host.invalid:6443", "the server's name is not known"),
        ("http://127.0.0.1:1", "the connection was refused"),
    ],
)
def test_who_is_not_there_is_told_at_once(server: str, words: str, tmp_path: Path) -> None:
    summary, seconds = told(tmp_path, server)
    assert summary == f"{server}: {words}"
    assert seconds < 3
