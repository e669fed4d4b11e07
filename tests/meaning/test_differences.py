"""A set that is not what its intent means is refused: what differs, whose fault it is, and a flow that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from generator.equality.diagnose import diagnose
from generator.equality.model import CannotCompare, Difference, Proven, Wrong
from generator.equality.proof_world import build_world
from generator.equality.prove import prove_equal
from generator.foundation.errors import RefusedError
from generator.layers import environment
from generator.layers.render import render_set
from generator.meaning.mean import mean
from generator.reach.decision import Verdict
from tests.faults import meaning as faults
from tests.meaning.proving import AS_OF, Change, build, changed, load, prove
from tests.meaning.written import confirms, read_world

Spec = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A change of one object of the set, and what must be said of it."""

    layer: str
    name: str
    change: Change
    wrong: Wrong
    at_fault: str = ""  # the layer, where it is not the changed one
    whole: bool = True  # False: of all flows there are the other end denies

    @property
    def blamed(self) -> str:
        return self.at_fault or self.layer


def _drop(direction: str, number: int) -> Change:
    return lambda spec: spec[direction].pop(number)


def _edit(direction: str, number: int, side: str, **values: Any) -> Change:
    def edit(spec: Spec) -> None:
        part = spec[direction][number][side]
        for key, value in values.items():
            if value is None:
                del part[key]
            else:
                part[key] = value(part[key]) if callable(value) else value

    return edit


def _set(**values: Any) -> Change:
    return lambda spec: spec.update(values)


def _without(text: str) -> Callable[[str], str]:
    def cut(selector: str) -> str:
        terms = selector.split(" && ")
        assert text in terms
        return " && ".join(term for term in terms if term != text)

    return cut


PODS = "projectcalico.org/orchestrator == 'k8s'"
CASES = {
    "a rule is gone": Case("workloads", "ringfence.web", _drop("egress", 2), Wrong.LESS),
    "a port too many": Case(
        "workloads", "ringfence.batch", _edit("egress", 0, "destination", ports=[80, 81, 82]), Wrong.MORE
    ),
    "an IPv6 range is gone": Case("workloads", "ringfence.squid", _drop("ingress", 2), Wrong.LESS),
    "any port": Case("workloads", "ringfence.batch", _edit("egress", 0, "destination", ports=None), Wrong.MORE),
    "not pinned to pods": Case(
        "workloads", "ringfence.cart", _edit("ingress", 0, "source", selector=_without(PODS)), Wrong.MORE
    ),
    "no account": Case(
        "workloads", "ringfence.redis",
        _edit("ingress", 0, "source", selector=_without("projectcalico.org/serviceaccount == 'cart'")), Wrong.MORE,
        whole=False,
    ),
    "a label less": Case(
        "workloads", "ringfence.redis", _edit("ingress", 0, "source", selector=_without("tier == 'backend'")),
        Wrong.MORE, whole=False,
    ),
    "no namespace": Case(
        "system", "ringfence.cart-system", _edit("ingress", 0, "source", nets=["192.168.10.0/23"]), Wrong.MORE
    ),
    "the policy of another pod": Case("workloads", "ringfence.batch", _set(selector="all()"), Wrong.MORE),
    "the wrong direction": Case(
        "shared", "ringfence.shared-probe", lambda spec: spec.update(ingress=spec.pop("egress"), types=["Ingress"]),
        Wrong.MORE,
    ),
    "a namespace too many": Case(
        "shared", "shop-shared-probe", _set(namespaceSelector="all()"), Wrong.BEYOND
    ),
    "exposed everywhere": Case("workloads", "shop-door-exposed", _set(namespaceSelector="all()"), Wrong.BEYOND),
    "a Deny less": Case("guardrails", "shop-guardrails", _drop("egress", 0), Wrong.MORE),
    "a Deny too wide": Case(
        "guardrails", "shop-guardrails", _edit("egress", 0, "destination", notNets=None), Wrong.LESS
    ),
    "a feed one way": Case("threat-feeds", "shop-threat-feeds", _drop("ingress", 0), Wrong.MORE),
    "a set of somebody else's": Case(
        "threat-feeds", "shop-threat-feeds",
        _edit("egress", 0, "destination", selector=_without("ringfence/intent == 'shop'")), Wrong.LESS,
    ),
    "allows before denials": Case("workloads", "ringfence.squid", _set(order=1), Wrong.MORE),
    "denials after allows": Case("guardrails", "shop-guardrails", _set(order=400), Wrong.MORE),
    "no default deny": Case("default-deny", "default-deny-egress", _drop("egress", 0), Wrong.MORE),
    "the default deny too early": Case("default-deny", "default-deny-ingress", _set(order=170), Wrong.LESS),
    "an allow after it": Case("workloads", "ringfence.batch", _set(order=2000), Wrong.LESS),
    "DNS over UDP alone": Case(
        "dns", "shop-dns",
        lambda spec: spec.update(egress=[rule for rule in spec["egress"] if rule["protocol"] == "UDP"]), Wrong.LESS,
    ),
    "DNS for the silent": Case("dns", "shop-dns", _set(selector=PODS), Wrong.MORE),
    "DNS for a silent pod with one more label": Case(
        "dns", "shop-dns", lambda spec: spec.update(selector=f"{spec['selector']} || app == 'evil'"), Wrong.MORE
    ),
    "a resolver with one more label": Case(
        "dns", "shop-dns", _edit("egress", 0, "destination", selector=lambda text: f"({text}) && !has(app)"), Wrong.LESS
    ),
    "a resolver with another's label": Case(
        "dns", "shop-dns",
        _edit("egress", 0, "destination", selector=lambda text: f"({text}) && tier != 'backend'"), Wrong.LESS
    ),
    "no guardrails for pods with a label": Case(
        "guardrails", "shop-guardrails", _set(selector=f"{PODS} && !has(zone)"), Wrong.MORE
    ),
    "the Service of another": Case(
        "system", "ringfence.web-system", _edit("egress", 0, "destination", services={"name": "kubernetes-too"}),
        Wrong.LESS,
    ),
    "a peer that nobody named": Case(
        "workloads", "ringfence.web",
        _edit("egress", 2, "destination", selector=lambda text: f"({text}) || app == 'evil'"), Wrong.MORE,
    ),
    "a namespace that nobody named": Case(
        "workloads", "ringfence.web",
        _edit("egress", 3, "destination", namespaceSelector="projectcalico.org/name in {'goods', 'kube-flannel'}"),
        Wrong.MORE,
    ),
    "pods that nobody named": Case(
        "workloads", "ringfence.batch", _set(selector="app in {'evil', 'worse'}"), Wrong.MORE,
    ),
    "a set's address is gone": Case(
        "sets", "external-payments-1", lambda spec: spec["nets"].pop(), Wrong.LESS, "workloads"
    ),
}  # fmt: skip


