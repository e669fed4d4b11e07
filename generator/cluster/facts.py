"""What a cluster says of itself: Calico's version and edition, its settings for single nodes, ranges of Services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

import yaml

from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import ask
from generator.cluster.calico_api import ApiMode, CalicoApi
from generator.cluster.kept import FELIX_PODS
from generator.cluster.lists import Manifest
from generator.cluster.served import BackoffMaker, Resource
from generator.snapshot.cluster import FELIX_SETTINGS
from generator.snapshot.facts import NODE_SETTINGS, Seen
from generator.snapshot.felix_environment import felix_environment

_VERSION: Final = re.compile(r"v?(\d+\.\d+\.\d+\S*)")
_NOTES: Final = "/api/v1/namespaces/kube-system/configmaps"  # kubeadm's


def find_facts(
    connection: Connection,
    objects: Mapping[str, Iterable[Manifest]],
    api: CalicoApi,
    policies: Resource | None,
    backoff: BackoffMaker,
) -> Seen:
    """Collect them from what was read, by kind, and from three questions; what may not be asked is not said."""
    version, edition = _calico(objects)
    return Seen(
        kubernetes=str(_get(connection, "/version", backoff).get("gitVersion") or ""),
        calico=version,
        edition=edition if api.mode is not ApiMode.NONE else "",
        api_group=policies.api_version if policies is not None else "",
        api_mode=api.mode.value,
        service_cidrs=_service_cidrs(connection, objects, backoff),
        cluster_dns=_cluster_dns(connection, backoff),
        not_ready=tuple(sorted(_not_ready(objects))),
        felix_nodes=dict(sorted(_felix_nodes(objects))),
    )


def _get(connection: Connection, path: str, backoff: BackoffMaker) -> Mapping[str, Any]:
    answer = ask(connection, Request("GET", path), backoff())
    return answer.body if isinstance(answer, Response) and isinstance(answer.body, Mapping) else {}


def _calico(objects: Mapping[str, Iterable[Manifest]]) -> tuple[str, str]:
    """Return version and edition: what Calico notes of itself, else what its image is called."""
    for item in objects.get("ClusterInformation", ()):
        spec = item.get("spec") or {}
        found = _VERSION.fullmatch(str(spec.get("calicoVersion") or ""))
        if spec.get("cnxVersion"):
            return found[1] if found is not None else "", "enterprise"
        if found is not None:
            return found[1], "open source"
    for item in objects.get("DaemonSet", ()):
        if item["metadata"].get("name") != "calico-node":
            continue
        for container in item["spec"]["template"]["spec"].get("containers") or ():
            name, _, tag = str(container.get("image") or "").partition("@")[0].rpartition(":")
            found = _VERSION.fullmatch(tag)
            if name.endswith("cnx-node"):
                return "", "enterprise"
            if name.endswith("calico/node") and found is not None:
                return found[1], "open source"
    return "", ""


def _service_cidrs(
    connection: Connection, objects: Mapping[str, Iterable[Manifest]], backoff: BackoffMaker
) -> tuple[str, ...]:
    found = [str(net) for item in objects.get("ServiceCIDR", ()) for net in (item.get("spec") or {}).get("cidrs") or ()]
    if not found:
        networking = _noted(connection, "kubeadm-config", "ClusterConfiguration", backoff).get("networking")
        found = str(networking.get("serviceSubnet") or "").split(",") if isinstance(networking, dict) else []
    return tuple(sorted(net for net in map(str.strip, found) if _is_range(net)))


def _cluster_dns(connection: Connection, backoff: BackoffMaker) -> tuple[str, ...]:
    found = _noted(connection, "kubelet-config", "kubelet", backoff).get("clusterDNS")
    return tuple(sorted(str(text) for text in found if _is_range(str(text)))) if isinstance(found, list) else ()


def _noted(connection: Connection, name: str, key: str, backoff: BackoffMaker) -> Mapping[str, Any]:
    """Return what kubeadm has noted in a ConfigMap; empty where there is none, or it is odd."""
    written = (_get(connection, f"{_NOTES}/{name}", backoff).get("data") or {}).get(key)
    try:
        found = yaml.load(str(written), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_range(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _not_ready(objects: Mapping[str, Iterable[Manifest]]) -> Iterator[str]:
    """Go through the pods of Felix that are not ready, and the nodes that have none although others have one."""
    seen: set[str] = set()
    for item in objects.get("Pod", ()):
        if (item["metadata"].get("labels") or {}).get("k8s-app") not in FELIX_PODS:
            continue
        node = str(item["spec"].get("nodeName") or "no node")
        seen.add(node)
        conditions = item["status"].get("conditions") or ()
        if not any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions):
            yield f"{item['metadata'].get('name')} on {node}"
    for item in objects.get("Node", ()) if seen else ():
        if item["metadata"].get("name") not in seen:
            yield f"no pod of it on {item['metadata'].get('name')}"


def _felix_nodes(objects: Mapping[str, Iterable[Manifest]]) -> Iterator[tuple[str, dict[str, Any]]]:
    settled: set[str] = set()  # by the environment, which goes before both
    for item in objects.get("DaemonSet", ()):
        template = (item.get("spec") or {}).get("template") or {}
        settled.update(felix_environment(template.get("spec"), FELIX_SETTINGS))
    for item in objects.get("FelixConfiguration", ()):
        name, spec = str(item["metadata"].get("name")), item.get("spec") or {}
        own = {key: spec[key] for key in FELIX_SETTINGS if key in spec and key not in settled}
        if name.startswith(NODE_SETTINGS) and own:
            yield name.removeprefix(NODE_SETTINGS), own
