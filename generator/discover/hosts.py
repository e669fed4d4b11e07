"""From a host name to what it means in the cluster, as its DNS would answer for a pod of some namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from generator.snapshot.model import KubeService, Snapshot
from generator.snapshot.resolve import ServiceTable, services_by_address

API_SERVER: Final = ("default", "kubernetes")
_LOCAL: Final = frozenset(["localhost", "127.0.0.1", "0.0.0.0", "::1", "host.docker.internal", "ip6-localhost"])  # noqa: S104
# Endings that no public host has (RFC 2606, RFC 6761, RFC 8375 and common private ones), or that name no service.
_NOT_PUBLIC: Final = re.compile(
    r"local|localhost|localdomain|internal|lan|home|corp|intranet|svc|cluster|test|example|invalid|arpa|onion"
    r"|private|json|yaml|yml|xml|txt|log|conf|cfg|ini|js|ts|py|rb|go|java|class|jar|war|sh|so|pem|crt|key|html|css"
    r"|md|sql|db|png|svg|jpg|gz|tar|zip|properties|lock|toml|sock|pid|csv|tpl|php"
)
_EXAMPLES: Final = re.compile(r"(?:^|\.)example\.(?:com|org|net)$")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_PUBLIC_END: Final = re.compile(r"[a-z]{2,24}")


@dataclass(frozen=True, slots=True)
class Target:
    """What a host means. `kind`: service, api-server, absent (a cluster name that nothing has), public, or nothing.

    `pod` is set where a single pod of a headless Service is meant (redis-0.redis).
    """

    kind: str
    service: KubeService | None = None
    pod: str = ""


class HostTable:
    """Answers what hosts mean in one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._services = ServiceTable.of(snapshot)
        self._addresses = services_by_address(snapshot)
        self._namespaces = frozenset(snapshot.namespaces)

    def find(self, host: str, namespace: str) -> Target:
        """Return what the host means to a pod of the namespace; names are looked up as its search list would."""
        if host in _LOCAL or host.startswith("127."):
            return Target("nothing")
        try:
            ip_address(host)
        except ValueError:
            return self._by_name(host, namespace)
        found = self._addresses.get(host)
        return self._service(found, "") if found is not None else Target("nothing")

    def _by_name(self, host: str, namespace: str) -> Target:
        labels = host.split(".")
        if not all(_LABEL.fullmatch(label) for label in labels):
            return Target("nothing")
        if "svc" in labels[2:] or labels[2:] == ["svc"]:
            at = labels.index("svc", 2)
            return self._in_cluster(labels[:at])
        if len(labels) == 1:
            found = self._services.find(namespace, host)
            return self._service(found, "") if found is not None else Target("absent")
        if len(labels) == 2:
            found = self._services.find(labels[1], labels[0])
            if found is not None:
                return self._service(found, "")
            governing = self._services.find(namespace, labels[1])
            if governing is not None and governing.headless:
                return self._service(governing, labels[0])
            if labels[1] in self._namespaces:
                return Target("absent")
        if len(labels) == 3 and labels[2] in self._namespaces:
            return self._in_cluster(labels)
        return Target("public" if is_public(host) else "nothing")

    def _in_cluster(self, labels: list[str]) -> Target:
        """Find `service.namespace` or `pod.service.namespace`."""
        if len(labels) < 2:
            return Target("nothing")
        found = self._services.find(labels[-1], labels[-2])
        if found is None:
            known = (labels[-1], labels[-2]) == API_SERVER
            return Target("api-server" if known else "absent")
        return self._service(found, labels[-3] if len(labels) > 2 else "")

    def _service(self, service: KubeService, pod: str) -> Target:
        if (service.namespace, service.name) == API_SERVER:
            return Target("api-server")
        if service.type == "ExternalName" and service.external_name:
            return self._alias(service)
        return Target("service", service, pod)

    def _alias(self, service: KubeService) -> Target:
        """Follow an ExternalName to the Service that it means, if it is one of the cluster's."""
        seen: set[tuple[str, str]] = set()
        at = service
        while at.type == "ExternalName" and (at.namespace, at.name) not in seen:
            seen.add((at.namespace, at.name))
            labels = at.external_name.rstrip(".").lower().split(".")
            if len(labels) < 3 or labels[2] != "svc":
                return Target("alias", service)
            further = self._services.find(labels[1], labels[0])
            if further is None:
                return Target("absent")
            at = further
        return Target("service", at) if at.type != "ExternalName" else Target("nothing")


def is_public(host: str) -> bool:
    """Tell whether a name could be a host of the internet: a dot, and an ending that is not kept for other uses."""
    labels = host.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    return (
        bool(_PUBLIC_END.fullmatch(labels[-1])) and not _NOT_PUBLIC.fullmatch(labels[-1]) and not _EXAMPLES.search(host)
    )
