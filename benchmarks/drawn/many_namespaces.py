"""A cluster of many namespaces with ten Kubernetes policies each, as large users have them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

NAMESPACES: Final = 1400
POLICIES: Final = 10  # in each namespace
Object = dict[str, Any]


def write_many_namespaces(folder: Path, *, seed: int = 11) -> str:
    """Write the cluster, a file for each namespace, and return one of its workloads, `namespace/name`."""
    draw = random.Random(seed)
    folder.mkdir()
    for number in range(NAMESPACES):
        objects = list(_objects(number, draw))
        text = yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000)
        (folder / f"team-{number:04d}.yaml").write_text(text)
    return f"team-{draw.randrange(NAMESPACES)}/w{draw.randrange(POLICIES)}"


def _objects(number: int, draw: random.Random) -> Iterator[Object]:
    namespace = f"team-{number}"
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"team": namespace}}}
    for workload in range(POLICIES):
        port = 8000 + draw.randrange(900)
        yield _pod(namespace, workload, number * POLICIES + workload, port)
        yield _policy(namespace, workload, port, draw)


def _pod(namespace: str, workload: int, number: int, port: int) -> Object:
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"w{workload}", "namespace": namespace, "labels": {"app": f"w{workload}"}},
        "spec": {
            "nodeName": f"n{number % 50}",
            "containers": [{"name": "main", "image": "main", "ports": [{"containerPort": port}]}],
        },
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def _policy(namespace: str, workload: int, port: int, draw: random.Random) -> Object:
    callers = [
        {
            "namespaceSelector": {"matchLabels": {"team": f"team-{draw.randrange(NAMESPACES)}"}},
            "podSelector": {"matchLabels": {"app": f"w{draw.randrange(POLICIES)}"}},
        }
        for _ in range(draw.randint(1, 4))
    ]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"w{workload}", "namespace": namespace},
        "spec": {
            "podSelector": {"matchLabels": {"app": f"w{workload}"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": callers, "ports": [{"protocol": "TCP", "port": port}]}],
        },
    }
