"""Is a namespace open to pods for which nobody wrote a policy: one that comes there, one of a namespace that comes?

A statement says what no policy set that owns the namespace should let through; the engine judges it like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from generator.expect.addresses import Addresses
from generator.expect.judge import judge_expectations
from generator.expect.model import Judged, Outcome
from generator.expect.new_pods import NewPod, with_new_pods
from generator.foundation.diagnostics import NOWHERE
from generator.intent.expectation import End, Expectation, PodsEnd, Word, WordEnd
from generator.intent.model import Origin, PodSelection, Service
from generator.reach.engine import Engine
from generator.snapshot.model import Snapshot

_NEW: str = "new-namespace"


@dataclass(frozen=True, slots=True)
class Openness:
    """What is open at one namespace: the statements about it that do not hold, or of which that is not known."""

    namespace: str
    found: tuple[Judged, ...]

    @property
    def certain(self) -> bool:
        """Tell whether something is surely open."""
        return any(item.outcome is Outcome.VIOLATED for item in self.found)


def find_open_namespaces(
    engine: Engine,
    snapshot: Snapshot,
    namespaces: Sequence[str],
    addresses: Addresses | None = None,
    impostors: Sequence[NewPod] = (),
) -> list[Openness]:
    """Return the namespaces that are open, in their order.

    Three questions for each: may somebody nobody knows (a pod of a namespace that does not exist yet, the internet)
    reach a new pod without labels there, may that pod reach them, and may such a stranger reach the pods that are
    there. The first two are asked of `impostors` in these namespaces too. Where an object stops Felix from reading all
    of its kind nothing is known, and nothing is returned.
    """
    if engine.blind_to or not namespaces:
        return []
    stranger = NewPod(new_namespace(snapshot.namespaces))
    coming = [
        pod for name in namespaces for pod in (NewPod(name), *(one for one in impostors if one.namespace == name))
    ]
    extended = with_new_pods(engine, snapshot, [stranger, *coming])
    outside = PodsEnd("a pod of a new namespace", stranger.selection)
    internet = WordEnd("internet", Word.INTERNET)
    statements: list[tuple[str, Expectation]] = []
    for pod in coming:
        new = PodsEnd(_name(pod), pod.selection)
        about = [_never(outside, new), _never(internet, new), _never(new, outside), _never(new, internet)]
        if not pod.labels:
            there = PodsEnd(f"the pods of '{pod.namespace}'", PodSelection(pod.namespace))
            others = [PodsEnd(_name(one), one.selection) for one in coming if one.namespace == pod.namespace]
            about.append(_never(outside, there, *others))
        statements += [(pod.namespace, item) for item in about]
    broken: dict[str, list[Judged]] = {name: [] for name in namespaces}
    judged = judge_expectations(extended, snapshot, [item for _, item in statements], addresses)
    for (name, _), item in zip(statements, judged, strict=True):
        if item.outcome in (Outcome.VIOLATED, Outcome.UNKNOWN):
            broken[name].append(item)
    return [Openness(name, tuple(found)) for name, found in broken.items() if found]


def find_impostors(services: Iterable[Service]) -> list[NewPod]:
    """Return pods that may come with the labels of a service but another service account than the one it asks for.

    One that some service means after all is none.
    """
    everybody = [service.pods for service in services]
    found = {
        NewPod(pods.namespace, pods.labels, "default" if pods.service_account != "default" else "another")
        for pods in everybody
        if pods.service_account and pods.labels
    }
    return sorted((pod for pod in found if not any(_means(pods, pod) for pods in everybody)), key=lambda pod: pod.key)


def _means(pods: PodSelection, pod: NewPod) -> bool:
    account = pods.service_account in ("", pod.service_account)
    return account and pods.namespace == pod.namespace and set(pods.labels) <= set(pod.labels)


def _name(pod: NewPod) -> str:
    """Return the name of a pod that may come, for people."""
    if not pod.labels:
        return f"a new pod in '{pod.namespace}'"
    labels = ",".join(f"{key}={value}" for key, value in pod.labels)
    return f"a new pod in '{pod.namespace}' with {labels} and account {pod.service_account}"


def new_namespace(taken: Collection[str]) -> str:
    """Return a name that no namespace has."""
    name, number = _NEW, 1
    while name in taken:
        number += 1
        name = f"{_NEW}-{number}"
    return name


def _never(source: End, to: End, *except_to: End) -> Expectation:
    return Expectation(False, source, to, (), Origin("", NOWHERE), not_to=except_to)
