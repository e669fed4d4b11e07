"""What need not be lowered for a question about few ends: policies and rules that have no say on any of its packets.

Left out is only what surely selects none of these ends, and what Felix surely takes as written: a policy of which a
rule is refused has no effect at all, so that nobody may overlook such a rule (calico.md 7.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from generator.calico.kubernetes_policy import (
    EgressRule,
    IngressRule,
    KubernetesNetworkPolicy,
    LabelSelector,
    PolicyPeer,
    PolicyPort,
    StagedKubernetesNetworkPolicy,
)
from generator.calico.objects import ApiObject
from generator.calico.policy import NetworkPolicy, StagedNetworkPolicy
from generator.calico.rewrite import NAMESPACE_LABEL, NAMESPACE_PREFIX
from generator.calico.usual_policy import Labels, UsualPolicy, is_plain_test
from generator.reach.inventory import Inventory, Pod
from generator.reach.selector_text import read_selector

if TYPE_CHECKING:
    from generator.calico.codec import Resource

_PLAIN_TESTS: Final = re.compile(r"[A-Za-z0-9_./-]{1,200} == '[^'()]*'( && [A-Za-z0-9_./-]{1,200} == '[^'()]*')*")
_PROTOCOLS: Final = frozenset({None, "TCP", "UDP", "SCTP"})


@dataclass(frozen=True, slots=True)
class BetweenPods:
    """Flows whose two ends are in these namespaces, or are no pods; "" is none."""

    namespaces: frozenset[str]


@dataclass(frozen=True, slots=True)
class WithOnePod:
    """Flows that have a pod of some workload at one end; `labels` are all by which a selector could find its address.

    `pods` are those of the workload, and `namespaces` those whose policies may select one of them or its address.
    """

    pods: frozenset[str]
    namespaces: frozenset[str]
    labels: frozenset[tuple[str, str]]
    of_namespace: frozenset[tuple[str, str]]  # those that it has from its namespace, as they are written there

    def named(self, rule: IngressRule | EgressRule, namespace: str) -> list[bool]:
        """Tell of each peer of a rule whether it has a say on such flows, or on whether Felix takes the policy."""
        found = [self._may_name(peer, namespace) for peer in rule.peers]
        return found if all(found) or _are_plain(rule.ports) else [True] * len(found)

    def _may_name(self, peer: PolicyPeer, namespace: str) -> bool:
        pods, spaces = peer.pod_selector, peer.namespace_selector
        if peer.ip_block is not None or self._may_select(_labels_of(pods), _labels_of(spaces), namespace):
            return True
        return not (_is_plain(pods) and _is_plain(spaces))

    def names_none(self, policy: UsualPolicy) -> bool:
        """Tell whether no peer of a policy has a say on such flows."""
        own = (NAMESPACE_LABEL, policy.namespace) in self.labels
        for pods, spaces in policy.peers:  # as `_may_select`, but asked of every peer in the cluster
            named = own if spaces is None else self.of_namespace.issuperset(spaces.items())
            if named and (pods is None or self.labels.issuperset(pods.items())):
                return False
        return True

    def _may_select(self, pods: Labels | None, spaces: Labels | None, namespace: str) -> bool:
        if pods is not None and not self.labels.issuperset(pods.items()):
            return False
        if spaces is None:
            return (NAMESPACE_LABEL, namespace) in self.labels
        return self.of_namespace.issuperset(spaces.items())


Question = BetweenPods | WithOnePod


def between_pods(inventory: Inventory, pods: Iterable[Pod]) -> BetweenPods:
    """Return the question about flows between these pods, or between them and ends that are no pods."""
    return BetweenPods(frozenset((*(pod.namespace for pod in pods), *_namespaces_of_hosts(inventory))))


def with_one_pod(inventory: Inventory, pods: Iterable[Pod]) -> WithOnePod:
    """Return the question about flows that have one of these pods at an end."""
    pods = tuple(pods)
    addresses = {address for pod in pods for address in pod.addresses}
    found = [pod for pod in inventory.pods.values() if not addresses.isdisjoint(pod.addresses)]
    carriers = [pod.labels for pod in found]
    carriers += [host.labels for hosts in inventory.hosts.values() for host in hosts]
    carriers += [group.labels for group in inventory.groups]
    labels = frozenset(item for one in carriers for item in one.items())
    return WithOnePod(
        frozenset(pod.key for pod in pods),
        frozenset((*(pod.namespace for pod in found), *_namespaces_of_hosts(inventory))),
        labels,
        frozenset((key.removeprefix(NAMESPACE_PREFIX), it) for key, it in labels if key.startswith(NAMESPACE_PREFIX)),
    )


def _namespaces_of_hosts(inventory: Inventory) -> Iterator[str]:
    """Go through the namespaces in which host endpoints claim to be: a policy there selects them too."""
    for hosts in inventory.hosts.values():
        yield from (host.labels[NAMESPACE_LABEL] for host in hosts if NAMESPACE_LABEL in host.labels)


def is_elsewhere(question: Question, obj: ApiObject, resource: Resource | UsualPolicy) -> bool:
    """Tell whether a policy surely selects nobody in the namespaces of a question."""
    match resource:
        case UsualPolicy():
            return resource.namespace not in question.namespaces
        case NetworkPolicy(_, spec) | StagedNetworkPolicy(_, spec):
            text, accounts = spec.selector, spec.service_account_selector
            stays = not accounts and (not text or bool(_PLAIN_TESTS.fullmatch(text)) or read_selector(text) is not None)
        case KubernetesNetworkPolicy(_, spec) | StagedKubernetesNetworkPolicy(_, spec):
            stays = _is_plain(spec.pod_selector)
        case _:
            return False
    return stays and obj.namespace not in question.namespaces


def _is_plain(selector: LabelSelector | None) -> bool:
    """Tell whether Calico reads a selector as it is written, and reads it at all."""
    if selector is None:
        return True
    if selector.match_expressions:
        return False
    for test in selector.match_labels.items():  # noqa: SIM110 - one test is what nearly all have
        if not is_plain_test(test):
            return False
    return True


def _labels_of(selector: LabelSelector | None) -> Labels | None:
    return selector.match_labels if selector is not None else None


@lru_cache(maxsize=1 << 14)
def _are_plain(ports: tuple[PolicyPort, ...]) -> bool:
    """Tell whether Felix takes the ports of a rule, none of which is a name."""
    return all(
        port.protocol in _PROTOCOLS
        and (port.port is None or _is_number(port.port))
        and (
            port.end_port is None
            or (_is_number(port.end_port) and isinstance(port.port, int) and port.port <= port.end_port)
        )
        for port in ports
    )


def _is_number(port: int | str) -> bool:
    return isinstance(port, int) and 1 <= port <= 65535
