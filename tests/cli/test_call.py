"""The command line itself: help, wrong calls, streams, signals, and what it may import."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generator.cli import main as cli
from generator.cli.catalog import COMMANDS
from generator.cluster.clock import StopAsked
from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Place, problem
from generator.foundation.errors import EnvironmentFailure, InputError, RefusedError
from tests.cli.calling import BIN, ROOT, call, environment, transcript
from tests.support.golden import check_golden
from tests.support.signals import heed_sigint

GOLDEN = Path(__file__).parent / "golden"

# What `ringfence --help` may import beside the standard library and what typer brings for itself.
HELP_MAY_IMPORT = {
    "generator",
    "generator.cli",
    "generator.cli.catalog",
    "generator.cli.codes",
    "generator.cli.ending",
    "generator.cli.group",
    "generator.cli.main",
    "generator.cli.plain_values",
    "generator.cli.screen",
    "generator.foundation",
    "generator.foundation.codes",
    "generator.foundation.diagnostics",
    "generator.foundation.errors",
    "generator.foundation.spelling",
    "generator.report",
    "generator.report.formats",
    "generator.report.problems",
}
LIBRARIES_OF_HELP = {"typer", "click", "annotated_doc", "shellingham", "typing_extensions"}


def test_help_imports_only_what_it_needs() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "from generator.cli.main import run_command\n"
        "assert run_command(['--help']) == 0\n"
        "new = {m for m in set(sys.modules) - before if m.split('.')[0] not in sys.stdlib_module_names}\n"
        "print(sorted(new), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    modules = set(json.loads(done.stderr.replace("'", '"')))
    assert {name for name in modules if name.split(".")[0] == "generator"} <= HELP_MAY_IMPORT
    libraries = {name.split(".")[0] for name in modules} - {"generator"}
    # setuptools puts a finder of its own beside an editable install; it is no import of ours.
    assert libraries <= LIBRARIES_OF_HELP | {"_distutils_hack", "__editable___ringfence_finder"}


def test_help_is_quick() -> None:
    def once() -> float:
        before = time.perf_counter()
        assert call("--help").returncode == 0
        return time.perf_counter() - before

    assert min(once() for _ in range(5)) <= 0.2


@pytest.mark.parametrize("name", ["", *sorted(COMMANDS)])
def test_help(name: str) -> None:
    text = transcript(*name.split(), "--help")
    assert max(len(line) for line in text.splitlines()) <= 80
    check_golden(GOLDEN / f"help-{name.replace(' ', '-') or 'ringfence'}.txt", text)


WRONG_CALLS = [
    (),
    ("rendr",),
    ("templates",),
    ("plan", "shwo", "x.json"),
    ("--bersion",),
    ("render", "--liev", "x"),
    ("render",),
    ("render", "absent.yaml"),
    ("render", "--split", "none", "absent.yaml"),
    ("diff", "absent.yaml", "--as-of", "tomorrow"),
    ("diff", "absent.yaml", "--format", "xml"),
    ("diff", "absent.yaml", "--format", "jsn"),
    ("render", "--hlp"),
    ("init", "examples/two-tier/live", "--name", "My Shop"),
    ("init", "examples/two-tier/live", "-n", "My.Shop"),
    ("render", "examples/two-tier/intent.yaml", "--templates", "examples/two-tier/intent.yaml"),
    ("render", "examples/two-tier/intent.yaml", "--templates", "absent"),
    ("snapshot", "cluster", "--kubeconfig", "absent"),
    ("templates", "copy"),
    ("plan", "check", "plan.json", "--live"),
]


def test_wrong_calls() -> None:
    shown = [transcript(*arguments) for arguments in WRONG_CALLS]
    assert all(text.endswith("--- exit code 2\n") for text in shown)
    assert all("\n--- standard error\n" in text and "Traceback" not in text for text in shown)
    check_golden(GOLDEN / "wrong-calls.txt", "\n".join(shown))


def test_summaries_of_the_catalog_are_those_of_the_commands() -> None:
    import importlib

    for name, entry in COMMANDS.items():
        module = importlib.import_module(f"generator.cli.commands.{entry.module}")
        assert module.command.__doc__.splitlines()[0] == entry.summary, name


def test_a_command_file_is_short() -> None:
    for path in (ROOT / "generator/cli/commands").glob("*.py"):
        assert len(path.read_text().splitlines()) <= 90, path.name


FOUND = [problem(FILE_UNREADABLE, "no such file", place=Place("x.yaml", 3, 7), hint="look again")]


@pytest.mark.parametrize(
    ("error", "code", "stderr"),
    [
        (InputError(FOUND), 2, "x.yaml:3:7: error RF0005: no such file\n    hint: look again\n"),
        (RefusedError(FOUND), 3, "x.yaml:3:7: error RF0005: no such file\n    hint: look again\n"),
        (EnvironmentFailure(FOUND), 4, "x.yaml:3:7: error RF0005: no such file\n    hint: look again\n"),
        (KeyboardInterrupt(), 3, "error RF9003: stopped\n"),
        (StopAsked(), 3, "error RF9003: stopped\n"),
        (
            KeyError("x"),
            70,
            "error RF9004: internal error: KeyError: 'x'\n"
            "    hint: please report it; RINGFENCE_DEBUG=1 shows where it happened\n",
        ),
    ],
)
def test_exit_codes(
    error: BaseException,
    code: int,
    stderr: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from generator.cli.commands import schema

    def fail() -> dict[str, object]:
        raise error

    monkeypatch.delenv("RINGFENCE_DEBUG", raising=False)
    monkeypatch.setattr(schema, "intent_schema", fail)
    assert cli.run_command(["schema"]) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", stderr)


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    from generator.cli.commands import schema

    def fail() -> dict[str, object]:
        raise KeyError("x")

    monkeypatch.setenv("RINGFENCE_DEBUG", "1")
    monkeypatch.setattr(schema, "intent_schema", fail)
    with pytest.raises(KeyError):
        cli.run_command(["schema"])


def test_a_reader_that_goes_away_is_no_failure() -> None:
    done = subprocess.run(
        ["bash", "-c", "set -o pipefail; ringfence schema | head -n 1"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("{\n", "", 0)


def test_one_sigint_stops_with_three(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(BIN / "ringfence"), "snapshot", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        preexec_fn=heed_sigint,
    )
    time.sleep(1.5)  # it waits for standard input
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("", "error RF9003: stopped\n", 3)


def test_a_sigint_while_the_program_is_loaded_stops_with_three() -> None:
    program = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'generator.cli.main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from generator.cli.entry import run\n"
        "run()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.stdout, done.stderr, done.returncode) == ("", "error RF9003: stopped\n", 3)


def test_a_full_disk_under_standard_output_is_an_environment_that_failed() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [str(BIN / "ringfence"), "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    assert done.returncode == 4
    assert done.stderr == "<stdout>: error RF9010: cannot write: No space left on device\n"


@pytest.mark.parametrize("arguments", ["schema", "--help", "--version"])
def test_what_cannot_be_written_is_no_mistake_of_ours(arguments: str) -> None:
    def ended(redirection: str) -> tuple[int, str]:
        command = f"ringfence {arguments} {redirection}"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment(), check=False)
        return done.returncode, done.stderr

    assert ended(">/dev/full") == (4, "<stdout>: error RF9010: cannot write: No space left on device\n")
    assert ended(">&-") == (4, "<stdout>: error RF9010: cannot write: Bad file descriptor\n")


def test_without_standard_error_the_exit_code_is_the_same() -> None:
    for redirection in ("2>&-", "2>/dev/full", "<&- >&- 2>&-"):
        command = f"ringfence validate no-such-file {redirection}"
        assert subprocess.run(["sh", "-c", command], env=environment(), check=False).returncode == 2


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_another_locale_gives_the_same_bytes(locale: str) -> None:
    plain = call("render", "--help")
    other = call("render", "--help", env=environment(LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"))
    assert (other.stdout, other.stderr, other.returncode) == (plain.stdout, plain.stderr, 0)
    wrong = call("render", "gr\u00fc\u00df.yaml", env=environment(LC_ALL=locale, PYTHONUTF8="0"))
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


def on_a_terminal(*arguments: str, **more: str) -> str:
    """Run with standard error on a pseudo terminal and return what it shows."""
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        [str(BIN / "ringfence"), *arguments], stdout=subprocess.PIPE, stderr=writer, env=environment(**more)
    )
    os.close(writer)
    process.communicate(timeout=20)
    shown = b""
    with contextlib.suppress(OSError):  # at the end: the other side is closed
        while chunk := os.read(reader, 4096):
            shown += chunk
    os.close(reader)
    return shown.decode()


def test_colours_only_on_a_terminal_and_not_with_no_color() -> None:
    assert "\x1b[" in on_a_terminal("rendr", TERM="xterm")
    assert "\x1b[" not in on_a_terminal("rendr", TERM="xterm", NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal("rendr", TERM="dumb")
    assert "\x1b[" not in call("rendr").stderr


def complete(words: str) -> list[str]:
    """Ask bash what it would offer, with the completion script that the program prints."""
    script = f"""
    eval "$(ringfence --show-completion)"
    COMP_WORDS=({words}) COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
    _ringfence_completion ringfence
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment(), check=True)
    return done.stdout.split("\n")[:-1]


