"""What an intent means once names are resolved and defaults filled in."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from generator.foundation.errors import InputError
from generator.intent import (
    check_capabilities,
    check_owned_pods,
    expired_exceptions,
    load_intent,
    resolve_file,
)
from generator.intent.model import (
    CapabilityNeed,
    ExposedBy,
    ExternalNeed,
    Intent,
    LayerSettings,
    Need,
    PodSelection,
    PodsNeed,
    ServiceNeed,
)
from generator.intent.resolve import LAYER_ORDERS
from generator.layers.catalog import LAYERS
from tests.faults.intent import empty_lists_are_let_through, positions_after_a_gap_are_shifted

EVERYTHING = Path(__file__).parent / "good" / "everything.yaml"
HEAD = "version: 1\nname: shop\nplatform: generic\nnamespace: shop\n"


def _load(body: str) -> Intent:
    return load_intent(["-"], stdin=HEAD + body).intent


def _codes(body: str) -> list[tuple[str, int, int]]:
    with pytest.raises(InputError) as refused:
        load_intent(["-"], stdin=HEAD + body)
    return [(item.code, item.place.line, item.place.column) for item in refused.value.diagnostics]


@pytest.fixture(scope="module")
def everything() -> Intent:
    return load_intent([str(EVERYTHING)]).intent


def _need(intent: Intent, service: str, target: str) -> Need:
    found = {need.origin.path: need for need in intent.services[service].needs}
    return found[f"services.{service}.needs[{target}]"]


def test_defaults(everything: Intent) -> None:
    cart = everything.services["cart"]
    assert cart.pods == PodSelection("shop", (("app", "cart"),))
    assert (cart.dns, cart.schedule, cart.exposed, cart.needs) == (True, "", (), ())
    assert everything.owns == ("batch", "depot", "shop")
    assert not everything.owns_cluster


def test_needs_name_what_they_mean(everything: Intent) -> None:
    assert isinstance(_need(everything, "web", "cart"), ServiceNeed)
    stock = _need(everything, "web", "stock")
    assert isinstance(stock, ServiceNeed)
    assert [str(port) for port in stock.ports] == ["4000/TCP"]
    orders = _need(everything, "web", "billing/orders")
    assert isinstance(orders, PodsNeed)
    assert orders.pods == PodSelection("billing", (("app", "orders"),))
    ledger = _need(everything, "web", "billing/app=ledger,tier=data")
    assert isinstance(ledger, PodsNeed)
    assert [str(port) for port in ledger.ports] == ["9000-9010/TCP", "metrics/UDP"]
    assert isinstance(_need(everything, "web", "payments-api"), ExternalNeed)
    assert isinstance(_need(everything, "web", "kubernetes-api"), CapabilityNeed)
    assert isinstance(_need(everything, "web", "node-metrics"), CapabilityNeed)


def test_exposed_forms(everything: Intent) -> None:
    by = {item.by: item for item in everything.services["web"].exposed}
    assert by[ExposedBy.CIDRS].cidrs == (ip_network("198.51.100.7/32"),)
    assert by[ExposedBy.INGRESS].ports == everything.services["web"].ports
    assert [str(port) for port in by[ExposedBy.LOADBALANCER].ports] == ["8443/TCP"]
    source = by[ExposedBy.GATEWAY].source
    assert source == PodSelection("gateways", (("app", "gateway"),), "gateway")
    assert everything.services["webhook"].exposed[0].by is ExposedBy.APISERVER


def test_settings(everything: Intent) -> None:
    assert everything.layers == {
        "guardrails": LayerSettings(None, False),
        "threat-feeds": LayerSettings(None, False),
        "dns": LayerSettings(110.0, True),
    }
    assert (everything.tier.name, everything.tier.order, everything.tier.owned_by) == ("shop", 950.5, "platform")
    assert everything.cluster.api_server == (ip_network("192.168.0.10/32"),)
    assert everything.labels == (("example.com/cost-centre", "4711"), ("team", "shop"))
    assert everything.externals["payments-api"].domains == ("api.example.com", "pay.example.com")


def test_replaced_by_name_and_by_selector(everything: Intent) -> None:
    assert [item.identity for item in everything.replaces if item.identity] == [
        "GlobalNetworkPolicy/old-default",
        "KubernetesNetworkPolicy/shop/old-cart",
        "NetworkPolicy/shop/old-web",
    ]
    assert len([item for item in everything.replaces if item.selector]) == 2


def test_exceptions_get_names_of_both_ends(everything: Intent) -> None:
    assert [item.name for item in everything.exceptions] == [
        "office",
        "web-to-cart",
        "web-to-legacy-erp",
        "web-to-legacy-erp-2",
    ]
    by_name = {item.name: item for item in everything.exceptions}
    assert [str(port) for port in by_name["web-to-legacy-erp"].ports] == ["1522/TCP"]
    assert by_name["web-to-legacy-erp-2"].origin.path == "exceptions[web-to-legacy-erp-2]"
    assert by_name["office"].to == (ip_network("203.0.113.0/24"),)
    to = by_name["web-to-cart"].to
    assert isinstance(to, ServiceNeed)
    assert [str(port) for port in to.ports] == ["5005/TCP"]


def test_expectations_take_the_ports_of_their_target(everything: Intent) -> None:
    assert [str(item) for item in everything.expectations] == [
        "web must reach 10.1.2.3/32 on 5432/TCP",
        "web must reach cart on 7070/TCP",
        "all (except cart, nodes) must not reach cart on metrics",
        "anywhere must not reach cart on 7070/TCP",
        "cart must not reach anywhere",
        "dev/* must not reach 192.168.0.0/24",
        'env == "dev" in lab must not reach 192.168.0.0/24',
    ]
    assert [item.must for item in everything.expectations] == [True, True, *(False,) * 5]


def test_a_service_that_needs_itself_by_name_needs_self() -> None:
    for need in ("redis", "self", "{service: redis}", "{service: self}", "{service: redis, namespace: shop}"):
        intent = _load(f"services:\n  redis: {{ports: [6379], needs: [{need}]}}\n")
        assert [item.origin.path for item in intent.services["redis"].needs] == ["services.redis.needs[self]"]


def test_pods_that_are_a_service_are_that_service() -> None:
    body = "services:\n  web: {needs: [{service: orders, namespace: shop, select: {app: o, tier: b}}]}\n"
    intent = _load(body + "  front: {select: {tier: b, app: o}, ports: [80]}\n")
    need = intent.services["web"].needs[0]
    assert isinstance(need, ServiceNeed)
    assert need.service == "front"


def test_two_needs_of_one_target_become_one() -> None:
    body = "services:\n  web: {needs: [{service: cart, ports: [80]}, {service: cart, ports: [81]}]}\n"
    loaded = load_intent(["-"], stdin=HEAD + body + "  cart: {ports: [80, 81]}\n")
    assert loaded.diagnostics == []
    (need,) = loaded.intent.services["web"].needs
    assert isinstance(need, ServiceNeed)
    assert [str(port) for port in need.ports] == ["80/TCP", "81/TCP"]


def test_a_need_written_twice_is_a_warning() -> None:
    body = "services:\n  web: {needs: [cart, cart, kubernetes-api, kubernetes-api]}\n  cart: {ports: [80]}\n"
    loaded = load_intent(["-"], stdin=HEAD + body)
    assert [item.code for item in loaded.diagnostics] == ["RF1036", "RF1036"]
    assert len(loaded.intent.services["web"].needs) == 2


def test_a_service_hides_an_external_of_its_name() -> None:
    body = "services:\n  web: {needs: [db, {external: db}, {capability: db}]}\n  db: {ports: [80]}\n"
    loaded = load_intent(["-"], stdin=HEAD + body + "externals:\n  db: {cidrs: [192.0.2.1], ports: [443]}\n")
    assert [item.code for item in loaded.diagnostics] == ["RF1037"]
    assert [type(need) for need in loaded.intent.services["web"].needs] == [CapabilityNeed, ServiceNeed, ExternalNeed]


def test_capabilities_are_judged_by_the_platform(everything: Intent) -> None:
    assert check_capabilities(everything, {"kubernetes-api", "node-metrics"}) == []
    intent = _load("services:\n  web: {ports: [1], needs: [crat, kubernets-api]}\n  cart: {ports: [80]}\n")
    found = check_capabilities(intent, {"kubernetes-api": 1, "node-metrics": 2})
    assert [(item.code, item.place.line, item.place.column) for item in found] == [("RF1030", 6, 29), ("RF1030", 6, 35)]
    assert found[0].hint.startswith("did you mean 'cart'?")
    assert found[1].hint.startswith("did you mean 'kubernetes-api'?")


def test_an_exception_holds_through_its_last_day(everything: Intent) -> None:
    assert expired_exceptions(everything, date(2027, 3, 31)) == []
    found = expired_exceptions(everything, date(2027, 4, 1))
    assert len(found) == len(everything.exceptions)
    assert {item.code for item in found} == {"RF1046"}
    assert all(item.place.line for item in found)


def test_pods_elsewhere_in_an_owned_cluster() -> None:
    body = "owns: cluster\nservices:\n  web: {needs: [{service: a, namespace: kube-system, ports: [1]}, %s]}\n"
    intent = _load(body % "{service: b, namespace: billing, ports: [1]}")
    assert [item.path for item in check_owned_pods(intent, ["kube-system"])] == ["services.web.needs[billing/b]"]
    assert len(check_owned_pods(intent, [])) == 2


def test_files_are_relative_to_the_intent(everything: Intent) -> None:
    assert resolve_file(everything, everything.feeds["firehol"].file) == EVERYTHING.parent / "feeds/level1.netset"
    assert resolve_file(everything, "/etc/feed") == Path("/etc/feed")
    assert resolve_file(_load("owns: [shop]\n"), "feed") == Path("feed")


def test_an_intent_that_selects_nothing_is_said() -> None:
    assert [item.code for item in load_intent(["-"], stdin=HEAD).diagnostics] == ["RF1044"]


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(InputError) as refused:
        load_intent(["nowhere/intent.yaml", "nowhere/prod.yaml"])
    assert [(item.code, item.place.file) for item in refused.value.diagnostics] == [
        ("RF0005", "nowhere/intent.yaml"),
        ("RF0005", "nowhere/prod.yaml"),
    ]


def check_places_after_a_gap() -> None:
    body = "services:\n  web:\n    needs:\n    - 7\n    - Bad\n    - {service: crat}\n  cart: {ports: [80]}\n"
    assert _codes(body) == [("RF1006", 8, 7), ("RF1010", 9, 7), ("RF1030", 10, 17)]


def test_places_after_entries_that_could_not_be_read() -> None:
    check_places_after_a_gap()


def test_shifted_positions_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    positions_after_a_gap_are_shifted(monkeypatch)
    with pytest.raises(AssertionError):
        check_places_after_a_gap()


def check_empty_never_means_any() -> None:
    for body in (
        "externals:\n  x: {domains: [], ports: [443]}\n",
        "externals:\n  x: {cidrs: [], ports: [443]}\n",
        "externals:\n  x: {anywhere: true, ports: []}\n",
        "services:\n  x: {ports: [1], exposed: {by: loadbalancer, cidrs: []}}\n",
        "services:\n  x: {ports: [1], exposed: {by: ingress, ports: []}}\n",
        "shared:\n  x: {from: {namespace: m}, to: [], ports: [1]}\n",
    ):
        assert [code for code, _, _ in _codes("owns: [shop]\n" + body)] == ["RF1019"]


def test_empty_never_means_any() -> None:
    check_empty_never_means_any()


def test_empty_lists_let_through_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    empty_lists_are_let_through(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_empty_never_means_any()


def test_one_mistake_is_one_problem() -> None:
    """What cannot be read does not make what refers to it look wrong too."""
    bodies = [
        "services:\n  web: {needs: [cart]}\n  cart: {ports: [0]}\n",
        "services:\n  web: {needs: [cart]}\n  cart: [7070]\n",
        "services:\n  web: {needs: [{external: api}]}\nexternals:\n  api: {domains: [a.example.com]}\n",
        "services:\n  web: {ports: [yes], exposed: ingress}\n",
        "services:\n  a: {select: {app: 1}}\n  b: {select: {app: 2}, ports: []}\n",
        "services:\n  web: {needs: [{service: cart, ports: [-1]}]}\n  cart: {ports: [80]}\n",
        "services:\n  web: {ports: [80]}\nexceptions:\n- {from: web, to: {namespace: b}, ports: [-1], "
        "owner: a, until: 2027-01-01, reason: b}\n",
    ]
    for body in bodies:
        assert len(_codes(body)) == (2 if "app: 2" in body else 1), body


def test_the_layers_are_those_that_are_rendered() -> None:
    assert {layer.name: float(layer.order) for layer in LAYERS} == LAYER_ORDERS
    assert list(LAYER_ORDERS) == [layer.name for layer in LAYERS]
