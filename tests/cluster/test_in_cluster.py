"""Inside a pod: the mounted token of the service account, also after it has been replaced."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from kubernetes.config import incluster_config

from generator.cluster.access import Request
from generator.cluster.kubeconfig import IN_CLUSTER, open_connection
from tests.testbed.server import ApiServer


def test_the_mounted_token_is_used_and_read_again_when_it_is_refused(
    api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = urlsplit(api_server.endpoint.url)
    token, authority = tmp_path / "token", tmp_path / "ca.crt"
    authority.write_bytes(api_server.endpoint.ca_file.read_bytes())
    token.write_text("canary-of-yesterday", encoding="utf-8")
    for name in ("KUBECONFIG", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", str(url.hostname))
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(url.port))
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(authority))

    opened = open_connection()
    assert (opened.context, opened.server, opened.notes) == (IN_CLUSTER, api_server.endpoint.url, ())
    tiers = Request("GET", "/apis/projectcalico.org/v3/tiers")
    assert opened.connection.send(tiers).status == 401
    token.write_text(api_server.endpoint.tokens["admin"], encoding="utf-8")
    assert opened.connection.send(tiers).status == 200
