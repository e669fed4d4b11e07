"""From intent and profile to the policy set: choose layers, render, read back, check, put in order (product.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from generator.calico.versions import parse_version
from generator.equality.codes import NOT_DECIDED
from generator.equality.diagnose import diagnose
from generator.equality.model import CannotCompare, Proven
from generator.equality.prove import prove_equal
from generator.foundation.diagnostics import Diagnostic, Place, has_errors, problem, sort_diagnostics
from generator.foundation.digest import digest_value
from generator.foundation.errors import InputError, RefusedError
from generator.intent.checks import check_capabilities, check_owned_pods, expired_exceptions
from generator.intent.model import Intent, Layout
from generator.intent.namespaces import is_listed
from generator.layers.assemble import LayerText, check_set, for_target, read_layer
from generator.layers.catalog import ALL
from generator.layers.codes import LAYOUT_VERSION, NAMESPACES_UNKNOWN, SYSTEM_NAMESPACE
from generator.layers.compose import (
    default_deny,
    dns,
    exceptions,
    guardrails,
    isolation,
    shared,
    system,
    threat_feeds,
    tier,
    workloads,
)
from generator.layers.context import Composed, LayerContext, SetView
from generator.layers.distinct import make_distinct
from generator.layers.environment import TemplateRenderer, read_templates, templates_digest
from generator.layers.files import layer_files
from generator.layers.inputs import read_addresses, read_feeds
from generator.layers.model import LABEL_INTENT, LABEL_LAYER, Layer, ManifestSet, RenderedObject, Target
from generator.layers.names import Names
from generator.layers.needed import needed_capabilities
from generator.layers.peers import PODS_ONLY
from generator.layers.scope import cluster_scope, scope_parts
from generator.platforms.effective import effective_facts
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot

_COMPOSE: Final[dict[str, Callable[[LayerContext], Composed]]] = {
    "tier": tier.compose,
    "guardrails": guardrails.compose,
    "threat-feeds": threat_feeds.compose,
    "dns": dns.compose,
    "system": system.compose,
    "shared": shared.compose,
    "exceptions": exceptions.compose,
    "workloads": workloads.compose,
    "isolation": isolation.compose,
    "default-deny": default_deny.compose,
}
FIRST_VERSION_WITH_TIERS: Final = "3.29"


def render_set(
    intent: Intent,
    profile: PlatformProfile,
    *,
    snapshot: Snapshot | None = None,
    templates: Path | None = None,
    as_of: date,
) -> ManifestSet:
    """Render the whole set and prove that it allows what the intent means; equal input gives equal bytes.

    Over the snapshot, if there is one, and over what the intent declares. Raises InputError with every problem at once
    (`build_set`), and RefusedError with every difference if the set is not what the intent means (product.md 5).
    """
    rendered = build_set(intent, profile, snapshot=snapshot, templates=templates, as_of=as_of)
    return replace(rendered, proof=_prove(intent, profile, rendered, snapshot))


def _prove(intent: Intent, profile: PlatformProfile, rendered: ManifestSet, snapshot: Snapshot | None) -> Proven:
    try:
        found = prove_equal(intent, profile, rendered, snapshot)
    except CannotCompare as fault:
        place = Place(intent.file)
        raise RefusedError([problem(NOT_DECIDED, f"the set is not proven: {fault}", place=place)]) from None
    if isinstance(found, Proven):
        return found
    raise RefusedError(diagnose(found, intent))


def build_set(
    intent: Intent,
    profile: PlatformProfile,
    *,
    snapshot: Snapshot | None = None,
    templates: Path | None = None,
    as_of: date,
) -> ManifestSet:
    """Render the whole set without the proof that it is what the intent means.

    `snapshot` is asked only for names of namespaces, where the intent owns the cluster. Raises InputError with every
    problem at once: an intent that the platform cannot serve, a template that fails, an object that is not valid.
    """
    context, problems = make_context(intent, profile, snapshot=snapshot, as_of=as_of)
    texts = read_templates(templates)
    renderer = TemplateRenderer(texts)
    composed = {name: compose(context) for name, compose in _COMPOSE.items()}
    problems.extend(item for part in composed.values() for item in part.problems)
    if has_errors(problems):
        raise InputError(problems)
    composed = make_distinct(composed, context)
    sets = [view for part in composed.values() for view in part.sets]
    objects: list[RenderedObject] = []
    for layer in ALL:
        values = _values(layer, composed, sets)
        if values is None:
            continue
        text = LayerText(layer, renderer.render(layer.template, {**_common(layer, context), **values}))
        found, wrong = read_layer(text, context)
        objects.extend(sorted(found, key=lambda item: item.identity))
        problems.extend(wrong)
    problems.extend(check_set(objects, context))
    if has_errors(problems):
        raise InputError(problems)
    ready = tuple(for_target(item, context) for item in objects)
    return ManifestSet(
        intent=intent.name,
        target=context.target,
        scope=context.namespaces,
        objects=ready,
        files=layer_files(ready, intent.name),
        notes=tuple(sort_diagnostics(problems)),
        digest=digest_value([item.object.manifest for item in ready]),
        templates_digest=templates_digest(texts),
        profile_digest=profile.digest,
        intent_digest=intent.digest,
        system_namespaces=profile.system_namespaces.value,
    )


def make_context(
    intent: Intent, profile: PlatformProfile, *, snapshot: Snapshot | None, as_of: date
) -> tuple[LayerContext, list[Diagnostic]]:
    """Decide what the set is rendered for and read the files it needs; raises InputError where nothing can go on."""
    target, problems = choose_target(intent, profile)
    problems.extend(check_capabilities(intent, profile.capabilities))
    facts = effective_facts(profile, intent.cluster, needed_capabilities(intent))
    problems.extend(_check_owned(intent, facts.system_namespaces))
    problems.extend(check_owned_pods(intent, facts.system_namespaces))
    problems.extend(expired_exceptions(intent, as_of))
    namespaces = owned_namespaces(intent, facts.system_namespaces, snapshot)
    feeds, feed_problems = read_feeds(intent, facts)
    addresses, address_problems = read_addresses(intent, facts, as_of)
    problems.extend([*feed_problems, *address_problems])
    if not intent.owns_cluster and not namespaces:
        hint = "name one under owns:, or give services a namespace"
        place = Place(intent.file)
        problems.append(problem(NAMESPACES_UNKNOWN, "the intent owns no namespace", place=place, hint=hint))
    if has_errors(problems):
        raise InputError(problems)
    own_tier = target.tier if target.layout is Layout.TIERS else ""
    scope = cluster_scope(facts.system_namespaces) if intent.owns_cluster else scope_parts(namespaces)
    names = Names(intent.name, intent.name_prefix, own_tier)
    known = not intent.owns_cluster or snapshot is not None
    return LayerContext(intent, profile, facts, target, names, scope, namespaces, feeds, addresses, known), problems


def choose_target(intent: Intent, profile: PlatformProfile) -> tuple[Target, list[Diagnostic]]:
    """Decide version, layout, tier and API group: what the intent says, else the profile's default."""
    version = intent.calico or profile.calico.value
    has_tiers = parse_version(version) >= parse_version(FIRST_VERSION_WITH_TIERS)
    default = profile.layout.value if has_tiers else Layout.SINGLE_TIER
    layout = intent.layout or default
    problems = []
    if layout is Layout.TIERS and not has_tiers:
        hint = "write layout: single-tier"
        problems.append(problem(LAYOUT_VERSION, f"layout tiers with Calico {version}", path="layout", hint=hint))
    tier_name = intent.tier.name if layout is Layout.TIERS else "default"
    return Target(version, intent.api_group or profile.api_group.value, layout, tier_name), problems


