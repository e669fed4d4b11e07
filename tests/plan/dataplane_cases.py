"""The cases of dataplane.md 5 and 7 as data: what is there, what is written and waited for, and what is to be said.

`refused`: a flow was lost in some mode, or none was by luck (no wait, two kinds without one, a fixed pause). `lost` is
what was counted there. A case may be several runs one after the other, each with an S0 and an Sn of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.plan.dataplane_script import (
    ALLOW_GNP,
    ALLOW_KNP,
    ALLOW_NP,
    CALLEE_CLOSED,
    CALLER_CLOSED,
    DENY_GNP,
    DENY_LATE,
    DENY_NP,
    GATE,
    IN_TIER,
    TIER,
    Run,
    Script,
    as_global,
    bridge,
    default_deny,
    dns,
    in_tier,
    layers,
    namespace,
    open_shop,
    policy,
    threat,
    tier,
    workloads,
)
from tests.plan_oracle_parts.steps import Manifest


@dataclass(frozen=True, slots=True)
class Case:
    """A row of dataplane.md: its section, what it is called there, what was lost, and whether a plan may do so."""

    section: str
    name: str
    lost: str
    refused: bool
    runs: tuple[Run, ...]

    @property
    def id(self) -> str:
        """Return a name for the test."""
        return f"{self.section}: {self.name}"


def section_5() -> list[Case]:
    """Return the rows of section 5."""
    return [
        *_switches(),
        *_both_ways("deny GNP, then allow NP", "29", "30", [DENY_GNP, ALLOW_NP], refused=True),
        *_both_ways("allow NP, then deny GNP", "0 by luck", "0 by luck", [ALLOW_NP, DENY_GNP], refused=True),
        *_both_ways("allow GNP, then deny GNP (same kind)", "0", "0", [ALLOW_GNP, DENY_GNP], refused=False),
        *_both_ways("allow GNP, then deny NP", "0 by luck", "1", [ALLOW_GNP, DENY_NP], refused=True),
        *_both_ways("allow k8s NP, then deny GNP", "0 by luck", "0 by luck", [ALLOW_KNP, DENY_LATE], refused=True),
        *_both_ways(
            "allow NP, 100 ms, deny GNP", "0 by luck", "0 by luck", [ALLOW_NP, DENY_GNP], "pause", refused=True
        ),
        *_both_ways("Tier (Pass), then a policy in it", "0 by luck", "0 by luck", [TIER, IN_TIER], refused=True),
        *_both_ways("policy, then its Tier (Pass)", "29", "0 by luck", [IN_TIER, TIER], refused=True),
        *_both_ways("allow NP, waited for, deny GNP", "-", "-", [ALLOW_NP, DENY_GNP], "wait", refused=False),
        *_both_ways("allow k8s NP, waited for, deny GNP", "-", "-", [ALLOW_KNP, DENY_LATE], "wait", refused=False),
        *_both_ways("allow GNP, waited for, deny NP", "-", "-", [ALLOW_GNP, DENY_NP], "wait", refused=False),
        *_both_ways("Tier (Pass), waited for, a policy in it", "-", "-", [TIER, IN_TIER], "wait", refused=False),
        *_both_ways("deny GNP, waited for, allow NP", "-", "-", [DENY_GNP, ALLOW_NP], "wait", refused=True),
        *_both_ways("policy, waited for, its Tier (Pass)", "-", "-", [IN_TIER, TIER], "wait", refused=True),
        *_both_ways("deny GNP, then allow GNP (same kind)", "-", "-", [DENY_GNP, ALLOW_GNP], refused=True),
    ]


def _switches() -> list[Case]:
    """Return the switches of one write, there and back: nodes disagree meanwhile, and nothing is lost that stays."""
    labelled = policy("GlobalNetworkPolicy", "gated", 900, ["Ingress"], namespaceSelector="gate == 'shut'")
    found = []
    for name, before, after in (
        ("Calico NP deny", None, DENY_NP),
        ("GNP deny", None, DENY_GNP),
        ("k8s NP", None, ALLOW_KNP),
    ):
        assert before is None
        there = open_shop().put(after)
        found.append(
            Case("5", f"{name}, created and deleted", "0", False, (there.end(), there.later().drop(after).end()))
        )
    start = open_shop().put(labelled).later()
    there = start.put(namespace("shop", gate="shut"))
    back = there.later().put(namespace("shop"))
    found.append(Case("5", "namespace label switching a GNP, there and back", "0", False, (there.end(), back.end())))
    return found


def _both_ways(
    name: str, lost: str, lost_back: str, objects: Sequence[Manifest], between: str = "", *, refused: bool
) -> list[Case]:
    """Return two cases: the objects written in this order, and then deleted in reverse."""
    there = open_shop()
    for place, manifest in enumerate(objects):
        _between(there, between if place else "").put(manifest)
    back = there.later()
    for place, manifest in enumerate(reversed(objects)):
        _between(back, between if place else "").drop(manifest)
    return [
        Case("5", name, lost, refused, (there.end(),)),
        Case("5", f"{name}; deleted in reverse", lost_back, refused, (back.end(),)),
    ]


def _between(script: Script, what: str) -> Script:
    match what:
        case "wait":
            return script.wait()
        case "pause":
            return script.pause()
    return script


def section_7() -> list[Case]:
    """Return the rows of section 7."""
    return [*_without_a_bridge(), *_over_the_bridge(), *_own_tier(), *_back(), *_lagging()]


def _row(name: str, lost: str, refused: bool, *scripts: Script) -> Case:
    return Case("7", name, lost, refused, tuple(script.end() for script in scripts))


def _spaced(script: Script, manifests: Sequence[Manifest]) -> Script:
    """Write objects with a fixed time between them."""
    for manifest in manifests:
        script.put(manifest).pause()
    return script


def _without_a_bridge() -> list[Case]:
    allows = [*threat(), *dns(), *workloads()]
    dns_late = [*threat(), *workloads(), *dns(), *default_deny()]
    return [
        _row("deny-all first, then allows", "1,077", True, open_shop().put(*default_deny(), *allows)),
        _row("same, 250 ms between objects", "6,441", True, _spaced(open_shop(), [*default_deny(), *allows])),
        _row("layers in order 50, 100, 500, 1000, no bridge", "1,980", True, _spaced(open_shop(), layers())),
        _row("workloads first, then DNS, no bridge", "1,220", True, open_shop().put(*dns_late)),
        _row("layers without bridge, waited for one by one", "-", True, _each_waited_for(layers())),
    ]


def _each_waited_for(manifests: Sequence[Manifest]) -> Script:
    script = open_shop()
    for manifest in manifests:
        script.put(manifest).wait()
    return script


def _over(bridges: Sequence[Manifest], *, first: bool = True, last: bool = True, rules: bool = False) -> Script:
    """Go over a bridge; `first` and `last` say whether it is waited for, and the layers before it goes."""
    script = open_shop().put(*bridges)
    if first:
        script.wait()
    script.put(*layers(rules=rules))
    if last:
        script.wait()
    return script.drop(*bridges)


def _over_the_bridge() -> list[Case]:
    allow, passing = bridge(), bridge("Pass")
    spaced = _spaced(open_shop().put(*allow).wait(), layers()).wait().drop(*allow)
    gated = as_global(layers(), GATE)
    shut = namespace("shop", gate="shut")
    return [
        _row("bridge with waits", "0", False, _over(allow)),
        _row("bridge with waits, 100 ms apart", "0", False, spaced),
        _row("bridge of two policies that pass, with waits", "0", False, _over(passing)),
        _row("bridge, default deny with explicit Deny rules", "0", False, _over(allow, rules=True)),
        _row("bridge, no waits at all", "0 by luck", True, _over(allow, first=False, last=False)),
        _row("bridge confirmed, one node lags during the layers, waited for", "0", False, _over(allow)),
        _row("bridge not confirmed: a node lags before it", "11", True, _over(allow, first=False)),
        _row("bridge, lagging node never waited for", "52", True, _over(allow, last=False)),
        _row("bridge that passes, not confirmed", "-", True, _over(passing, first=False)),
        _row("bridge that passes, lagging node never waited for", "-", True, _over(passing, last=False)),
        _row("label cutover, no wait", "0 by luck", True, open_shop().put(*gated, shut)),
        _row("label cutover, waited for before the label", "0", False, open_shop().put(*gated).wait().put(shut)),
    ]


def _in_ours(manifests: Sequence[Manifest]) -> list[Manifest]:
    return [in_tier(item, "ours") for item in manifests]


def _filled(first: bool = True) -> Script:
    """Make a tier of our own with all policies but the default deny; `first`: the tier is waited for."""
    script = open_shop().put(tier())
    if first:
        script.wait()
    return script.put(*_in_ours([*threat(), *dns(), *workloads()]))


def _scope() -> list[Manifest]:
    """Return the default deny of a tier that passes, with Deny rules, egress before ingress."""
    found = []
    for direction in ("Egress", "Ingress"):
        [whole] = default_deny(rules=True)
        spec = {key: value for key, value in whole["spec"].items() if key not in ("ingress", "egress")}
        spec |= {"types": [direction], direction.lower(): [{"action": "Deny"}]}
        found.append({**whole, "metadata": {"name": f"default-deny-{direction.lower()}"}, "spec": spec})
    return _in_ours(found)


def _own_tier() -> list[Case]:
    paused = _filled().wait().put(*_scope()).later().drop(*_scope())
    resumed = paused.later().put(*_scope())
    again = resumed.later().drop(*_scope())
    at_last = again.later().put(*_scope())
    flip, shut = tier("Deny"), _scope()
    return [
        _row("own tier that passes, then one write to Deny", "0", False, _filled().wait().put(flip)),
        _row("own tier flipped, lagging node not waited for", "95", True, _filled().put(flip)),
        _row("own tier, its scope widened", "0", False, _filled().wait().put(*shut)),
        _row("own tier, a node lags, waited for before the scope is widened", "0", False, _filled().wait().put(*shut)),
        _row("own tier, its scope widened, lagging node not waited for", "16", True, _filled().put(*shut)),
        _row("own tier not waited for before its policies", "-", True, _filled(first=False).wait().put(*shut)),
        _row("pause and resume by the scope, twice", "0", False, paused, resumed, again, at_last),
    ]


def _back() -> list[Case]:
    allow, whole = bridge(), layers()
    done = _over(allow)
    over = done.later().put(*allow).wait().drop(*reversed(whole)).wait().drop(*allow)
    flipped = _filled().wait().put(tier("Deny"))
    own = [*reversed(_in_ours([*threat(), *dns(), *workloads()]))]
    flip = flipped.later().put(tier()).wait().drop(*own).wait().drop(tier())
    return [
        _row("rollback over the bridge", "0", False, over),
        _row("rollback of the tier flip", "0", False, flip),
        _row("rollback of the tier flip, not waited for", "-", True, flipped.later().put(tier()).drop(*own, tier())),
        _row("rollback by deleting in creation order", "467", True, done.later().drop(*whole)),
    ]


def _lagging() -> list[Case]:
    allow, gated, shut = bridge(), as_global(layers(), GATE), namespace("shop", gate="shut")
    one_kind = open_shop().put(*allow, *as_global(layers())).drop(*allow)
    killed = open_shop().put(ALLOW_GNP).pause().put(DENY_GNP)
    return [
        _row(
            "close: node lags before the bridge, waited for before it goes", "11 of 12", True, _over(allow, first=False)
        ),
        _row("close: bridge confirmed, removed without waiting", "2 of 6 to 6 of 6", True, _over(allow, last=False)),
        _row("close: bridge confirmed, waited for before it goes", "0 of 6", False, _over(allow)),
        _row("close: everything of one kind, not waited for", "0 of 4", False, one_kind),
        _row("close: label cutover, not waited for", "4 of 4", True, open_shop().put(*gated, shut)),
        _row(
            "close: label cutover, waited for before the label",
            "0 of 4",
            False,
            open_shop().put(*gated).wait().put(shut),
        ),
        _row("close: Felix restarted between two writes of one kind", "0 of 6", False, killed),
    ]


def exposures() -> list[Case]:
    """Return the exposure that is easy to miss: today one end forbids, tomorrow the other alone."""

    def turned(between: str, first: str, *, nodes: Sequence[int] = (1, 2)) -> Script:
        script = open_shop(nodes, nodes).put(CALLEE_CLOSED).later()
        if first == "caller":
            return _between(script.put(CALLER_CLOSED), between).drop(CALLEE_CLOSED)
        return _between(script.drop(CALLEE_CLOSED), between).put(CALLER_CLOSED)

    def row(name: str, refused: bool, script: Script) -> Case:
        return Case("two ends", name, "-", refused, (script.end(),))

    return [
        row("callee opened, waited for, caller closed", True, turned("wait", "callee")),
        row("callee opened, then caller closed", True, turned("", "callee")),
        row("caller closed, then callee opened (same kind)", True, turned("", "caller")),
        row("caller closed, 100 ms, callee opened", True, turned("pause", "caller")),
        row("caller closed, waited for, callee opened", False, turned("wait", "caller")),
        row("caller closed, then callee opened, on the only node", False, turned("", "caller", nodes=[1])),
        row("callee opened, then caller closed, on the only node", True, turned("", "callee", nodes=[1])),
    ]


CASES = (*section_5(), *section_7(), *exposures())
