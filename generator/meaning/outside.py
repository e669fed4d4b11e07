"""What a need of an external means: to whom, and on which ports (product.md 2, 3: domains, ranges, anywhere, proxy)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from generator.intent.model import DomainStrategy, External, Intent, PortSpec
from generator.meaning.address_ranges import NOT_THE_INTERNET, as_set
from generator.meaning.files import locked_addresses, published_ranges
from generator.meaning.model import Addresses, Domains, Peer, SelectedPods
from generator.packets.addresses import AddressSet
from generator.platforms.effective import EffectiveFacts


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody who is reached for an external: the external itself, or its proxy, which may be a service of ours."""

    peer: Peer
    ports: tuple[PortSpec, ...]
    service: str = ""


@dataclass(slots=True)
class Outside:
    """Answers for the externals of one intent; files are read once."""

    intent: Intent
    facts: EffectiveFacts
    _found: dict[str, AddressSet] = field(default_factory=dict)

    def reached(self, external: External, ports: tuple[PortSpec, ...]) -> Iterator[Reached]:
        """Give whom a caller reaches for an external on some of its ports.

        With strategy `proxy` its domains are reached through the proxy, on the proxy's ports; its ranges directly.
        """
        nets = self.addresses(external)
        if nets:
            yield Reached(Addresses(nets), ports)
        if external.strategy is DomainStrategy.ENTERPRISE and external.domains:
            yield Reached(Domains(external.domains), ports)
        if external.strategy is DomainStrategy.PROXY:
            proxy = self.intent.services.get(external.proxy)
            if proxy is not None:
                yield Reached(SelectedPods(proxy.pods), proxy.ports, proxy.name)
            else:
                through = self.intent.externals[external.proxy]
                yield from self.reached(through, through.ports)

    def addresses(self, external: External) -> AddressSet:
        """Return the addresses that an external stands for, those of its proxy apart."""
        found = self._found.get(external.name)
        if found is None:
            found = self._found[external.name] = self._addresses(external)
        return found

    def _addresses(self, external: External) -> AddressSet:
        if external.anywhere:
            own = as_set((*self.facts.own_networks, *self.facts.metadata_addresses))
            return AddressSet.everything() - NOT_THE_INTERNET - own
        named = as_set(external.cidrs)
        match external.strategy:
            case DomainStrategy.RANGES:
                return named | published_ranges(self.intent, external)
            case DomainStrategy.PROXY | DomainStrategy.ENTERPRISE:
                return named
            case _:
                return named | locked_addresses(self.intent, external) if external.domains else named
