"""What kubectl does with a kubeconfig and with the environment's proxies is what is done here."""

from __future__ import annotations

import base64
import json
import shlex
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from generator.cluster import kubeconfig, wire
from generator.cluster.access import Request
from generator.cluster.kubeconfig import open_connection
from generator.foundation.errors import EnvironmentFailure
from tests.cluster.answering import json_answer, serving
from tests.testbed.server import ApiServer

_EXEC = "client.authentication.k8s.io/v1"


def config(server: str, user: Any = None, name: Any = "one", **cluster: Any) -> dict[str, Any]:
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"of-{name}"}}],
        "clusters": [{"name": name, "cluster": {"server": server, **cluster}}],
        "users": [{"name": name, "user": user or {}}],
    }


def saved(path: Path, value: Any) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(value) if value is not None else "", encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def _plain_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("KUBECONFIG", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def proxy_of(path: str) -> str:
    connection: Any = open_connection(path).connection
    pool = connection._wire.pool
    return str(pool.proxy.url) if isinstance(pool, urllib3.ProxyManager) and pool.proxy is not None else ""


def check_proxies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far, near = saved(folder / "far", config("https://10.255.255.1")), []
    for number, host in enumerate(("127.0.0.1:6443", "localhost:6443", "[::1]:6443", "127.9.9.9")):
        near.append(saved(folder / f"near-{number}", config(f"https://{host}")))
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:7")
    assert proxy_of(far) == ""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:8")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert proxy_of(far) == "http://127.0.0.1:8"
    assert proxy_of(saved(folder / "plain", config("http://10.255.255.1"))) == "http://127.0.0.1:9"
    assert [proxy_of(path) for path in near] == [""] * len(near)  # kind, minikube, a forwarded port
    monkeypatch.setenv("NO_PROXY", "example.com,10.0.0.0/8")
    assert proxy_of(far) == ""
    own = saved(folder / "own", config("https://10.255.255.1", **{"proxy-url": "http://127.0.0.1:5"}))
    assert proxy_of(own) == "http://127.0.0.1:5"
    here = saved(folder / "here", config("https://127.0.0.1:1", **{"proxy-url": "http://127.0.0.1:5"}))
    assert proxy_of(here) == "http://127.0.0.1:5"  # who names a proxy there means it


def test_the_environments_proxies_are_taken_as_kubectl_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_proxies(tmp_path, monkeypatch)


def test_planted_fault_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig, "_choose_proxy", lambda configuration: None)
    with pytest.raises(AssertionError):
        check_proxies(tmp_path, monkeypatch)


def test_a_socks_proxy_is_refused_clearly_where_its_package_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    path = saved(tmp_path / "config", config("https://10.255.255.1", **{"proxy-url": "socks5://127.0.0.1:1080"}))
    with pytest.raises(EnvironmentFailure) as found:
        open_connection(path)
    assert "a SOCKS proxy, for which the package PySocks is missing" in str(found.value)
    assert "".join(capfd.readouterr()) == ""


