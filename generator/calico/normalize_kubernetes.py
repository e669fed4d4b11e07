"""The comparison form of Kubernetes' policy kinds, with what kube-apiserver fills in (calico.md 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.calico.kinds import Kind
from generator.calico.nets import canonical_net
from generator.calico.normalize_rules import normalize_nets, sorted_texts, without_nulls
from generator.calico.scalars import decode_whole


def normalize_kubernetes_spec(kind: Kind, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of a Kubernetes-shaped kind in comparison form; types are defaulted already.

    An empty selector is kept wherever a peer may have one: it selects all, and an absent one selects nothing.
    """
    if kind not in (Kind.KUBERNETES_NETWORK_POLICY, Kind.STAGED_KUBERNETES_NETWORK_POLICY):
        return _cluster_policy(spec)
    if kind is Kind.STAGED_KUBERNETES_NETWORK_POLICY and spec.get("stagedAction") == "Delete":
        spec.pop("policyTypes", None)
    found = dict(spec)
    found["podSelector"] = _selector(spec.get("podSelector", {}))
    if "policyTypes" in found:
        found["policyTypes"] = sorted_texts(found["policyTypes"])
    for field, peers in (("ingress", "from"), ("egress", "to")):
        rules = found.pop(field, None)
        if isinstance(rules, list | tuple) and rules:
            found[field] = [_rule(rule, peers) for rule in rules]
        elif rules:
            found[field] = rules
    return found


def _rule(rule: Any, peers: str) -> Any:
    if rule is None:
        return {}  # `- ` alone is an empty rule, which allows everything
    if not isinstance(rule, Mapping):
        return rule
    found = without_nulls(rule)
    for field, change in ((peers, _peer), ("ports", _port)):
        values = found.pop(field, None)
        if isinstance(values, list | tuple) and values:
            found[field] = [change(value) for value in values]
        elif values:
            found[field] = values
    return found


def _peer(peer: Any) -> Any:
    if not isinstance(peer, Mapping):
        return peer
    found = without_nulls(peer)
    for field in ("podSelector", "namespaceSelector"):
        if field in found:
            found[field] = _selector(found[field])
    block = found.get("ipBlock")
    if isinstance(block, Mapping):
        block = without_nulls(block)
        if isinstance(block.get("cidr"), str):
            block["cidr"] = canonical_net(block["cidr"]) or block["cidr"]
        if "except" in block:
            block["except"] = normalize_nets(block["except"])
            if block["except"] == []:
                del block["except"]
        found["ipBlock"] = block
    return found


def _port(port: Any) -> Any:
    if port is None:
        return {"protocol": "TCP"}
    if not isinstance(port, Mapping):
        return port
    found = without_nulls(port)
    if not found.get("protocol"):
        found["protocol"] = "TCP"
    for field in ("port", "endPort"):
        number = decode_whole(found.get(field))
        if number is not None:
            found[field] = number
    return found


def _selector(selector: Any) -> Any:
    if selector is None:
        return {}
    if not isinstance(selector, Mapping):
        return selector
    found = {key: value for key, value in without_nulls(selector).items() if value not in ([], {})}
    tests = found.get("matchExpressions")
    if isinstance(tests, list | tuple):
        found["matchExpressions"] = [_expression(test) for test in tests]
    return found


def _expression(test: Any) -> Any:
    if not isinstance(test, Mapping):
        return test
    found = without_nulls(test)
    if "values" in found:
        found["values"] = sorted_texts(found["values"])
        if found["values"] == []:
            del found["values"]
    return found


def _cluster_policy(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A server writes out both selectors of `pods`, and a subject that says nothing is none."""
    found = {key: _without_nulls_below(value) for key, value in spec.items()}
    if found.get("subject") == {}:
        del found["subject"]
    return {key: _with_both_selectors(value) for key, value in found.items() if value != []}


def _with_both_selectors(value: Any) -> Any:
    match value:
        case dict():
            # An empty list of ports is not the same as none in v1alpha1, which has a pointer there.
            full = {key: _with_both_selectors(item) for key, item in value.items() if item != [] or key == "ports"}
            pods = full.get("pods")
            if isinstance(pods, dict):
                full["pods"] = {"namespaceSelector": {}, "podSelector": {}, **pods}
            return full
        case list():
            return [_with_both_selectors(item) for item in value]
        case _:
            return value


def _without_nulls_below(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _without_nulls_below(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [_without_nulls_below(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