def found_in(case: Case, layout: str = "tiers") -> list[Difference]:
    intent, profile = load(layout=layout)
    name = case.name if layout == "tiers" else case.name.replace("ringfence.", "ringfence-")
    rendered = changed(build(intent, profile), case.layer, name, case.change)
    found = prove_equal(intent, profile, rendered)
    assert not isinstance(found, Proven), "the difference is not seen"
    cluster = read_world(build_world(mean(intent, profile), intent, rendered, None))
    for difference in found:
        assert difference.witness is None or confirms(cluster, difference)
    assert all(item.summary and item.hint for item in diagnose(found, intent))
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_difference_is_found_with_its_cause_and_a_witness(name: str) -> None:
    case = CASES[name]
    first = found_in(case)[0]
    assert (first.wrong, first.layer) == (case.wrong, case.blamed)
    if case.wrong is not Wrong.BEYOND:
        assert first.witness is not None
        assert first.witness.whole is case.whole, "a flow whose fate differs from end to end goes first"
        allowed = case.wrong is Wrong.MORE and case.whole
        assert first.witness.verdict.verdict is (Verdict.ALLOW if allowed else Verdict.DENY)


@pytest.mark.parametrize("name", ["a rule is gone", "a Deny less", "DNS for the silent", "exposed everywhere"])
def test_in_the_other_layout_too(name: str) -> None:
    assert found_in(CASES[name], "single-tier")[0].wrong is CASES[name].wrong


@pytest.mark.parametrize(
    ("number", "side", "said"),
    [
        (4, {"ports": ["grpc", "metrics", "telnet"]}, "asks for port 'telnet', which the intent does not name"),
        (4, {"selector": "has(app) && !has(app)"}, "asks for labels that nobody can have"),
    ],
)
def test_what_nobody_can_see_is_not_taken_as_equal(number: int, side: dict[str, Any], said: str) -> None:
    intent, profile = load()
    change = _edit("egress", number, "destination", **side)
    found = prove_equal(intent, profile, changed(build(intent, profile), "workloads", "ringfence.web", change))
    assert not isinstance(found, Proven)
    unseen = next(item for item in found if item.wrong is Wrong.UNDECIDED)
    assert (unseen.pods, unseen.layer, unseen.rule) == ((said,), "workloads", number)


