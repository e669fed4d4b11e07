"""Externals, shared services and threat feeds."""

from __future__ import annotations

from collections.abc import Mapping

from generator.foundation.source import Path
from generator.intent.codes import EXTERNAL, NO_PORTS, PORT, RESERVED, SHADOWED, UNKNOWN_NAME, WRONG_SHAPE
from generator.intent.context import Resolving, pods_of, ports_of, refuse_empty
from generator.intent.file_model import ExternalPart, SharedPart
from generator.intent.model import DomainStrategy, External, PortSpec, Service, SharedService, ThreatFeed
from generator.intent.networks import sort_networks
from generator.intent.problems import known_names


def resolve_externals(run: Resolving) -> dict[str, External]:
    """Return all externals by name; each has a destination and ports, and nothing that has no meaning for it."""
    services = run.file.services or {}
    externals: dict[str, External] = {}
    for name, part in sorted((run.file.externals or {}).items()):
        path: Path = ("externals", name)
        _check_destination(run, part, path)
        _check_strategy(run, part, path)
        refuse_empty(run, part.ports, (*path, "ports"), "name at least one port; an empty list never means any")
        refuse_named_ports(run, part.ports, (*path, "ports"))
        if name in services:
            hint = f"a plain `{name}` means the service; write {{external: {name}}} for the external, or rename it"
            run.report(SHADOWED, f"'{name}' is a service and an external", path, hint, key=True)
        externals[name] = External(
            name=name,
            domains=tuple(sorted(set(part.domains or ()))),
            cidrs=sort_networks(part.cidrs or ()),
            anywhere=bool(part.anywhere),
            ports=ports_of(part.ports),
            strategy=DomainStrategy(part.strategy) if part.strategy is not None else None,
            ranges_file=part.ranges or "",
            proxy=part.proxy or "",
            origin=run.origin(f"externals.{name}", path, key=True),
        )
    return externals


def refuse_named_ports(run: Resolving, ports: list[PortSpec] | None, path: Path) -> None:
    """Report names of ports where no pods are selected that could have them."""
    for port in sorted(set(ports or ())):
        if port.name:
            hint = "outside the cluster no pod says what the name means; write the number"
            run.report(PORT, f"'{port}' is the name of a port", path, hint)


def _check_destination(run: Resolving, part: ExternalPart, path: Path) -> None:
    refuse_empty(run, part.domains, (*path, "domains"), "name domains; an empty list never means any")
    refuse_empty(run, part.cidrs, (*path, "cidrs"), "name ranges; an empty list never means any")
    if part.anywhere:
        for key, value in (("cidrs", part.cidrs), ("domains", part.domains)):
            if value is not None:
                hint = "keep one of them; make a second external for the other"
                run.report(EXTERNAL, f"'{key}' stands beside 'anywhere'", (*path, key), hint, key=True)
    elif part.cidrs is None and part.domains is None and not run.incomplete(path):
        run.report(
            EXTERNAL, "the external has no destination", path, "write domains, cidrs or `anywhere: true`", key=True
        )


def _check_strategy(run: Resolving, part: ExternalPart, path: Path) -> None:
    if part.strategy is not None and part.domains is None and not run.incomplete((*path, "domains")):
        hint = "a strategy says how domains become addresses; name domains or take it out"
        run.report(EXTERNAL, f"strategy '{part.strategy}' has no domains", (*path, "strategy"), hint)
    for strategy, value in (("ranges", part.ranges), ("proxy", part.proxy)):
        if part.strategy == strategy and value is None and not run.incomplete((*path, strategy)):
            what = "the file of ranges" if strategy == "ranges" else "the service or external that is the proxy"
            hint = f"write `{strategy}:` with {what}"
            run.report(EXTERNAL, f"strategy '{strategy}' needs '{strategy}'", (*path, "strategy"), hint)
        if part.strategy != strategy and value is not None and not run.incomplete((*path, "strategy")):
            hint = f"write `strategy: {strategy}`, or take it out"
            run.report(EXTERNAL, f"'{strategy}' belongs to strategy {strategy}", (*path, strategy), hint, key=True)
    if part.strategy != "enterprise" and not run.incomplete((*path, "strategy")):
        for position, domain in enumerate(part.domains or ()):
            if domain.startswith("*."):
                hint = "name the hosts, or write `strategy: enterprise` where Calico Enterprise or Cloud runs"
                here: Path = (*path, "domains", position)
                run.report(EXTERNAL, f"the wildcard '{domain}' needs strategy enterprise", here, hint)


