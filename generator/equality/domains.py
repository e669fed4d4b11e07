"""Rules that name domains: each domain is stood in for by an address, so that a wrong or missing one shows.

Calico Enterprise finds the addresses out by itself; a proof can say only that the right domains are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generator.calico.objects import ApiObject
from generator.equality.model import CannotCompare
from generator.packets.addresses import AddressSet

_BESIDE_DOMAINS: Final = frozenset({"domains", "ports", "notPorts"})


@dataclass(slots=True)
class DomainAddresses:
    """The address that stands for each domain, in both families."""

    found: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, domain: str) -> tuple[str, str]:
        """Return the addresses of a domain; the same for the same one."""
        number = len(self.found) + 1
        return self.found.setdefault(domain, (f"198.18.{number >> 8}.{number & 255}", f"2001:2::{number:x}"))

    def sets(self) -> dict[str, AddressSet]:
        """Return the addresses of each domain as a set."""
        return {domain: AddressSet.of_cidrs(texts) for domain, texts in self.found.items()}


def with_addresses(objects: Iterable[ApiObject], known: DomainAddresses) -> Iterator[ApiObject]:
    """Give the objects, in those that name domains with addresses in their place."""
    for obj in objects:
        spec = obj.manifest.get("spec")
        if not isinstance(spec, Mapping) or not any(_domains(rule) for rule in spec.get("egress") or ()):
            yield obj
            continue
        egress = [_rewritten(rule, known) for rule in spec["egress"]]
        yield ApiObject(obj.kind, {**obj.manifest, "spec": {**spec, "egress": egress}}, obj.source)


def _domains(rule: Mapping[str, Any]) -> list[str]:
    return list((rule.get("destination") or {}).get("domains") or ())


def _rewritten(rule: Mapping[str, Any], known: DomainAddresses) -> Mapping[str, Any]:
    domains = _domains(rule)
    if not domains:
        return rule
    side = rule["destination"]
    if set(side) - _BESIDE_DOMAINS:
        others = ", ".join(sorted(set(side) - _BESIDE_DOMAINS))
        raise CannotCompare(f"a rule names domains beside {others}, and what both mean together is not known")
    nets = [text for domain in domains for text in known.of(domain)]
    kept = {key: value for key, value in side.items() if key != "domains"}
    return {**rule, "destination": {**kept, "nets": nets}}
