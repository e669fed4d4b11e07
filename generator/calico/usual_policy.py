"""Kubernetes policies written as nearly all are, recognised without being decoded.

A large cluster has thousands of them, and a question about one workload asks hardly more of each than whether one of
its peers may mean that workload.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from generator.calico.codec import is_usual_metadata
from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject

Labels = Mapping[str, str]
# What stands for itself in the text that Calico makes of a selector, and is no label that it refuses for its length.
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_./-]{1,200}")
_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9_.-]*")
_PROTOCOLS: Final = frozenset({"TCP", "UDP", "SCTP"})
_TYPES: Final = frozenset({"Ingress", "Egress"})
_FIELDS: Final = frozenset({"podSelector", "policyTypes", "ingress", "egress"})
_PORT_FIELDS: Final = frozenset({"protocol", "port"})
_NO_LABELS: Final[dict[str, str]] = {}


@dataclass(slots=True)
class UsualPolicy:
    """A Kubernetes policy that surely decodes, and whose rules Felix surely takes.

    Its selectors ask for plain labels alone. `peers` are those of all rules: the labels of pods and of namespaces,
    None where there is no such selector. No rule is without a peer.
    """

    namespace: str
    pods: Labels
    types: tuple[str, ...] | None
    peers: list[tuple[Labels | None, Labels | None]]


class _Unusual(Exception):
    """Something that only the decoder knows the meaning of."""


def read_usual_policy(obj: ApiObject) -> UsualPolicy | None:
    """Return what a Kubernetes policy selects and names, if it is written in the usual way."""
    spec = obj.manifest.get("spec")
    if obj.kind is not Kind.KUBERNETES_NETWORK_POLICY or type(spec) is not dict or not is_usual_metadata(obj):
        return None
    try:
        return _read_spec(spec, obj.namespace)
    except (_Unusual, TypeError):  # a list or mapping where a text belongs cannot be looked up
        return None


def _read_spec(spec: dict[Any, Any], namespace: str) -> UsualPolicy:
    if not _FIELDS.issuperset(spec):
        raise _Unusual
    found = UsualPolicy(namespace, _labels_of(spec.get("podSelector", _NO_LABELS)), None, [])
    if "policyTypes" in spec:
        found.types = _read_types(spec["policyTypes"])
    if "ingress" in spec:
        _read_rules(spec["ingress"], "from", found.peers)
    if "egress" in spec:
        _read_rules(spec["egress"], "to", found.peers)
    return found


def _read_types(written: Any) -> tuple[str, ...]:
    if type(written) is not list or not _TYPES.issuperset(written):
        raise _Unusual
    return tuple(written)


def _read_rules(rules: Any, side: str, peers: list[tuple[Labels | None, Labels | None]]) -> None:
    if type(rules) is not list:
        raise _Unusual
    for rule in rules:
        if type(rule) is not dict:
            raise _Unusual
        named = rule.get(side)
        if type(named) is not list or not named:
            raise _Unusual
        _read_peers(named, peers)
        if len(rule) > 1:
            if len(rule) > 2 or "ports" not in rule:
                raise _Unusual
            _check_ports(rule["ports"])


def _read_peers(named: list[Any], peers: list[tuple[Labels | None, Labels | None]]) -> None:
    """Add the peers of a rule; the selectors are read here as `_labels_of` does it, for there are very many."""
    for peer in named:
        if type(peer) is not dict:
            raise _Unusual
        pods: Labels | None = None
        spaces: Labels | None = None
        for field, selector in peer.items():
            if type(selector) is not dict:
                raise _Unusual
            labels: Any = _NO_LABELS
            if selector:
                labels = selector.get("matchLabels")
                if len(selector) > 1 or type(labels) is not dict:
                    raise _Unusual
                for test in labels.items():
                    if test not in _KNOWN_PLAIN:
                        _learn(test)
            if field == "podSelector":
                pods = labels
            elif field == "namespaceSelector":
                spaces = labels
            else:
                raise _Unusual
        peers.append((pods, spaces))


def _labels_of(selector: Any) -> Labels:
    if type(selector) is not dict:
        raise _Unusual
    if not selector:
        return _NO_LABELS
    labels = selector.get("matchLabels")
    if len(selector) > 1 or type(labels) is not dict:
        raise _Unusual
    for test in labels.items():
        # What equals a pair of texts is one.
        if test not in _KNOWN_PLAIN:
            _learn(test)
    return labels


_KNOWN_PLAIN: Final[set[tuple[str, str]]] = set()
_MOST_KNOWN: Final = 1 << 16


def _learn(test: tuple[Any, Any]) -> None:
    if type(test[0]) is not str or type(test[1]) is not str or not is_plain_test(test):
        raise _Unusual
    if len(_KNOWN_PLAIN) < _MOST_KNOWN:
        _KNOWN_PLAIN.add(test)


@lru_cache(maxsize=1 << 16)
def is_plain_test(test: tuple[str, str]) -> bool:
    """Tell whether Calico reads the test of a label as it is written, and reads it at all."""
    return bool(_PLAIN_KEY.fullmatch(test[0]) and _PLAIN_VALUE.fullmatch(test[1]))


def _check_ports(ports: Any) -> None:
    if type(ports) is not list:
        raise _Unusual
    for port in ports:
        if type(port) is not dict or not _PORT_FIELDS.issuperset(port):
            raise _Unusual
        if port.get("protocol", "TCP") not in _PROTOCOLS:
            raise _Unusual
        number = port.get("port", 1)
        if type(number) is not int or not 1 <= number <= 65535:
            raise _Unusual
