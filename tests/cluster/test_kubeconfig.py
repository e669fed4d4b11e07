"""A kubeconfig is read as kubectl reads it, and none of its secrets is ever in a text of ours."""

from __future__ import annotations

import base64
import json
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.cluster.access import Request
from generator.cluster.kubeconfig import open_connection
from generator.foundation.errors import RingfenceError
from tests.cluster.answering import Answer, json_answer, serving

CANARY = "canary-3b1f0c"
OK: Answer = lambda handler, asked: json_answer(handler, "{}")  # noqa: E731


def config(server: str, user: dict[str, Any] | None = None, name: str = "one", **cluster: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": server, **cluster}}],
        "users": [{"name": name, "user": user or {}}],
    }


def saved(folder: Path, value: Any, name: str = "config") -> str:
    path = folder / name
    path.write_text(value if isinstance(value, str) else yaml.safe_dump(value), encoding="utf-8")
    return str(path)


def refusal(*call: Any, **named: Any) -> tuple[int, str]:
    with pytest.raises(RingfenceError) as found:
        open_connection(*call, **named)
    error = found.value
    return error.exit_code, f"{error} | " + " | ".join(
        f"{item.place} {item.summary} {item.hint}" for item in error.diagnostics
    )


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_one_request_is_one_request_with_the_token(tmp_path: Path) -> None:
    def answer(handler: Any, asked: Any) -> None:
        json_answer(handler, '{"kind": "Status"}', 503, Retry_After="3", Warning='299 - "spec.x: \\"y\\" is gone"')

    with serving(answer) as server:
        opened = open_connection(saved(tmp_path, config(server.address, {"token": CANARY})))
        found = opened.connection.send(Request("PUT", "/api/v1/x", (("a", "b c"),), {"k": 1}))
    assert (found.status, found.body, found.retry_after) == (503, {"kind": "Status"}, 3.0)
    assert found.warnings == ('spec.x: "y" is gone',)
    assert [(item.method, item.path, item.body) for item in server.asked] == [("PUT", "/api/v1/x?a=b+c", b'{"k":1}')]
    assert server.asked[0].headers["Authorization"] == f"Bearer {CANARY}"
    assert server.asked[0].headers["Content-Type"] == "application/json"
    assert opened.server == server.address
    assert opened.context == "one"


def test_a_plain_text_answer_stays_text_and_a_redirect_is_not_followed(tmp_path: Path) -> None:
    def answer(handler: Any, asked: Any) -> None:
        if asked.path == "/moved":
            json_answer(handler, "", 302, Location=f"{server.address}/elsewhere")
        else:
            json_answer(handler, "404 page not found\n", 404, content_type="text/plain")

    with serving(answer) as server:
        connection = open_connection(saved(tmp_path, config(server.address))).connection
        assert connection.send(Request("GET", "/apis/none")).body == "404 page not found\n"
        assert connection.send(Request("GET", "/moved")).status == 302
    assert [item.path for item in server.asked] == ["/apis/none", "/moved"]


def test_plain_http_is_warned_of_and_so_is_an_unverified_server(tmp_path: Path) -> None:
    plain = open_connection(saved(tmp_path, config("http://127.0.0.1:9")))
    assert [item.code for item in plain.notes] == ["RF5104"]
    unverified = open_connection(saved(tmp_path, config("https://127.0.0.1:9", **{"insecure-skip-tls-verify": True})))
    assert [item.code for item in unverified.notes] == ["RF5105"]
    assert open_connection(saved(tmp_path, config("https://127.0.0.1:9"))).notes == ()


def test_an_unknown_context_lists_those_that_are_there(tmp_path: Path) -> None:
    code, text = refusal(saved(tmp_path, config("https://127.0.0.1:9", name="staging")), "stagin")
    assert code == 2
    assert "there is no context 'stagin'" in text
    assert "did you mean 'staging'? contexts: staging" in text
    nobody = config("https://127.0.0.1:9") | {"current-context": ""}
    assert "no context is chosen" in refusal(saved(tmp_path, nobody))[1]


def test_of_several_files_the_first_context_counts_as_with_kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = saved(tmp_path, config("https://127.0.0.1:1", name="first"), "first")
    second = saved(tmp_path, config("https://127.0.0.1:2", name="second"), "second")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/absent:{first}:{second}")
    assert open_connection().context == "first"
    assert open_connection(None, "second").server == "https://127.0.0.1:2"


