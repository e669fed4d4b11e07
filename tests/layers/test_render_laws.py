"""Laws of rendering over random intents: nothing to find, the same bytes from any order, every need at both ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.foundation.errors import InputError
from generator.layers.files import stream
from generator.layers.model import ManifestSet
from generator.selectors import evaluate_selector, parse_selector
from tests.faults import layers as faults
from tests.faults.calico import Fault
from tests.layers.rendering import render_text, rules

NAMES = ("api", "cart", "db", "front", "jobs", "mail")
NAMESPACES = ("back", "shop")
PORTS = (53, 80, 443, "5353/UDP", "8000-8010", "9000/SCTP")
EXTERNALS = {
    "bank": {"cidrs": ["198.51.100.0/24", "2001:db8:5::/48"], "ports": [443]},
    "office": {"cidrs": ["10.20.0.0/16"], "ports": ["500/UDP", 22]},
    "web": {"anywhere": True, "ports": [80, 443]},
}
EXPOSURES: tuple[Any, ...] = (
    {"by": "loadbalancer"},
    {"by": "nodeport"},
    {"by": "cidrs", "cidrs": ["203.0.113.0/24"]},
)

ports = st.lists(st.sampled_from(PORTS), min_size=1, max_size=3, unique=True)


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    """Draw services that need each other, externals, themselves and the API server."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    callees = [*names, *EXTERNALS, "self", "kubernetes-api"]
    found: dict[str, Any] = {}
    for name in names:
        service: dict[str, Any] = {"ports": draw(ports)}
        needs = draw(st.lists(st.sampled_from(callees), max_size=4, unique=True))
        service["needs"] = [item for item in needs if item != name]
        if draw(st.booleans()):
            service["namespace"] = draw(st.sampled_from(NAMESPACES))
        if draw(st.booleans()):
            service["select"] = {"app": name, "tier": draw(st.sampled_from(("data", "edge")))}
        if draw(st.booleans()):
            service["serviceAccount"] = f"{name}-runner"
        if draw(st.booleans()):
            service["exposed"] = draw(st.sampled_from(EXPOSURES))
        if draw(st.integers(0, 4)) == 0:
            service["dns"] = False
        found[name] = service
    return found


@st.composite
def intents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a whole intent that is right."""
    found = draw(services())
    version = draw(st.sampled_from(("3.26", "3.28", "3.29", "3.31", "3.32")))
    old = version in ("3.26", "3.28")
    intent: dict[str, Any] = {
        "version": 1,
        "name": draw(st.sampled_from(("shop", "a", "default-deny"))),
        "platform": "generic",
        "calico": version,
        "layout": "single-tier" if old else draw(st.sampled_from(("tiers", "single-tier"))),
        "isolation": draw(st.sampled_from(("strict", "namespace"))),
        "namespace": "shop",
        "services": found,
        "externals": EXTERNALS,
    }
    if draw(st.booleans()):
        intent["owns"] = ["empty", *NAMESPACES]
    if draw(st.booleans()):
        source = {"namespace": "monitoring", "select": {"app": "prometheus"}}
        to: Any = draw(st.one_of(st.just("all"), st.lists(st.sampled_from(sorted(found)), min_size=1, unique=True)))
        intent["shared"] = {"scraper": {"from": source, "to": to, "ports": [9090]}}
    if draw(st.booleans()):
        intent["exceptions"] = [
            {
                "from": draw(st.sampled_from(sorted(found))),
                "to": {"namespace": "legacy", "select": {"app": "erp"}},
                "ports": draw(ports),
                "owner": "team",
                "until": "2027-01-31",
                "reason": "cut-over",
            }
        ]
    return intent


def render(intent: dict[str, Any]) -> ManifestSet:
    return render_text(json.dumps(intent))


def turned(value: Any, key: str = "") -> Any:
    """Turn the order round wherever it has no meaning: keys, and lists that are sets."""
    match value:
        case dict():
            return {name: turned(value[name], name) for name in reversed(value)}
        case list():
            return [turned(item) for item in reversed(value)]
        case _:
            return value


@settings(max_examples=60, deadline=None)
@given(intents())
def test_nothing_is_to_be_found_in_what_is_rendered(intent: dict[str, Any]) -> None:
    """An object that is not valid raises; what the validator only warns of would stand among the notes."""
    assert [str(item) for item in render(intent).notes if item.code.startswith("RF4")] == []


@settings(max_examples=30, deadline=None)
@given(intents())
def test_the_order_of_the_input_does_not_matter(intent: dict[str, Any]) -> None:
    assert stream(render(turned(intent))) == stream(render(intent))


def check_needs(intent: dict[str, Any]) -> None:
    """Hold each need between two services against the rules of both ends, label by label and port by port."""
    found = list(rules(render(intent), "workloads"))
    for name, service in intent["services"].items():
        for need in service["needs"]:
            callee = name if need == "self" else need
            if callee not in intent["services"]:
                continue
            wanted = set(intent["services"][callee]["ports"])
            assert wanted <= open_ports(found, "egress", intent, name, callee)
            assert wanted <= open_ports(found, "ingress", intent, callee, name)


def open_ports(found: list[Any], direction: str, intent: dict[str, Any], own: str, peer: str) -> set[int | str]:
    """Return the ports that the rules of the one's policies allow towards the other, as the intent writes them."""
    side = "destination" if direction == "egress" else "source"
    opened: set[int | str] = set()
    for manifest, way, rule in found:
        if way != direction or not _selects(manifest["spec"]["selector"], intent, own):
            continue
        if manifest["metadata"].get("namespace") != _namespace(intent, own):
            continue
        entity = rule.get(side, {})
        space = entity.get("namespaceSelector")
        labels = {"projectcalico.org/name": _namespace(intent, peer)}
        near = _namespace(intent, own) == _namespace(intent, peer)
        reached = evaluate_selector(parse_selector(space), labels) if space else near
        if reached and "selector" in entity and _selects(entity["selector"], intent, peer):
            opened |= {_as_written(port, rule["protocol"]) for port in rule["destination"]["ports"]}
    return opened


