"""Pods that come again with another address while the plan runs, wherever pods are now (product.md 6: new pods).

Nets in policies and sets part the addresses; of each sort of pod one is put among the pods of each part.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from tests.obvious_parts.things import Address, Net, is_endpoint
from tests.plan_oracle_parts.scene import ANY_NODE, Scene, workload_of
from tests.plan_oracle_parts.steps import Key, Manifest, Step, Write

Part = frozenset[Net]


def with_pods_elsewhere(scene: Scene, steps: Iterable[Step]) -> Scene:
    """Return the scene with a pod of each sort in each part of the addresses that has pods and none of the sort."""
    written = [one for step in steps if isinstance(step, Write) for one in (step.before, step.after) if one]
    nets = set(_nets([*scene.objects.values(), *written]))
    pods = {key: pod for key, pod in scene.objects.items() if key[0] == "Pod" and is_endpoint(pod)}
    taken = {address for manifest in scene.objects.values() for address in _addresses(manifest)}
    samples = {(one.version, part_of(one, nets)): one for pod in pods.values() for one in _addresses(pod)}
    there: dict[str, set[tuple[int, Part]]] = {}
    of_sort: dict[str, Key] = {}
    for key, pod in pods.items():
        sort = repr((key[1], pod["metadata"]["labels"], pod["spec"]["serviceAccountName"], pod["spec"]["containers"]))
        of_sort.setdefault(sort, key)
        there.setdefault(sort, set()).update((one.version, part_of(one, nets)) for one in _addresses(pod))
    added: dict[Key, Manifest] = {}
    like: dict[str, str] = {}
    for sort, key in of_sort.items():
        families = {version for version, _ in there[sort]}
        parts = [part for part in samples if part[0] in families and part not in there[sort]]
        for number, part in enumerate(parts):
            address = _beside(samples[part], part[1], nets, taken)
            if address is None:
                continue
            taken.add(address)
            name = f"{key[2]}-elsewhere-{number}"
            added["Pod", key[1], name] = _moved(pods[key], name, address)
            like[f"{key[1]}/{name}"] = f"{key[1]}/{key[2]}"
    return replace(
        scene,
        objects={**scene.objects, **added},
        management=scene.management | {name for name, other in like.items() if other in scene.management},
        called=(
            *scene.called,
            *((name, port) for name, other in like.items() for pod, port in scene.called if pod == other),
        ),
        workloads={**scene.workloads, **{name: workload_of(scene, other) for name, other in like.items()}},
    )


def part_of(address: Address, nets: Iterable[Net]) -> Part:
    """Return all nets that hold an address."""
    return frozenset(net for net in nets if net.version == address.version and address in net)


def _beside(sample: Address, part: Part, nets: Iterable[Net], taken: set[Address]) -> Address | None:
    """Return an address near another one that nobody has and that lies in the same nets."""
    for step in count(1):
        if step > 512:
            return None
        for found in (sample + step, sample - step):
            if found not in taken and part_of(found, nets) == part:
                return found
    return None


def _moved(pod: Manifest, name: str, address: Address) -> Manifest:
    return {
        **pod,
        "metadata": {**pod["metadata"], "name": name},
        "spec": {**pod["spec"], "nodeName": f"{ANY_NODE}{name}"},
        "status": {"podIPs": [{"ip": str(address)}]},
    }


def _addresses(manifest: Manifest) -> list[Address]:
    status: Mapping[str, Any] = manifest.get("status") or {}
    texts = [item["ip"] for item in status.get("podIPs") or ()]
    texts += [item["address"] for item in status.get("addresses") or ()]
    return [ipaddress.ip_address(text) for text in texts]


def _nets(value: object) -> Iterator[Net]:
    """Give everything in manifests that reads as a net."""
    match value:
        case str() if "/" in value:
            try:
                yield ipaddress.ip_network(value, strict=False)
            except ValueError:
                return
        case Mapping():
            for item in value.values():
                yield from _nets(item)
        case list() | tuple():
            for item in value:
                yield from _nets(item)
        case _:
            return
