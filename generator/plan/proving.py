"""Puts a plan's steps to the proof, and says what came of it in the plan's own words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from generator.calico.codec import decode_object
from generator.calico.endpoint import HostEndpoint
from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity
from generator.foundation.diagnostics import Diagnostic, problem
from generator.packets.printing import describe_packet
from generator.plan.codes import ACCEPTS_NOTHING, CONTRADICTION, NOT_PROVEN, TOO_MANY_STATES, UNDECODABLE
from generator.plan.end_names import end_name
from generator.plan.model import Step
from generator.plan.proof.bounds import Argument
from generator.plan.proof.breach_names import breach_name, name_of_end
from generator.plan.proof.history import History, State
from generator.plan.proof.inclusions import Harm
from generator.plan.proof.prove import Proof, Refuted, StretchProof, Undecided, prove
from generator.plan.proof.witness import BreachWitness
from generator.plan.record import MOST_STATES, Method, Order, ProofRecord, StretchRecord
from generator.reach.decision import Verdict
from generator.reach.environment import Environment
from generator.snapshot.model import Snapshot

_NOT_COVERED: Final = (
    "A node that goes back to an older cache during the run is not covered; the run stops on a restart of calico-node "
    "or Typha before each cut-over."
)
_SUPPOSED: Final = (
    "Pods whose address is not known, and pods that appear during the run, are taken to have addresses of the "
    "cluster's pod ranges. Where these are not known (Calico's IP pools, cluster.pods in the intent) they have "
    "addresses like those of the pods of a whole cluster, or any private ones where the snapshot is partial, and in "
    "none of the other ranges of at most 65,536 addresses that policies name."
)
_ONE_NODE: Final = "All pods are on one node; one that joins during the run, and may be behind it, is not covered."


@dataclass(frozen=True, slots=True)
class Judged:
    """What the proof says of steps: its record, and what stands in the way."""

    record: ProofRecord
    problems: tuple[Diagnostic, ...]
    accepted: frozenset[str] = frozenset()  # names of harm that was accepted and would be done
    between: tuple[str, str] | None = (
        None  # of the first flow in the way: a write that came, one before it that had not
    )

    @property
    def holds(self) -> bool:
        """Tell whether the steps are safe in every state."""
        return not self.problems


def judge_steps(
    steps: Sequence[Step],
    start: Mapping[Identity, ApiObject],
    snapshot: Snapshot,
    environment: Environment,
    order: Order,
    owned: Collection[str] = (),
    accepted: Collection[str] = (),
    *,
    system: Collection[str] = (),
    any_order: bool = False,
) -> Judged:
    """Prove the steps; `start` are the live policy objects by identity, `system` and `any_order` as of `prove`."""
    if not steps:
        return Judged(ProofRecord(Method.NOTHING_TO_PROVE, order, 0, 0, (), ()), ())
    refused = ProofRecord(Method.REFUSED, order, 0, 0, (), ())

    def ask(seen: Environment) -> Proof | Refuted | Undecided:
        return prove(steps, start, snapshot, seen, owned, accepted, system=system, any_order=any_order)

    match _prove_all(ask, start, environment):
        case Proof(stretches, rollbacks, pairs, history, passed):
            records = tuple(_record(item, history) for item in stretches)
            alone = (_ONE_NODE,) if snapshot.complete and len(snapshot.nodes) == 1 else ()
            assumptions = (_NOT_COVERED, _SUPPOSED, *alone)
            record = ProofRecord(Method.EVERY_STATE, order, pairs, rollbacks, records, assumptions)
            return Judged(record, (), passed)
        case Refuted(history, witnesses):
            between = next((pair for item in witnesses if (pair := _between(item, history)) is not None), None)
            return Judged(refused, tuple(_refusal(item, history) for item in witnesses), between=between)
        case Undecided(undecodable, crowded, contradiction):
            return Judged(refused, tuple(_undecided(undecodable, crowded, contradiction)))


def unused_harm(name: str) -> Diagnostic:
    """Say that a harm which the user accepts by name is not done; the name may be misspelt."""
    hint = "a refusal names the flows that it is about"
    return problem(ACCEPTS_NOTHING, f"the plan does no harm that is named {name}, so nothing is accepted", hint=hint)


def _prove_all(
    ask: Callable[[Environment], Proof | Refuted | Undecided],
    start: Mapping[Identity, ApiObject],
    environment: Environment,
) -> Proof | Refuted | Undecided:
    """Prove the steps for each interface that may be the nodes' outer one; return the first that is no proof.

    A host endpoint that names an interface governs what nodes exchange if that is the one which carries it.
    """
    names = {environment.interface or ""}  # a name that no host endpoint has
    if environment.interface is None:
        hosts = (decode_object(obj)[0] for obj in start.values() if obj.kind is Kind.HOST_ENDPOINT)
        names |= {host.spec.interface_name for host in hosts if isinstance(host, HostEndpoint)} - {"", "*"}
    found: Proof | Refuted | Undecided = Undecided()
    for name in sorted(names):
        found = ask(replace(environment, interface=name))
        if not isinstance(found, Proof):
            return found
    return found


def _record(item: StretchProof, history: History) -> StretchRecord:
    steps = [event.step for event in history.events if item.stretch.has(event)]
    return StretchRecord(
        first=steps[0],
        last=steps[-1],
        states=min(item.stretch.count, MOST_STATES),
        untouched=item.ends.get(Argument.UNTOUCHED, 0),
        widens=item.ends.get(Argument.WIDENS, 0),
        narrows=item.ends.get(Argument.NARROWS, 0),
        enumerated=item.ends.get(Argument.ALL_STATES, 0),
    )


def _undecided(undecodable: Sequence[Diagnostic], crowded: Sequence[str], contradiction: str) -> list[Diagnostic]:
    found = [
        problem(UNDECODABLE, f"no verdict is known: {item.summary}", place=item.place, hint=item.hint)
        for item in undecodable
    ]
    if crowded:
        summary = f"{len(crowded)} writes between {crowded[0]} and {crowded[-1]} concern one workload"
        hint = "hand fewer policies over at once"
        found.append(problem(TOO_MANY_STATES, summary, hint=hint))
    if contradiction:
        found.append(problem(CONTRADICTION, contradiction, hint="please report it, with the input"))
    return found


def _refusal(witness: BreachWitness, history: History) -> Diagnostic:
    flow = witness.flow
    source, destination = end_name(flow.source), end_name(flow.destination)
    match witness.harm:
        case Harm.CUT:
            what = "cut in between"
        case Harm.MANAGEMENT:
            what = "cut, and of the management plane"
        case _:
            what = "open in between, and neither before nor after"
    where = [
        f"node of {end_name(end)} {_words(state, history)}"
        for end, state in ((flow.source, witness.source_state), (flow.destination, witness.destination_state))
        if end.pod is not None or end.node
    ]
    if witness.meanwhile is Verdict.UNKNOWN:
        what = f"not known, so perhaps {what}"
    name = breach_name(witness.harm, name_of_end(flow.source), name_of_end(flow.destination))
    summary = f"{source} to {destination}, {describe_packet(flow.transport)}: {what}: {', '.join(where)}"
    return problem(NOT_PROVEN, summary, hint=f"accept it by name with --accept {name}")


def _words(state: State, history: History) -> str:
    """Say which writes a node has: all up to one, or one that came while an earlier one of another kind did not."""
    taken = [event for event in history.events if event.place < state[event.column]]
    if not taken:
        return "before the first write"
    last = taken[-1]
    missing = [event for event in history.events[: last.number] if event.place >= state[event.column]]
    named = f"after {last.step} ({last.identity})"
    return f"{named} without {missing[0].step} ({missing[0].identity})" if missing else named


def _between(witness: BreachWitness, history: History) -> tuple[str, str] | None:
    """Return the latest write that a node of the flow has, and the first before it that one of them has not."""
    flow = witness.flow
    ends = ((flow.source, witness.source_state), (flow.destination, witness.destination_state))
    states = [state for end, state in ends if end.pod is not None or end.node]
    taken = [event for event in history.events if any(event.place < state[event.column] for state in states)]
    if not taken:
        return None
    earlier = history.events[: taken[-1].number]
    missing = [event for event in earlier if any(event.place >= state[event.column] for state in states)]
    return (taken[-1].step, missing[0].step) if missing else None