def _namespace(intent: dict[str, Any], name: str) -> str:
    return str(intent["services"][name].get("namespace", intent["namespace"]))


def _selects(selector: str, intent: dict[str, Any], name: str) -> bool:
    service = intent["services"][name]
    labels = {**service.get("select", {"app": name}), "projectcalico.org/orchestrator": "k8s"}
    labels["projectcalico.org/serviceaccount"] = service.get("serviceAccount", "default")
    return evaluate_selector(parse_selector(selector), labels)


def _as_written(port: int | str, protocol: str) -> int | str:
    text = str(port).replace(":", "-")
    if protocol == "TCP":
        return int(text) if text.isdigit() else text
    return f"{text}/{protocol}"


@settings(max_examples=60, deadline=None)
@given(intents())
def test_every_need_is_rendered_at_both_ends(intent: dict[str, Any]) -> None:
    check_needs(intent)


def wide_allows(intent: dict[str, Any]) -> Iterator[str]:
    """Name what an Allow rule leaves open: any peer, or any address that the intent does not say."""
    anywhere = any("web" in service["needs"] for service in intent["services"].values())
    for manifest, direction, rule in rules(render(intent)):
        if rule["action"] != "Allow":
            continue
        side = rule.get("destination" if direction == "egress" else "source", {})
        name = f"{manifest['metadata']['name']} {direction} {side}"
        if not set(side) & {"selector", "notSelector", "nets", "services"}:
            yield f"{name}: no peer"
        if {"0.0.0.0/0", "::/0"} & set(side.get("nets", ())) and not (anywhere and side.get("notNets")):
            yield f"{name}: anywhere"
        if side.get("selector", "").replace(" ", "") == "all()" and not side.get("namespaceSelector"):
            yield f"{name}: everybody"
        if "notSelector" in side and direction == "egress":
            yield f"{name}: everybody else"


@settings(max_examples=60, deadline=None)
@given(intents())
def test_no_allow_is_without_a_peer(intent: dict[str, Any]) -> None:
    assert list(wide_allows(intent)) == []


TWO: dict[str, Any] = {
    "version": 1,
    "name": "shop",
    "platform": "generic",
    "layout": "tiers",
    "namespace": "shop",
    "services": {
        "front": {"ports": [80], "needs": ["db", "web"]},
        "db": {"ports": [5432], "needs": [], "namespace": "back"},
    },
    "externals": EXTERNALS,
}


def check_all(intent: dict[str, Any]) -> None:
    check_needs(intent)
    assert list(wide_allows(intent)) == []


@pytest.mark.parametrize("fault", faults.FAULTS_OF_NEEDS, ids=lambda fault: fault.__name__)
@pytest.mark.usefixtures("unproven")
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    check_all(TWO)
    fault(monkeypatch)
    with pytest.raises((AssertionError, InputError)):
        check_all(TWO)
