"""From the file to the Intent: names to references, defaults filled in, everything in a fixed sequence."""

from __future__ import annotations

from itertools import pairwise

from generator.calico.versions import TIERS_SINCE, parse_version
from generator.foundation.source import Path
from generator.intent.codes import CALICO_VERSION, LAYER_ORDER, LAYER_SWITCH, NO_EFFECT, RESERVED
from generator.intent.context import Resolving, labels_of, pods_of
from generator.intent.file_model import ClusterPart, LayerPart, PodsPart
from generator.intent.model import (
    ClusterFacts,
    Intent,
    Isolation,
    LayerSettings,
    Layout,
    PodSelection,
    TierSettings,
)
from generator.intent.networks import sort_networks
from generator.intent.resolve_exceptions import resolve_exceptions, resolve_replaced
from generator.intent.resolve_expectations import resolve_expectations
from generator.intent.resolve_externals import check_proxies, resolve_externals, resolve_feeds, resolve_shared
from generator.intent.resolve_needs import Named, resolve_needs
from generator.intent.resolve_services import resolve_services

# The layer table of product.md 3, in its sequence.
LAYER_ORDERS = {
    "guardrails": 40.0,
    "threat-feeds": 50.0,
    "dns": 100.0,
    "system": 150.0,
    "shared": 180.0,
    "exceptions": 190.0,
    "workloads": 200.0,
    "isolation": 500.0,
    "default-deny": 1000.0,
}
_SWITCHABLE = ("guardrails", "threat-feeds")


def resolve_intent(run: Resolving, first_file: str, digest: str) -> Intent:
    """Return the Intent of a file; problems of meaning are added to the run."""
    file = run.file
    externals = resolve_externals(run)
    services = resolve_services(run)
    owned = {service.pods.namespace for service in services.values()} - {""}
    if isinstance(file.owns, list):
        owned.update(file.owns)
    by_pods = {service.pods: name for name, service in sorted(services.items(), reverse=True)}
    services = resolve_needs(run, Named(services, externals, by_pods, frozenset(owned)))
    check_proxies(run, externals, services)
    _check_settings(run, owned)
    return Intent(
        name=file.name,
        file=first_file,
        platform=file.platform,
        calico=file.calico,
        layout=Layout(file.layout) if file.layout is not None else None,
        owns=tuple(sorted(owned)),
        owns_cluster=file.owns == "cluster",
        services=services,
        externals=externals,
        shared=resolve_shared(run, services),
        feeds=resolve_feeds(run),
        exceptions=resolve_exceptions(run, services),
        isolation=Isolation(file.isolation),
        tier=_tier(run),
        layers=_layers(run),
        labels=labels_of(file.labels),
        name_prefix=file.naming.prefix if file.naming is not None else "ringfence",
        api_group=file.api_group,
        cluster=_cluster(run, file.cluster or ClusterPart()),
        lock_file=file.lock or "",
        replaces=resolve_replaced(run),
        expectations=resolve_expectations(run, services, externals),
        digest=digest,
    )


def _check_settings(run: Resolving, owned: set[str]) -> None:
    file = run.file
    if not file.services and file.owns == [] and not run.incomplete(("services",)) and not run.incomplete(("owns",)):
        hint = "declare services, or name namespaces under `owns`"
        run.report(NO_EFFECT, "the intent owns no namespace, so no pod is selected", (), hint)
    if file.layout == "tiers" and file.calico is not None and parse_version(file.calico) < TIERS_SINCE:
        hint = f"write `layout: single-tier`; tiers came with Calico {TIERS_SINCE.minor_text}"
        run.report(CALICO_VERSION, f"Calico {file.calico} has no tiers", ("layout",), hint)
    if file.layout == "tiers" and file.naming is not None:
        hint = "in layout tiers the tier's name is the prefix; change `tier.name`"
        run.report(NO_EFFECT, "'naming' has no effect in layout tiers", ("naming",), hint, key=True)


def _tier(run: Resolving) -> TierSettings:
    part = run.file.tier
    if part is None:
        return TierSettings()
    if run.file.layout == "single-tier":
        hint = "layout single-tier puts everything into tier default; take `tier` out, or write `layout: tiers`"
        run.report(NO_EFFECT, "'tier' has no effect in layout single-tier", ("tier",), hint, key=True)
    if part.owned_by is not None and part.owned_by == run.file.name:
        hint = "name the other intent that renders the Tier, or leave it out"
        run.report(RESERVED, "the tier is owned by this very intent", ("tier", "ownedBy"), hint)
    return TierSettings(part.name, part.order, part.owned_by or "")


def _layers(run: Resolving) -> dict[str, LayerSettings]:
    """Return what was changed of the layers, in the sequence of the layer table."""
    found: dict[str, LayerSettings] = {}
    parts: dict[str, object] = {str(name): part for name, part in run.file.layers.items()}
    for name in LAYER_ORDERS:
        part = parts.get(name)
        if part is None:
            continue
        path: Path = ("layers", name)
        settings = (
            LayerSettings(part.order, part.enabled) if isinstance(part, LayerPart) else LayerSettings(None, False)
        )
        if not settings.enabled and name not in _SWITCHABLE:
            hint = f"only these can be switched off: {', '.join(_SWITCHABLE)}"
            run.report(LAYER_SWITCH, f"layer '{name}' cannot be switched off", path, hint)
        found[name] = settings
    _check_orders(run, found)
    return found


def _check_orders(run: Resolving, changed: dict[str, LayerSettings]) -> None:
    def order(name: str) -> float:
        own = changed[name].order if name in changed else None
        return LAYER_ORDERS[name] if own is None else own

    names = list(LAYER_ORDERS)
    for before, after in pairwise(names):
        if order(before) < order(after):
            continue
        after_changed = after in changed and changed[after].order is not None
        wrong = after if after_changed else before
        below, above = (before, after) if wrong == after else (None, after)
        limit = f"over {order(below):g} ('{below}')" if below else f"below {order(above):g} ('{above}')"
        summary = f"layer '{before}' at {order(before):g} must come before '{after}' at {order(after):g}"
        run.report(LAYER_ORDER, summary, ("layers", wrong, "order"), f"permitted: {limit}")


def _cluster(run: Resolving, part: ClusterPart) -> ClusterFacts:
    return ClusterFacts(
        pod_cidrs=sort_networks(part.pods),
        service_cidrs=sort_networks(part.services),
        node_cidrs=sort_networks(part.nodes),
        api_server=sort_networks(part.api_server),
        dns_service=sort_networks(part.dns),
        node_local_dns=sort_networks(part.node_local_dns),
        ingress=_controller(run, part.ingress, "ingress"),
        gateway=_controller(run, part.gateway, "gateway"),
    )


def _controller(run: Resolving, part: PodsPart | None, key: str) -> PodSelection | None:
    return pods_of(run, part, ("cluster", key)) if part is not None else None