def test_completion_in_bash() -> None:
    assert complete("ringfence re") == ["render", "resume", "reach"]
    assert complete("ringfence pl") == ["plan", "plan show", "plan check"]
    assert complete("ringfence templates c") == ["copy"]
    assert complete("ringfence nonsense re") == [""]
    assert complete("ringfence render --li") == ["--live"]
    assert complete("ringfence templates copy --he") == ["--help"]


def test_completion_is_installed(tmp_path: Path) -> None:
    # The shell is found among the parent processes, so bash must be one.
    done = subprocess.run(
        ["bash", "-c", "ringfence --install-completion; exit $?"], env=environment(HOME=str(tmp_path)), check=False
    )
    assert done.returncode == 0
    assert "ringfence" in (tmp_path / ".bashrc").read_text()


def test_as_a_plugin_of_kubectl() -> None:
    intent = ("examples/two-tier/intent.yaml", "--live", "examples/two-tier/live", "--as-of", "2026-11-01")
    done = subprocess.run(
        ["kubectl", "ringfence", "diff", *intent],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == call("diff", *intent).stdout
    usage = subprocess.run(
        ["kubectl", "ringfence", "diff", "--help"], capture_output=True, text=True, env=environment(), check=True
    )
    assert usage.stdout.startswith("Usage: kubectl ringfence diff")


@pytest.mark.parametrize(
    ("words", "meant"), [(("plan", "shwo", "p.json"), "plan show"), (("plan", "chek"), "plan check")]
)
def test_the_second_word_of_a_command_is_misspelt(words: tuple[str, ...], meant: str) -> None:
    done = call(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no such command: {words[0]} {words[1]}" in done.stderr
    assert f"did you mean '{meant}'?" in done.stderr