def owned_namespaces(intent: Intent, system: Sequence[str], snapshot: Snapshot | None) -> tuple[str, ...]:
    """Return the owned namespaces that are known by name; a snapshot adds those of an intent that owns the cluster."""
    names = set(intent.owns)
    if intent.owns_cluster and snapshot is not None:
        names.update(name for name in snapshot.namespaces if not is_listed(name, system))
    return tuple(sorted(names))


def _check_owned(intent: Intent, system: Sequence[str]) -> list[Diagnostic]:
    return [
        problem(
            SYSTEM_NAMESPACE,
            f"'{name}' is a system namespace of the platform",
            path="owns",
            hint="leave it out; needs of system pods belong to the platform's own policies",
        )
        for name in intent.owns
        if is_listed(name, system)
    ]


def _values(layer: Layer, composed: Mapping[str, Composed], sets: Sequence[SetView]) -> Mapping[str, Any] | None:
    if layer.name == "sets":
        return {"sets": sorted(sets, key=lambda view: view.name)} if sets else None
    return composed[layer.name].data or None


def _common(layer: Layer, context: LayerContext) -> dict[str, Any]:
    """Return what every template may use; CONTRIBUTING.md lists these for authors of templates."""
    settings = context.intent.layers.get(layer.name)
    order = layer.order if settings is None or settings.order is None else settings.order
    labels = {**dict(context.intent.labels), LABEL_INTENT: context.intent.name, LABEL_LAYER: layer.name}
    return {
        "intent": context.intent.name,
        "labels": sorted(labels.items()),
        "layer": layer.name,
        "layout": context.target.layout.value,
        "names": context.names,
        "order": int(order) if order == int(order) else order,
        "pods_only": PODS_ONLY,
        "scope": list(context.scope),
        "tier": context.target.tier,
        "version": context.target.version,
    }