@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_what_is_passed_on_to_others_is_not_taken_as_allowed(layout: str) -> None:
    intent, profile = load(layout=layout)
    right = build(intent, profile)
    wrong = changed(right, "dns", "shop-dns", lambda spec: spec["egress"][1].update(action="Pass"))
    found = prove_equal(intent, profile, wrong)
    assert not isinstance(found, Proven)
    (unseen,) = [item for item in found if item.wrong is Wrong.UNDECIDED]
    assert (unseen.layer, unseen.rule) == ("dns", 1)
    assert unseen.pods == ("passes packets on, for policies of others to decide",)


def test_a_policy_on_host_endpoints_is_found() -> None:
    intent, profile = load()
    change = _set(selector="all()", namespaceSelector=None)
    rendered = changed(build(intent, profile), "guardrails", "shop-guardrails", change)
    found = prove_equal(intent, profile, rendered)
    assert not isinstance(found, Proven)
    (beyond,) = [item for item in found if item.wrong is Wrong.BEYOND]
    assert any(name.startswith("host endpoint ") for name in beyond.pods)


def test_render_refuses_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = environment.bundled_templates()
    name = "workloads.yaml.j2"
    broken = texts[name].replace("{%- if view.egress %}", "{%- if view.egress and 'batch' not in view.name %}", 1)
    assert broken != texts[name]
    monkeypatch.setattr(environment, "bundled_templates", lambda: {**texts, name: broken})
    intent, profile = load()
    with pytest.raises(RefusedError) as caught:
        render_set(intent, profile, as_of=AS_OF)
    assert caught.value.exit_code == 3
    assert {item.code for item in caught.value.diagnostics} == {"RF3302"}
    assert all(item.place.line for item in caught.value.diagnostics)
    first = next(item for item in caught.value.diagnostics if item.path == "services.batch.needs[wide]")
    assert first.summary.startswith("shop/a pod without labels of account batch")
    assert "denied at egress, and the intent means it" in first.summary
    assert first.hint.startswith("layer workloads; for example ")


def test_a_rule_that_names_domains_beside_others_is_not_taken_as_equal() -> None:
    externals = {"payments": {"domains": ["*.payments.example"], "strategy": "enterprise"}}
    intent, profile = load(platform="calico-enterprise", externals=externals)
    rendered = build(intent, profile)
    (number,) = [
        number
        for item in rendered.objects
        if item.identity.name == "ringfence.web"
        for number, rule in enumerate(item.object.manifest["spec"]["egress"])
        if "domains" in rule["destination"]
    ]
    narrower = changed(
        rendered, "workloads", "ringfence.web", _edit("egress", number, "destination", selector="has(app)")
    )
    with pytest.raises(CannotCompare, match="domains beside selector"):
        prove_equal(intent, profile, narrower)
    wrong = _edit("egress", number, "destination", domains=["payments.example"])
    found = prove_equal(intent, profile, changed(rendered, "workloads", "ringfence.web", wrong))
    assert not isinstance(found, Proven)
    assert {item.wrong for item in found} == {Wrong.MORE, Wrong.LESS}


def test_an_object_that_calico_cannot_decode_is_not_taken_as_equal() -> None:
    intent, profile = load()
    broken = _edit("egress", 0, "destination", ports=["80:x"])
    with pytest.raises(CannotCompare, match="cannot decode"):
        prove_equal(intent, profile, changed(build(intent, profile), "workloads", "ringfence.batch", broken))


def test_a_file_that_cannot_be_read_is_not_taken_as_equal() -> None:
    intent, profile = load()
    rendered = build(intent, profile)
    feeds = {**intent.feeds, "block": replace(intent.feeds["block"], file="nowhere.netset")}
    with pytest.raises(CannotCompare, match=r"cannot read 'nowhere\.netset'"):
        prove_equal(replace(intent, feeds=feeds), profile, rendered)


@pytest.mark.parametrize("fault", faults.FAULTS_OF_MEANING, ids=lambda fault: fault.__name__)
def test_a_meaning_that_is_wrong_differs_from_the_set(fault: faults.Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert not isinstance(prove(), Proven)


@pytest.mark.parametrize(("fault", "name"), faults.FAULTS_OF_COMPARISON, ids=lambda item: getattr(item, "__name__", ""))
def test_a_comparison_that_is_blind_is_found(fault: faults.Fault, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError, match=r"the difference is not seen|assert"):
        test_a_difference_is_found_with_its_cause_and_a_witness(name)
