"""Many requests at the same time, as waits make them: each is answered, and nothing is said on the terminal."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator.cluster.access import Request
from generator.cluster.kubeconfig import open_connection
from tests.testbed.server import ApiServer


def test_twenty_at_once_are_kept_without_a_word(
    api_server: ApiServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connection = open_connection(str(api_server.kubeconfig(tmp_path / "config"))).connection
    watch = Request("GET", "/api/v1/nodes", (("watch", "1"), ("timeoutSeconds", "1")))
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(connection.send, [watch] * 20))
    assert {answer.status for answer in answers} == {200}
    assert not caplog.records, caplog.text
