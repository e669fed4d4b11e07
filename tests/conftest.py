"""What holds for a whole run: who takes which tests; with CI=true nothing is skipped, expected to fail or left out."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.judge.available import why_not as why_no_judge
from tests.sharing import LongestFirst
from tests.testbed.dataplane.available import why_not

# Two processes share two cores with whatever else runs: a slow machine is no failure of a law.
settings.register_profile("run", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("run")

_left_out: list[int] = []


def strict() -> bool:
    return os.environ.get("CI") == "true"


def pytest_deselected(items: list[pytest.Item]) -> None:
    _left_out.append(len(items))


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = sum(_left_out)
        return
    if strict() and _gaps(session.config) and session.exitstatus in (pytest.ExitCode.OK, 0):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst | None:
    return LongestFirst(config, log) if config.getoption("dist") == "load" else None  # what `-n` alone means


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    _left_out.append(getattr(node, "workeroutput", {}).get("left_out", 0))


def pytest_terminal_summary(config: pytest.Config, terminalreporter: pytest.TerminalReporter) -> None:
    if reason := why_not():
        terminalreporter.write_line(
            f"tests/dataplane, which need Calico's own Felix, were left out: {reason}", red=True
        )
    if reason := why_no_judge():
        terminalreporter.write_line(
            f"tests/judge, which need Calico's own validator, were left out: {reason}", red=True
        )
    gaps = _gaps(config)
    if strict() and gaps:
        terminalreporter.write_line(f"CI=true: {', '.join(gaps)}; this fails the run", red=True)


def _gaps(config: pytest.Config) -> list[str]:
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    counts = {name: len(reporter.stats.get(name, [])) for name in ("skipped", "xfailed", "xpassed")} if reporter else {}
    counts["deselected"] = sum(_left_out)
    return [f"{count} {name}" for name, count in counts.items() if count]
