"""One packet at one endpoint: reads the list of its rules from the top (calico.md 0)."""

from __future__ import annotations

from generator.reach.decision import Decision, Reason, Tried, Verdict
from generator.reach.matching import Field, Unsure, find_mismatch
from generator.reach.members import Directory
from generator.reach.model import Action
from generator.reach.packet import Packet
from generator.reach.program import EndOfTier, ProfileOp, Program, RuleOp
from generator.reach.unknown import UnknownReason

_VERDICT = {Action.ALLOW: Verdict.ALLOW, Action.DENY: Verdict.DENY}


def evaluate_program(
    program: Program,
    packet: Packet,
    directory: Directory,
    trace: list[Tried] | None = None,
    start: int = 0,
    undecided: Verdict | None = None,
) -> Decision | None:
    """Return what is decided, None where nothing is; each rule that was looked at is added to the trace.

    Where it is not known whether a rule matches, both ways are followed: if they end alike that is the verdict, else
    it is unknown. `undecided` is what becomes of a packet on which nothing is decided here, None if more is asked then.
    """
    place = start
    ops = program.ops
    while place < len(ops):
        op = ops[place]
        match op:
            case RuleOp(tier, policy, rule, next_tier):
                mismatch = find_mismatch(rule, packet, directory)
                if trace is not None:
                    trace.append(Tried(tier.name, policy, rule, mismatch))
                if isinstance(mismatch, Unsure):
                    return _both_ways(program, packet, directory, place, op, mismatch, trace, undecided)
                if mismatch is not None or rule.action is Action.LOG:
                    place += 1
                elif rule.action is Action.PASS:
                    place = next_tier
                else:
                    return _decided(op, _VERDICT[rule.action])
            case EndOfTier(tier):
                return Decision(Verdict.DENY, Reason.END_OF_TIER, tier=tier.name)
            case ProfileOp(name, allows):
                return Decision(Verdict.ALLOW if allows else Verdict.DENY, Reason.PROFILE, profile=name)
    return None


def _decided(op: RuleOp, verdict: Verdict, why: UnknownReason | None = None) -> Decision:
    return Decision(
        verdict,
        Reason.RULE,
        tier=op.tier.name,
        policy=op.policy.id,
        rule=op.rule.index,
        why=why,
        decided_by=op.policy,
        view=op.rule,
    )


def _both_ways(
    program: Program,
    packet: Packet,
    directory: Directory,
    place: int,
    op: RuleOp,
    unsure: Unsure,
    trace: list[Tried] | None,
    undecided: Verdict | None,
) -> Decision | None:
    without = evaluate_program(program, packet, directory, trace, place + 1, undecided)
    match op.rule.action:
        case Action.LOG:
            return without
        case Action.PASS:
            matched = evaluate_program(program, packet, directory, None, op.next_tier, undecided)
        case _:
            matched = _decided(op, _VERDICT[op.rule.action])
    if (matched.verdict if matched else undecided) == (without.verdict if without else undecided):
        return without
    return _decided(op, Verdict.UNKNOWN, unsure.reason)


def possible_outcomes(program: Program, packet: Packet, directory: Directory, start: int = 0) -> set[Verdict | None]:
    """Return all that may be decided of a packet, None for nothing; more than one where rules may match or not."""
    found: set[Verdict | None] = set()
    place = start
    ops = program.ops
    while place < len(ops):
        match ops[place]:
            case RuleOp(_, _, rule, next_tier):
                mismatch = find_mismatch(rule, packet, directory)
                if isinstance(mismatch, Field) or rule.action is Action.LOG:
                    place += 1
                    continue
                if mismatch is not None:
                    found |= possible_outcomes(program, packet, directory, place + 1)
                if rule.action is Action.PASS:
                    place = next_tier
                    continue
                return found | {_VERDICT[rule.action]}
            case EndOfTier():
                return found | {Verdict.DENY}
            case ProfileOp(_, allows):
                return found | {Verdict.ALLOW if allows else Verdict.DENY}
    return found | {None}
