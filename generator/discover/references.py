"""From values to needs: who is named, on which port, and whether that is certain.

Certain is what a container is given itself and what plainly is an address of a Service on a port that it has. All else
is a guess, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator.discover import names
from generator.discover.hosts import HostTable, Target
from generator.discover.proposal import Evidence
from generator.discover.services import Group, Groups
from generator.discover.sightings import Sighting, sightings
from generator.discover.values import SCHEME_PORTS, Address, Form, parse_addresses
from generator.intent.model import PortSpec
from generator.snapshot.model import KubeService, Snapshot

KUBERNETES_API: Final = "kubernetes-api"
_PROXY_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Reference:
    """One value that names something: `caller` and what it means; `why` is set where it is not certain.

    `kind` is service, self, capability, public (a host outside), behind (a Service whose endpoints lie outside) or
    absent. `ports` are pod ports of a service, else what was written (as TCP).
    """

    caller: Group
    kind: str
    target: str
    callee: Group | None
    service: KubeService | None
    ports: frozenset[PortSpec]
    evidence: Evidence
    why: str = ""
    name: str = ""  # of the variable, flag or key


def find_references(snapshot: Snapshot, groups: Groups) -> list[Reference]:
    """Return what all values name, in the order of services and values."""
    finder = _Finder(snapshot, groups)
    found: list[Reference] = []
    for group, sighting in sightings(snapshot, groups):
        if names.is_no_proxy(sighting.name):
            continue
        for address in parse_addresses(sighting.text):
            reference = finder.judge(group, sighting, address)
            if reference is not None:
                found.append(reference)
    return found


class _Finder:
    def __init__(self, snapshot: Snapshot, groups: Groups) -> None:
        self._snapshot = snapshot
        self._groups = groups
        self._hosts = HostTable(snapshot)

    def judge(self, group: Group, sighting: Sighting, address: Address) -> Reference | None:
        """Return what an address means for a service, or None if it means nothing here."""
        target = self._hosts.find(address.host, group.namespace)
        match target.kind:
            case "service" if target.service is not None:
                return self._service(group, sighting, address, target, target.service)
            case "api-server":
                why = self._doubt(sighting, address)
                return Reference(group, "capability", KUBERNETES_API, None, None, frozenset(), sighting.evidence, why)
            case "alias" if target.service is not None:
                return self._outside(group, sighting, address, target.service.external_name.rstrip(".").lower())
            case "public":
                return self._outside(group, sighting, address, address.host)
            case "absent":
                return self._absent(group, sighting, address)
            case _:
                return None

    def _service(
        self, group: Group, sighting: Sighting, address: Address, target: Target, service: KubeService
    ) -> Reference | None:
        if not _is_meant(sighting, address):
            return None
        callee = self._groups.by_service.get((service.namespace, service.name))
        ports, why_port = self._ports(sighting, address, service, callee)
        if callee is None:
            kind = "behind" if service.selector is None else "absent"
            said = frozenset(PortSpec("TCP", port.port, port.port) for port in service.ports)
            known = ports or said
            return Reference(group, kind, service.name, None, service, known, sighting.evidence, why_port)
        if not any(not port.why for port in callee.ports):
            why_port = f"none of the ports of {callee.name} is known"
        own = callee is group or set(group.workloads) <= set(callee.workloads)
        if own:
            why = self._doubt_self(group, sighting, target)
            if target.pod and not address.port and not why:
                # Replicas that seek each other by name and say no port use the ports between them, not the Service's.
                ports, why_port = frozenset(), ""
            why = why or why_port
            return Reference(group, "self", "self", group, service, ports, sighting.evidence, why)
        why = self._doubt(sighting, address) or why_port
        return Reference(group, "service", callee.name, callee, service, ports, sighting.evidence, why, sighting.name)

    def _doubt(self, sighting: Sighting, address: Address) -> str:
        """Return why an address may not be one that this program calls; empty if nothing speaks against it."""
        if sighting.guess:
            return sighting.guess
        if names.says_not_called(sighting.name):
            return f"'{sighting.name}' need not be an address that it calls"
        if address.form is Form.TOKEN:
            return "a host name inside a longer text"
        if address.form is Form.WHOLE and not names.says_address(sighting.name):
            return "a single word that is also the name of a Service"
        return ""

    def _doubt_self(self, group: Group, sighting: Sighting, target: Target) -> str:
        if sighting.guess:
            return sighting.guess
        several = sum(workload.replicas for workload in group.workloads) > 1
        if target.pod and several:
            return ""
        return "it names itself: its own address as others see it, or replicas that talk to each other"

    def _ports(
        self, sighting: Sighting, address: Address, service: KubeService, callee: Group | None
    ) -> tuple[frozenset[PortSpec], str]:
        """Return the pod ports that are meant, and why they are in doubt; empty ports mean all of the callee's."""
        known = [port.port for port in service.ports]
        number = address.port or self._port_said(sighting, address, service.name, known)
        alike = frozenset() if number or callee is None else names.ports_alike(sighting.name, sighting.beside, known)
        if alike and callee is not None:
            behind = [callee.ports_of(self._snapshot, service, port) for port in sorted(alike)]
            if all(behind):
                return frozenset[PortSpec]().union(*behind), ""
        if not number:
            return frozenset(), f"no port is said, and Service {service.name} has {len(known) or 'none'}"
        if number in known:
            found = callee.ports_of(self._snapshot, service, number) if callee is not None else frozenset()
            if callee is not None and not found:
                return frozenset(), f"port {number} of Service {service.name} leads to no pod port that is known"
            return found, ""
        direct = frozenset(item.port for item in callee.ports if item.port.first == number) if callee else frozenset()
        if direct and service.headless:
            return direct, ""
        return frozenset(), f"Service {service.name} has no port {number}"

    def _port_said(self, sighting: Sighting, address: Address, service: str, known: list[int]) -> int:
        """Return the port that goes without saying: in a variable beside, by scheme, the only one, by the names."""
        beside = names.port_beside(sighting.name, sighting.beside)
        if beside and address.form is not Form.URL:
            return beside
        by_scheme = SCHEME_PORTS.get(address.scheme, 0)
        if address.scheme in _PROXY_PORTS or by_scheme in known:
            return by_scheme
        if len(known) == 1:
            return known[0]
        usual = (names.usual_ports(sighting.name) | names.usual_ports(service)) & set(known)
        return min(usual) if len(usual) == 1 else 0

    def _outside(self, group: Group, sighting: Sighting, address: Address, host: str) -> Reference | None:
        plain = address.form in (Form.URL, Form.HOST_PORT, Form.NAMED_HOST)
        if names.says_not_called(sighting.name) or not (plain or names.says_address(sighting.name)):
            return None
        if sighting.in_file and address.form is not Form.URL and not names.says_address(sighting.name):
            return None
        number = address.port or names.port_beside(sighting.name, sighting.beside)
        number = number or SCHEME_PORTS.get(address.scheme, 0)
        ports = frozenset([PortSpec("TCP", number, number)] if number else [])
        why = sighting.guess or "a domain needs a strategy for its addresses"
        return Reference(group, "public", host, None, None, ports, sighting.evidence, why)

    def _absent(self, group: Group, sighting: Sighting, address: Address) -> Reference | None:
        """Return a name of the cluster that nothing has, if the value surely is an address."""
        said = names.says_address(sighting.name)
        sure = address.form is Form.URL or ".svc" in address.host or (said and address.form is not Form.TOKEN)
        if sighting.in_file and not sighting.name and address.form is not Form.URL and ".svc" not in address.host:
            return None
        whole = address.form is Form.HOST_PORT and sighting.text.strip() == f"{address.host}:{address.port}"
        if not (sure or (whole and not sighting.positional)) or not any(char.isalpha() for char in address.host):
            return None
        if address.form is Form.WHOLE and "." not in address.host:
            return None
        shown = f"{address.host}:{address.port}" if address.port else address.host
        return Reference(group, "absent", shown, None, None, frozenset(), sighting.evidence)


def _is_meant(sighting: Sighting, address: Address) -> bool:
    """Tell whether the name of a Service in a value can be meant as one at all.

    A whole value that is one word, such as `mysql`, may be a type, a user or a database; of arguments without a flag
    and of lines in a file only those under a name of addresses count.
    """
    if address.form is not Form.WHOLE:
        return True
    if names.says_address(sighting.name):
        return True
    if "." in address.host:
        return not sighting.in_file
    return not (sighting.in_file or sighting.positional or not sighting.name or names.says_no_host(sighting.name))