def test_no_kubeconfig_at_all_says_what_to_give() -> None:
    code, text = refusal()
    assert code == 2
    assert "no kubeconfig was found" in text
    assert "--kubeconfig FILE" in text
    assert "there is no such kubeconfig" in refusal("/nowhere/at/all")[1]


def test_inside_a_pod_the_service_account_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    code, text = refusal()
    assert (code, "service account token" in text) == (4, True)
    assert refusal(None, "staging")[0] == 2


_BROKEN = {
    "text": f"apiVersion: v1\nusers: [{{name: a, user: {{token: {CANARY}}}}}\n",
    "list": f"- {CANARY}\n",
    "entry": {"contexts": [CANARY]},
    "shape": config("https://127.0.0.1:9") | {"users": [{"name": "one", "user": CANARY}]},
    "cluster": config("https://127.0.0.1:9", {"token": CANARY}) | {"clusters": []},
    "user": config("https://127.0.0.1:9") | {"users": [{"name": "two", "user": {"token": CANARY}}]},
    "server": config("", {"token": CANARY}),
    "port": config(f"https://{CANARY}:pw@h:x", {"token": CANARY}),
    "authority": config("https://127.0.0.1:9", {"token": CANARY}, **{"certificate-authority": "absent.crt"}),
    "certificate": config("https://127.0.0.1:9", {"client-certificate-data": CANARY, "client-key-data": CANARY}),
    "token file": config("https://127.0.0.1:9", {"tokenFile": "absent"}),
    "provider": config("https://127.0.0.1:9", {"auth-provider": {"name": "azure", "config": {"access-token": CANARY}}}),
    "oidc": config("https://127.0.0.1:9", {"auth-provider": {"name": "oidc", "config": {"id-token": CANARY}}}),
    "plugin": config(
        "https://127.0.0.1:9",
        {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": sys.executable,
                "args": ["-c", f"import sys; print('{CANARY}', file=sys.stderr); sys.exit(7)"],
            }
        },
    ),
    "no plugin": config(
        "https://127.0.0.1:9",
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "not-there-at-all", "args": [CANARY]}},
    ),
}


