"""What `explain` says of the Online Boutique with its live policies, as people read it: golden texts of 80 columns."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from generator.cli.main import run_command
from tests.cli.calling import ROOT
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden" / "explain"
LIVE = ("--live", "examples/online-boutique/live")
INTENT = ("--intent", "examples/online-boutique/intent.yaml", "--as-of", "2026-11-01")
MORE = ("--live", "tests/cli/explained/more.yaml")

FLOWS = {
    "denied-at-source": ("boutique/paymentservice-1", "boutique/emailservice:25"),
    "denied-at-destination": ("boutique/frontend", "boutique/paymentservice-1:50051"),
    "unknown": ("boutique/paymentservice-1", "boutique/emailservice:8080"),
    "node-to-pod": ("host:n1", "boutique/paymentservice-1:50051"),
    "node-to-pod-somewhere": ("host:n1", "boutique/redis-cart:6379"),
    "outside-to-pod": ("203.0.113.7", "boutique/frontend:8080"),
    "pod-to-range": ("boutique/paymentservice-1", "192.0.2.9:443"),
    "icmp": ("boutique/checkoutservice", "boutique/redis-cart:icmp"),
    "named-port": ("boutique/checkoutservice", "boutique/paymentservice-1:grpc"),
    "service-port": ("boutique/checkoutservice", "boutique/emailservice:5000"),
}
CHANGES = {
    "change-a-need": ("boutique/frontend", "boutique/emailservice:8080"),
    "change-a-port": ("boutique/cartservice", "boutique/emailservice:9090"),
    "change-over-others": ("boutique/cartservice", "boutique/paymentservice:50051"),
    "change-an-external": ("boutique/cartservice", "192.0.2.9:443"),
    "change-exposed": ("203.0.113.7", "boutique/emailservice:8080"),
    "change-opens-more": ("boutique/cartservice", "boutique/emailservice:icmp"),
    "no-change": ("boutique/cartservice", "192.0.2.9:icmp"),
}
WRONG = (
    ("boutique/frontent", "boutique/cartservice:7070"),
    ("production/frontend", "boutique/cartservice:7070"),
    ("frontend", "boutique/cartservice:7070"),
    ("boutique/deployment/frontend", "boutique/cartservice:7070"),
    ("frontend.boutique.svc.cluster.local", "boutique/cartservice:7070"),
    ("boutique/frontend", "boutique/cartservice"),
    ("boutique/frontend", "boutique/cartservice:grpc"),
    ("boutique/frontend", "boutique/cartservice:7070/TPC"),
    ("boutique/frontend", "boutique/frontend-external:80"),
    ("boutique/frontend", "api.example.com:443"),
    ("boutique/frontend", "10.0.0.0/8:443"),
    ("host:n1", "boutique/cartservice:7070"),
    ("node:n1", "boutique/cartservice:7070"),
)


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = run_command(["explain", *arguments])
    captured = capsys.readouterr()
    assert (code, captured.err) == (0, "")
    assert max(map(len, captured.out.splitlines())) <= 80
    return captured.out


@pytest.mark.parametrize("name", FLOWS)
def test_verdicts(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    check_golden(GOLDEN / f"{name}.txt", explain(capsys, *FLOWS[name], *LIVE, *MORE))


@pytest.mark.parametrize("name", CHANGES)
def test_changes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    check_golden(GOLDEN / f"{name}.txt", explain(capsys, *CHANGES[name], *LIVE, *INTENT))


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "no-change"])
def test_what_is_shown_as_a_file_is_one(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = explain(capsys, *CHANGES[name], *LIVE, *INTENT)
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(dedent(text.partition("  the same as a file for -f:\n")[2]))
    assert run_command(["explain", *CHANGES[name], *LIVE, *INTENT, "-f", str(overlay)]) == 0
    again = capsys.readouterr().out
    assert "\nafter denied: " in text
    assert "\nafter allowed: " in again
    assert "to allow it" not in again


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_a_change_in_other_formats(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["explain", *CHANGES["change-a-port"], *LIVE, *INTENT, "--format", form])
    text = capsys.readouterr().out
    check_golden(GOLDEN / f"change-a-port.{'json' if form == 'json' else 'md'}", text)


def test_calls_that_go_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    shown = ""
    for ends in WRONG:
        assert run_command(["explain", *ends, *LIVE]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        shown += f"$ ringfence explain {' '.join(ends)}\n{captured.err}"
    check_golden(GOLDEN / "wrong-calls.txt", shown)
