"""What a plan does that none may: a flow, and what the nodes of its two ends have at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.obvious import answer_flow, read_cluster
from tests.plan_oracle_parts.states import State, Versions, changes_of
from tests.plan_oracle_parts.steps import Key, Manifest

Flow = Mapping[str, Any]  # as `tests.obvious.answer_flow` reads it
NAMES = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}


class Harm(StrEnum):
    """What a plan does that none may."""

    CUT = "cut"  # the flow lives before and after, and not in this state
    OPENED = "opened"  # it lives neither before nor after, and does in this state
    MANAGEMENT = "management-cut"  # it is of the management plane, lives before, and not in this state
    DOES_NOT_FIT = "does-not-fit"  # a write expects something else than what is there
    NOT_RESTORED = "not-restored"  # a rollback ends with other objects than there were


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that is broken, with its witness; without a flow it is about the writes, and `detail` tells it."""

    harm: Harm
    stretch: str
    flow: Flow = field(default_factory=dict)
    source: State = field(default_factory=dict)
    destination: State = field(default_factory=dict)
    detail: str = ""
    versions: Versions = field(default_factory=Versions, repr=False, compare=False)
    start: Mapping[Key, Manifest] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        if not self.flow:
            return f"{self.harm} in {self.stretch}: {self.detail}"
        return (
            f"{self.harm} in {self.stretch}: {show_flow(self.flow)} | at the source's node {show_state(self.source)} | "
            f"at the destination's node {show_state(self.destination)}"
        )


def show_flow(flow: Flow) -> str:
    """Write a flow for people."""
    protocol = NAMES.get(flow["protocol"], str(flow["protocol"]))
    rest = [f"{key}={flow[key]}" for key in ("sport", "dport", "icmpType", "icmpCode") if flow.get(key) is not None]
    return " ".join([flow["src"], "->", flow["dst"], protocol, *rest])


def show_state(state: State) -> str:
    """Write what a node has: of each kind how many of the plan's writes, and which came last."""
    parts = [f"{kind} {item.writes}" + (f" ({item.last})" if item.last else "") for kind, item in sorted(state.items())]
    return ", ".join(parts) or "the start"


def replay(violation: Violation) -> bool:
    """Tell whether the flow lives in the state of the witness, each end asked of all the objects that its node has.

    Nothing is remembered or left out here: every object is read anew and the whole cluster is evaluated.
    """
    flow = dict(violation.flow)
    if violation.source == violation.destination:
        return _answer(violation, violation.source, flow)
    out = _answer(violation, violation.source, {**flow, "dst": f"ip:{flow['destination']}"})
    into = _answer(violation, violation.destination, {**flow, "src": f"ip:{flow['source']}"})
    return out and into


def _answer(violation: Violation, state: State, flow: Flow) -> bool:
    found = dict(violation.start)
    for key, number in changes_of(state).items():
        manifest = violation.versions.manifests[number]
        if manifest is None:
            found.pop(key, None)
        else:
            found[key] = manifest
    return bool(answer_flow(read_cluster(found.values()), flow)["verdict"] == "allow")