@pytest.mark.parametrize("case", _BROKEN)
def test_a_broken_kubeconfig_is_refused_without_showing_its_secrets(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    code, text = refusal(saved(tmp_path, _BROKEN[case]))
    assert code in (2, 4)
    assert CANARY not in text + "".join(capfd.readouterr()) + caplog.text
    if case == "plugin":
        assert "exit code 7" in text
    if case == "no plugin":
        assert "'not-there-at-all' is not installed" in text


def test_no_answer_is_said_in_our_words_without_credentials(tmp_path: Path) -> None:
    from generator.cluster.access import NoAnswer

    path = saved(tmp_path, config(f"http://{CANARY}:{CANARY}@127.0.0.1:1", {"token": CANARY}))
    opened = open_connection(path)
    assert CANARY not in opened.server + str(opened.notes)
    with pytest.raises(NoAnswer) as found:
        opened.connection.send(Request("GET", "/"))
    assert (found.value.reason, found.value.sent) == ("the connection was refused", False)


def test_a_proxy_gets_its_password_and_an_absent_one_is_named(tmp_path: Path) -> None:
    from generator.cluster.access import NoAnswer

    with serving(OK) as proxy:
        through = proxy.address.replace("http://", f"http://me:{CANARY}@")
        opened = open_connection(saved(tmp_path, config("http://10.255.255.1", **{"proxy-url": through})))
        assert opened.connection.send(Request("GET", "/x")).ok
    assert proxy.asked[0].path == "http://10.255.255.1/x"
    assert proxy.asked[0].headers["proxy-authorization"].startswith("Basic ")
    opened = open_connection(saved(tmp_path, config("http://10.255.255.1", **{"proxy-url": "http://127.0.0.1:1"})))
    with pytest.raises(NoAnswer) as found:
        opened.connection.send(Request("GET", "/x"))
    assert (found.value.reason, found.value.sent) == ("the proxy did not let it through", False)


def test_a_plugin_is_asked_again_when_its_token_is_refused(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    script = (
        "import json,pathlib;"
        f"p=pathlib.Path({str(counter)!r});"
        "n=int(p.read_text())+1 if p.exists() else 1;p.write_text(str(n));"
        "print(json.dumps({'apiVersion':'client.authentication.k8s.io/v1','kind':'ExecCredential',"
        "'status':{'token':'t%d'%n}}))"
    )
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", script]}

    def answer(handler: Any, asked: Any) -> None:
        good = asked.headers["Authorization"] == "Bearer t2"
        json_answer(handler, "{}", 200 if good else 401)

    with serving(answer) as server:
        opened = open_connection(saved(tmp_path, config(server.address, {"exec": plugin})))
        assert opened.connection.send(Request("POST", "/x", body={})).ok
    assert [item.headers["Authorization"] for item in server.asked] == ["Bearer t1", "Bearer t2"]


def test_an_oidc_provider_is_verified_as_kubectl_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would ask a provider without an authority of its own unverified, and send the refresh token there."""
    from kubernetes.config import kube_config

    def renew(loader: Any, provider: Any) -> None:
        trusted.append(provider["config"].value["idp-certificate-authority"])
        provider["config"].value["id-token"] = "renewed"

    trusted: list[str] = []
    monkeypatch.setattr(kube_config.KubeConfigLoader, "_refresh_oidc", renew)
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, {"exp": 1}))
    expired = ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "x"])
    provider = {"name": "oidc", "config": {"id-token": expired, "refresh-token": CANARY, "idp-issuer-url": "https://x"}}
    with serving(OK) as server:
        path = saved(tmp_path, config(server.address, {"auth-provider": provider}))
        open_connection(path).connection.send(Request("GET", "/x"))
    assert server.asked[0].headers["Authorization"] == "Bearer renewed"
    assert trusted == [ssl.get_default_verify_paths().cafile]
    kept = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["users"][0]["user"]["auth-provider"]["config"]
    assert kept == {"id-token": "renewed", "refresh-token": CANARY, "idp-issuer-url": "https://x"}


def test_a_fixed_token_that_is_refused_is_not_sent_twice(tmp_path: Path) -> None:
    with serving(lambda handler, asked: json_answer(handler, "{}", 401)) as server:
        opened = open_connection(saved(tmp_path, config(server.address, {"token": "fixed"})))
        assert opened.connection.send(Request("GET", "/x")).status == 401
    assert len(server.asked) == 1


def test_who_impersonates_somebody_says_so_with_every_request(tmp_path: Path) -> None:
    user = {"token": "t", "as": "audit", "as-groups": ["a", "b"], "as-user-extra": {"team/x": ["1"]}}
    with serving(OK) as server:
        open_connection(saved(tmp_path, config(server.address, user))).connection.send(Request("GET", "/x"))
    sent = [(name, value) for name, value in server.asked[0].all_headers if name.startswith("Impersonate")]
    assert sorted(sent) == [
        ("Impersonate-Extra-team%2Fx", "1"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-User", "audit"),
    ]


def test_a_password_is_sent_as_basic_authentication(tmp_path: Path) -> None:
    with serving(OK) as server:
        user = {"username": "me", "password": "secret"}
        open_connection(saved(tmp_path, config(server.address, user))).connection.send(Request("GET", "/x"))
    assert server.asked[0].headers["Authorization"] == "Basic bWU6c2VjcmV0"


def test_keys_of_the_kubeconfig_leave_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    user = {"client-certificate-data": "bm9uZQ==", "client-key-data": "bm9uZQ=="}
    refusal(saved(tmp_path, config("https://127.0.0.1:9", user)))
    assert list(folder.iterdir()) == []


def test_json_that_is_cut_is_no_answer(tmp_path: Path) -> None:
    from generator.cluster.access import NoAnswer

    def answer(handler: Any, asked: Any) -> None:
        if asked.path == "/cut":
            json_answer(handler, json.dumps({"items": [1, 2]})[:-3])
        elif asked.path == "/short":
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", "100")
            handler.end_headers()
            handler.wfile.write(b"{}")
            handler.close_connection = True
        else:
            handler.close_connection = True

    with serving(answer) as server:
        connection = open_connection(saved(tmp_path, config(server.address))).connection
        for path in ("/cut", "/short", "/nothing"):
            with pytest.raises(NoAnswer) as found:
                connection.send(Request("GET", path, timeout=5))
            assert found.value.sent
    assert len(server.asked) == 3


def test_an_answer_that_drips_ends_in_time(tmp_path: Path) -> None:
    import time

    from generator.cluster.access import NoAnswer

    def answer(handler: Any, asked: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
        handler.close_connection = True

    with serving(answer) as server:
        connection = open_connection(saved(tmp_path, config(server.address))).connection
        started = time.monotonic()
        with pytest.raises(NoAnswer):
            connection.send(Request("GET", "/x", timeout=0.3))
        assert time.monotonic() - started < 1.2
