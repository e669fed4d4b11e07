"""The report of a made-up plan, as text and Markdown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from generator.calico.kinds import Kind
from generator.calico.objects import Identity
from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Severity, problem
from generator.intent.model import Layout
from generator.layers.model import Target
from generator.plan.effects import Effect, FlowEffect
from generator.plan.model import (
    Check,
    CheckStep,
    Digests,
    Plan,
    Risk,
    RiskClass,
    Summary,
    WaitStep,
    Write,
    WriteStep,
)
from generator.plan.record import MOST_STATES, Method, Order, ProofRecord, StretchRecord
from generator.plan.stages import Stage
from generator.report.formats import Ink
from generator.report.plan import plan_headline, plan_markdown, plan_text
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"

DENY = Identity(Kind.GLOBAL_NETWORK_POLICY, "", "ringfence.shop-default-deny-ingress")
WEB = Identity(Kind.NETWORK_POLICY, "shop", "ringfence.web")
OLD = Identity(Kind.KUBERNETES_NETWORK_POLICY, "shop", "by-hand")
ISOLATED = Risk(RiskClass.NEWLY_ISOLATED, "pods of namespace shop, ingress")

PLAN = Plan(
    intent="shop",
    target=Target("3.32", "projectcalico.org/v3", Layout.TIERS, "ringfence"),
    to_none=False,
    complete=False,
    applyable=False,
    errored=False,
    proof=ProofRecord(
        Method.EVERY_STATE,
        Order.OPEN_FIRST,
        169,
        5,
        (StretchRecord("2", "2", 2, 20, 4, 0, 2), StretchRecord("4", "5", 4, 12, 0, 0, 14)),
        ("A node that goes back is not covered.",),
    ),
    effects=(
        FlowEffect(Effect.CUT, ("every pod",), ("shop/web",), "all but TCP 8080", "pay/api to shop/web, TCP 22"),
        FlowEffect(Effect.OPENED, ("shop/web",), ("10.1.0.0/16",), "TCP 443", "shop/web to 10.1.0.1, TCP 443"),
    ),
    digests=Digests("", "", "", "", "", "0.1.0"),
    summary=Summary(1, 1, 0, 4, 2, 1),
    steps=(
        CheckStep("1", Stage.START, "Nothing may be in the cluster that freezes Felix.", (Check.NOTHING_FREEZES,)),
        WriteStep("2", Stage.ALLOWS, "Allow what web declares.", Write(WEB, None, {"spec": {}})),
        WaitStep("3", Stage.CUTOVER, "Every layer must be there before it counts.", (Kind.NETWORK_POLICY, Kind.TIER)),
        WriteStep(
            "4",
            Stage.CUTOVER,
            "Widen the default deny to namespace shop; from here on only what is declared may reach its pods.",
            Write(DENY, {"spec": {"namespaceSelector": "a"}}, {"spec": {"namespaceSelector": "a || b"}}),
            namespace="shop",
            direction="Ingress",
            risks=(ISOLATED,),
        ),
        WriteStep(
            "5", Stage.STALE_ALLOWS, "Taken over by this set.", Write(OLD, {"spec": {}}, None), risks=(ISOLATED,)
        ),
    ),
    warnings=(problem(FILE_UNREADABLE, "only a part was read", severity=Severity.WARNING),),
    unresolved=(),
    scope=("shop",),
)


def test_plan() -> None:
    assert plan_headline(PLAN) == "intent 'shop': leads to the set in 3 writes and 1 wait"
    check_golden(GOLDEN / "plan.txt", plan_text(PLAN))
    check_golden(GOLDEN / "plan.md", plan_markdown(PLAN))


def test_what_is_proven_cut_and_opened_is_said_before_any_step() -> None:
    for text in (plan_text(PLAN), plan_markdown(PLAN)):
        first = text.index("ringfence.web")
        assert text.index("Proven") < text.index("shop/web") < first
        assert text.index("10.1.0.0/16") < first


def test_states() -> None:
    assert "not applyable as it is" in plan_text(PLAN)
    assert "applyable after it has been proven again" in plan_text(replace(PLAN, applyable=True))
    assert "not applyable: something below is unresolved" in plan_text(replace(PLAN, errored=True, applyable=True))
    assert "takes the whole set off" in plan_text(replace(PLAN, to_none=True))


def test_lines_fit_a_terminal() -> None:
    assert max(map(len, plan_text(PLAN).splitlines())) <= 80
    assert "\x1b[" in plan_text(PLAN, Ink(True))


def test_a_plan_without_writes_says_that_there_is_nothing_to_do() -> None:
    nothing = replace(PLAN.proof, method=Method.NOTHING_TO_PROVE, stretches=())
    empty = replace(PLAN, steps=(), proof=nothing, effects=())
    assert plan_headline(empty) == "intent 'shop': nothing to do, the whole set is live"
    assert plan_headline(replace(empty, to_none=True)) == "intent 'shop': nothing to do, nothing of it is live"
    for text in (plan_text(empty), plan_markdown(empty)):
        assert "nothing to do" in text
        assert "roven" not in text
        assert "taken back" not in text
        assert "| step |" not in text


def test_a_refused_plan_never_says_that_there_is_nothing_to_do() -> None:
    refused = replace(PLAN, steps=(), errored=True, proof=replace(PLAN.proof, method=Method.REFUSED, stretches=()))
    assert plan_headline(refused) == "intent 'shop': refused, for no order of steps is safe in every state in between"
    for text in (plan_text(refused), plan_markdown(refused)):
        assert "nothing to do" not in text
        assert "refused" in text


def test_more_states_than_are_counted_are_said_to_be_more() -> None:
    many = StretchRecord("2", "2", MOST_STATES, 0, 0, 0, 2)
    text = plan_text(replace(PLAN, proof=replace(PLAN.proof, stretches=(many,))))
    assert "proven: at least 1,000,000,000 states of a node" in text
    assert "at least" not in plan_text(PLAN)