def check_proxies(run: Resolving, externals: Mapping[str, External], services: Mapping[str, Service]) -> None:
    """Report a proxy that is nothing of this intent, one that has no ports, and proxies that go round in a circle."""
    for name, external in externals.items():
        path: Path = ("externals", name, "proxy")
        if not external.proxy:
            continue
        service = services.get(external.proxy)
        if service is not None:
            if not service.ports and not run.incomplete(("services", service.name)):
                hint = f"write `ports:` at service '{service.name}'"
                run.report(NO_PORTS, f"the proxy '{service.name}' has no ports", path, hint)
        elif external.proxy not in externals:
            if not run.incomplete(("externals", external.proxy)):
                known = sorted({*services, *externals})
                hint = f"{run.suggest(external.proxy, known)} name a service or an external".strip()
                run.report(UNKNOWN_NAME, f"'{external.proxy}' is no service and no external", path, hint)
        elif _in_a_circle(name, externals, services):
            run.report(
                EXTERNAL, f"the proxies of '{name}' go round in a circle", path, "one of them must be no proxy's client"
            )


def _in_a_circle(name: str, externals: Mapping[str, External], services: Mapping[str, Service]) -> bool:
    seen = {name}
    current = externals[name]
    while current.proxy and current.proxy not in services and current.proxy in externals:
        if current.proxy in seen:
            return True
        seen.add(current.proxy)
        current = externals[current.proxy]
    return False


def resolve_shared(run: Resolving, services: Mapping[str, Service]) -> dict[str, SharedService]:
    """Return the shared services by name; what they reach are services of the intent, or all owned pods."""
    shared: dict[str, SharedService] = {}
    for name, part in sorted((run.file.shared or {}).items()):
        path: Path = ("shared", name)
        refuse_empty(run, part.ports, (*path, "ports"), "name at least one port; an empty list never means any")
        source = pods_of(run, part.from_, (*path, "from"))
        targets = _targets(run, part, services, path)
        origin = run.origin(f"shared.{name}", path, key=True)
        shared[name] = SharedService(name, source, targets, ports_of(part.ports), origin)
    return shared


def _targets(run: Resolving, part: SharedPart, services: Mapping[str, Service], path: Path) -> tuple[str, ...] | None:
    if isinstance(part.to, str):
        return None
    refuse_empty(run, part.to, (*path, "to"), "write `to: all`, or name services")
    for position, target in enumerate(part.to):
        if target not in services:
            hint = f"{run.suggest(target, services)} {known_names(services, 'services')}".strip()
            run.report(UNKNOWN_NAME, f"'{target}' is no service of this intent", (*path, "to", position), hint)
    return tuple(sorted(set(part.to)))


def resolve_feeds(run: Resolving) -> dict[str, ThreatFeed]:
    """Return the threat feeds by name; each has a file or an owner, not both."""
    feeds: dict[str, ThreatFeed] = {}
    for name, part in sorted((run.file.threat_feeds or {}).items()):
        path: Path = ("threatFeeds", name)
        if (part.file is None) == (part.owned_by is None) and not run.incomplete(path):
            what = "has neither 'file' nor 'ownedBy'" if part.file is None else "has both 'file' and 'ownedBy'"
            hint = "write `file:` with the list, or `ownedBy:` with the intent that renders its sets"
            run.report(WRONG_SHAPE, f"the feed {what}", path, hint, key=True)
        if part.owned_by is not None and part.owned_by == run.file.name:
            run.report(RESERVED, "the feed is owned by this very intent", (*path, "ownedBy"), "write `file:` instead")
        origin = run.origin(f"threatFeeds.{name}", path, key=True)
        feeds[name] = ThreatFeed(name, part.file or "", part.owned_by or "", origin)
    return feeds
