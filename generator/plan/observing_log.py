"""Where the lines of Log rules are, what limits them, and where there are none (calico.md 2.8, 6.5, 6.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.versions import Version
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import RefusedError
from generator.plan.codes import OBSERVE_INCOMPLETE, OBSERVE_NO_LOGS, OBSERVE_UNLIMITED
from generator.snapshot.facts import read_seen
from generator.snapshot.model import FELIX, Snapshot

_PREFIX: Final = "calico-packet"
_SHOWN: Final = 5
_HINT: Final = "observe by staged policies, from Calico 3.30: --observe-as staged"
# The setting came with 3.32, and with late patch releases of the two minors before it.
_LIMITED_SINCE: Final = Version(3, 32)
_LIMITED_IN_PATCHES_SINCE: Final = Version(3, 30)
_SET_LIMIT: Final = (
    "kubectl patch felixconfigurations.projectcalico.org default --type merge "
    '-p \'{"spec":{"logActionRateLimit":"10/second"}}\''
)


def refuse_without_logs(snapshot: Snapshot) -> None:
    """Raise RefusedError where nodes write no line for a Log rule: eBPF and Windows."""
    problems: list[Diagnostic] = []
    if _felix(snapshot).get("bpfEnabled") is True:
        summary = "the FelixConfiguration turns the eBPF dataplane on, and it writes no log line for a Log rule"
        problems.append(problem(OBSERVE_NO_LOGS, summary, hint=_HINT))
    own = read_seen(snapshot).felix_nodes.items()
    nodes = sorted(node for node, settings in own if settings.get("bpfEnabled") is True)
    if nodes:
        summary = f"nodes with the eBPF dataplane write no log line for a Log rule: {_few(nodes)}"
        problems.append(problem(OBSERVE_NO_LOGS, summary, hint=_HINT))
    windows = sorted(node.name for node in snapshot.nodes if ("kubernetes.io/os", "windows") in node.labels)
    if windows:
        summary = f"Windows nodes skip Log rules: {_few(windows)}"
        problems.append(problem(OBSERVE_NO_LOGS, summary, hint=_HINT))
    if problems:
        raise RefusedError(problems)


def prefix_of(snapshot: Snapshot) -> str:
    """Return how each line begins; the specifiers of a prefix are left as they are written."""
    return str(_felix(snapshot).get("logPrefix") or _PREFIX)


def limit_of(snapshot: Snapshot) -> str:
    """Return the rate that a node keeps for each Log rule, "" for none."""
    settings = _felix(snapshot)
    rate, burst = settings.get("logActionRateLimit"), settings.get("logActionRateLimitBurst")
    if not rate:
        return ""
    return f"{rate}, burst {burst}" if burst is not None else str(rate)


def log_warnings(snapshot: Snapshot, version: Version) -> list[Diagnostic]:
    """Say whether lines are left out, or what keeps them from flooding a node."""
    limit = limit_of(snapshot)
    if limit:
        summary = f"a node writes at most {limit} lines for each Log rule and leaves the others out"
        return [problem(OBSERVE_INCOMPLETE, summary, hint="what is not in the log is not thereby free of drops")]
    if version >= _LIMITED_SINCE:
        hint = f"limit it, which leaves lines out: {_SET_LIMIT}"
    elif version >= _LIMITED_IN_PATCHES_SINCE:
        hint = "late patch releases of this version limit it by logActionRateLimit of the FelixConfiguration"
    else:
        hint = "this version of Calico cannot limit it: observe few namespaces at once, and not for long"
    return [problem(OBSERVE_UNLIMITED, "nothing limits the lines of Log rules", hint=hint)]


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _felix(snapshot: Snapshot) -> Mapping[str, Any]:
    found = snapshot.extra.get(FELIX)
    return found if isinstance(found, Mapping) else {}