def test_a_token_file_is_read_again_when_its_token_is_refused(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("of-yesterday\n", encoding="utf-8")

    def answer(handler: Any, asked: Any) -> None:
        json_answer(handler, "{}", 200 if asked.headers["Authorization"] == "Bearer of-today" else 401)

    with serving(answer) as server:
        opened = open_connection(saved(tmp_path / "config", config(server.address, {"tokenFile": "token"})))
        assert opened.connection.send(Request("GET", "/x")).status == 401
        token.write_text("of-today\n", encoding="utf-8")
        assert opened.connection.send(Request("GET", "/x")).ok
    assert [item.headers["Authorization"] for item in server.asked[-2:]] == ["Bearer of-yesterday", "Bearer of-today"]


@pytest.mark.parametrize("inside", ["a\nb", "a\x00b", "a\u2028b", "\u00e9"])
def test_what_no_header_can_hold_is_refused_and_never_shown(inside: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    path = saved(tmp_path / "config", config("http://127.0.0.1:1", {"tokenFile": "token"}))
    token.write_text(f"canary-{inside}", encoding="utf-8")
    with pytest.raises(EnvironmentFailure) as found:
        open_connection(path)
    assert str(found.value.diagnostics[0].summary) == "the token holds what no request can carry"
    assert "canary" not in str(found.value)


def test_of_several_files_each_entry_is_that_of_the_first_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contexts, clusters and users may stand in different files; an empty file is passed over."""
    with serving(lambda handler, asked: json_answer(handler, "{}")) as server:
        first = config("https://127.0.0.1:1") | {"users": [], "clusters": []}
        second = config(server.address, {"tokenFile": "token"}, name="one") | {"current-context": "nobody"}
        third = config("https://127.0.0.1:3", {"token": "of-third"})
        paths = [saved(tmp_path / f"{number}" / "config", value) for number, value in enumerate((None, first, second))]
        (tmp_path / "2" / "token").write_text("of-second", encoding="utf-8")  # beside the file that names it
        paths.append(saved(tmp_path / "3" / "config", third))
        monkeypatch.setenv("KUBECONFIG", ":".join([str(tmp_path / "absent"), *paths]))
        opened = open_connection()
        assert (opened.context, opened.server, opened.namespace) == ("one", server.address, "of-one")
        assert opened.connection.send(Request("GET", "/x")).ok
    assert server.asked[0].headers["Authorization"] == "Bearer of-second"


def plugin(script: str, **more: Any) -> dict[str, Any]:
    return {"exec": {"apiVersion": _EXEC, "command": sys.executable, "args": ["-c", script], **more}}


def test_a_plugin_is_given_its_environment_and_who_impersonates_its_uid(tmp_path: Path) -> None:
    credential = {"apiVersion": _EXEC, "kind": "ExecCredential", "status": {"token": "TOKEN"}}
    script = f"import os; print({json.dumps(credential)!r}.replace('TOKEN', os.environ['GIVEN']))"
    user = plugin(script, env=[{"name": "GIVEN", "value": "by-config"}]) | {"as": "audit", "as-uid": "7"}
    with serving(lambda handler, asked: json_answer(handler, "{}")) as server:
        open_connection(saved(tmp_path / "config", config(server.address, user))).connection.send(Request("GET", "/x"))
    headers = server.asked[0].headers
    assert headers["Authorization"] == "Bearer by-config"
    assert (headers["Impersonate-User"], headers["Impersonate-Uid"]) == ("audit", "7")


def test_a_plugin_may_give_a_certificate(api_server: ApiServer, tmp_path: Path) -> None:
    certificate = api_server.endpoint.ca_file
    pair = {
        "clientCertificateData": certificate.read_text(encoding="utf-8"),
        "clientKeyData": certificate.with_suffix(".key").read_text(encoding="utf-8"),
    }
    printed = tmp_path / "credential.json"
    printed.write_text(json.dumps({"apiVersion": _EXEC, "kind": "ExecCredential", "status": pair}), encoding="utf-8")
    user = plugin(f"print(open({shlex.quote(str(printed))!r}).read())")
    authority = base64.b64encode(certificate.read_bytes()).decode()
    given = config(api_server.endpoint.url, user, **{"certificate-authority-data": authority})
    opened = open_connection(saved(tmp_path / "config", given))
    assert opened.connection.send(Request("GET", "/version")).status in (
        200,
        401,
        403,
    )  # its authority is nobody's here


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (9, "the server's certificate is not valid yet"),
        (10, "the server's certificate has expired"),
        (18, "the server's certificate is not one that the kubeconfig trusts"),
        (20, "the server's certificate is not one that the kubeconfig trusts"),
        (62, "the server's certificate is for another name"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(number: int, words: str) -> None:
    broken = ssl.SSLCertVerificationError()
    broken.verify_code = number
    answer = wire._explain(urllib3.exceptions.SSLError(broken))
    assert answer.reason.startswith(words)
    assert not answer.sent
