"""From what the templates wrote to a checked set of objects: read back, validated, each with its layer and origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.calico.kinds import CALICO_V3, KINDS, Kind
from generator.calico.manifest import write_manifest
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject, as_api_object
from generator.calico.validator import ValidationContext, validate_object, validate_set
from generator.calico.versions import has_tiers, parse_version
from generator.foundation.diagnostics import Diagnostic, Place, Severity, problem
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import read_documents
from generator.foundation.yaml_writer import write_document
from generator.layers.codes import DUPLICATE_OBJECT, INVALID_OUTPUT, OPEN_ALLOW, TEMPLATE_OUTPUT
from generator.layers.context import LayerContext
from generator.layers.model import ANNOTATION_WHY, LABEL_INTENT, LABEL_LAYER, Layer, RenderedObject

_POLICIES = (Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY)
_KIND_OF_LAYER = {"tier": (Kind.TIER,), "sets": (Kind.GLOBAL_NETWORK_SET, Kind.NETWORK_SET)}


@dataclass(frozen=True, slots=True)
class LayerText:
    """What the template of one layer wrote."""

    layer: Layer
    text: str


def read_layer(text: LayerText, context: LayerContext) -> tuple[list[RenderedObject], list[Diagnostic]]:
    """Read one layer's text back into objects and check that they are what this layer may write."""
    template = text.layer.template
    documents, problems = read_documents(text.text, template)
    objects: list[RenderedObject] = []
    for document in documents:
        found = as_api_object(document.value, document.source)
        if found is None:
            problems.append(problem(TEMPLATE_OUTPUT, "a document is no policy object", place=document.source.place()))
            continue
        misshapen = _misshapen(found)
        if misshapen:
            problems.append(problem(TEMPLATE_OUTPUT, misshapen, place=document.source.place()))
            continue
        wrong = [*_check_belonging(found, text.layer, context), *_check_tier(found, context)]
        problems.extend(problem(TEMPLATE_OUTPUT, summary, place=document.source.place()) for summary in wrong)
        problems.extend(_open_allows(found, template))
        objects.append(RenderedObject(identity_of(found), text.layer.name, found, _origins(found)))
    return objects, problems


def _misshapen(found: ApiObject) -> str:
    """Say what of an object has not the shape that everything here goes by; "" where all has."""
    name = f"{found.kind} '{found.name}'"
    labels, annotations = found.metadata.get("labels"), found.metadata.get("annotations")
    spec = found.manifest.get("spec")
    for what, value in (("labels", labels), ("annotations", annotations), ("spec", spec)):
        if value is not None and not isinstance(value, Mapping):
            return f"{name}: {what} is no mapping"
    for direction in ("ingress", "egress"):
        rules = spec.get(direction) if isinstance(spec, Mapping) else None
        if rules is not None and not isinstance(rules, list):
            return f"{name}: {direction} is no list"
        for number, rule in enumerate(rules or ()):
            if not isinstance(rule, Mapping) or not all(
                isinstance(rule.get(key) or {}, Mapping) for key in ("source", "destination", "metadata")
            ):
                return f"{name}: {direction}[{number}] is no rule"
    return ""


def _check_tier(found: ApiObject, context: LayerContext) -> list[str]:
    """Say what of a Tier is not as the intent says: its order, and that it passes what it does not decide.

    No flow shows either while the set is alone, and both decide what becomes of everybody else's policies.
    """
    if found.kind is not Kind.TIER:
        return []
    spec, tier = found.manifest.get("spec") or {}, context.intent.tier
    wrong = [] if found.name == tier.name else [f"Tier '{found.name}' is not the intent's tier '{tier.name}'"]
    order = spec.get("order")
    if isinstance(order, bool) or not isinstance(order, int | float) or order != tier.order:
        wrong.append(f"Tier '{found.name}' has order {order}, not {tier.order:g}")
    if spec.get("defaultAction") != "Pass":
        wrong.append(f"Tier '{found.name}' has default action {spec.get('defaultAction')}, not Pass")
    return wrong


def _check_belonging(found: ApiObject, layer: Layer, context: LayerContext) -> list[str]:
    """Say what of an object is not this layer's: a template may not reach beyond its layer, tier, intent or scope."""
    wrong: list[str] = []
    allowed = _KIND_OF_LAYER.get(layer.name, _POLICIES)
    if found.kind not in allowed:
        wrong.append(f"layer '{layer.name}' writes {' and '.join(allowed)}, not {found.kind}")
    labels = found.metadata.get("labels") or {}
    for key, value in ((LABEL_INTENT, context.intent.name), (LABEL_LAYER, layer.name)):
        if labels.get(key) != value:
            wrong.append(f"{found.kind} '{found.name}' lacks the label {key}: {value}")
    spec = found.manifest.get("spec") or {}
    if found.kind in _POLICIES and spec.get("tier") != context.target.tier:
        wrong.append(f"{found.kind} '{found.name}' is in tier '{spec.get('tier')}', not '{context.target.tier}'")
    if KINDS[found.kind].namespaced and not context.owns(found.namespace):
        wrong.append(f"{found.kind} '{found.name}' is in namespace '{found.namespace}', which the intent does not own")
    return wrong


def _open_allows(found: ApiObject, template: str) -> list[Diagnostic]:
    """Report Allow rules that name no peer: nothing in an intent means that (field-notes L6)."""
    problems = []
    spec = found.manifest.get("spec") or {}
    for direction, side in (("ingress", "source"), ("egress", "destination")):
        for number, rule in enumerate(spec.get(direction) or ()):
            if rule.get("action") != "Allow" or _names_a_peer(rule.get(side) or {}):
                continue
            path = f"spec.{direction}[{number}].{side}"
            place = found.source.place(("spec", direction, number))
            problems.append(
                problem(
                    OPEN_ALLOW, f"{found.kind} '{found.name}' admits anybody", place=place, path=path, hint=template
                )
            )
    return problems


def _names_a_peer(side: Mapping[str, Any]) -> bool:
    """Tell whether a side of a rule names somebody; ports alone, or what is left out of everything, do not count.

    A lone notSelector does (it is how "no pod" is said), and so does a whole family cut by notNets.
    """
    everything = {"0.0.0.0/0", "::/0"}
    nets = side.get("nets") or ()
    if nets:
        return bool(side.get("notNets")) or not everything & set(nets)
    keys = ("selector", "notSelector", "namespaceSelector", "services", "serviceAccounts", "domains")
    return any(side.get(key) for key in keys) and side.get("selector") != "all()"


def _origins(found: ApiObject) -> tuple[str, ...]:
    why: set[str] = set()
    own = (found.metadata.get("annotations") or {}).get(ANNOTATION_WHY)
    if own:
        why.add(own)
    spec = found.manifest.get("spec") or {}
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction) or ():
            text = ((rule.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION_WHY)
            if text:
                why.add(text)
    return tuple(sorted(why))


def check_set(objects: Iterable[RenderedObject], context: LayerContext) -> list[Diagnostic]:
    """Validate all objects, one by one and together, as Calico's strictest reader of the version would."""
    target = context.target
    validation = ValidationContext(
        version=target.version,
        ours=True,
        edition="enterprise" if context.profile.enterprise else "oss",
        tiers=frozenset({target.tier}) if context.intent.tier.owned_by else frozenset(),
    )
    found: list[Diagnostic] = []
    seen: dict[str, str] = {}
    listed = list(objects)
    for item in listed:
        name = str(item.identity)
        if name in seen:
            summary = f"{name} is written by layers '{seen[name]}' and '{item.layer}'"
            found.append(problem(DUPLICATE_OBJECT, summary, place=item.object.source.place()))
        seen[name] = item.layer
        found.extend(_as_ours(finding, item) for finding in validate_object(item.object, validation))
    found.extend(_set_level(validate_set([item.object for item in listed], validation)))
    return found


def _as_ours(finding: Diagnostic, item: RenderedObject) -> Diagnostic:
    """Name the object in a finding; an error of our own output is a fault of its template."""
    summary = f"{item.identity}: {finding.summary}"
    if finding.severity is not Severity.ERROR:
        return Diagnostic(finding.code, finding.severity, summary, finding.place, finding.path, finding.hint)
    return problem(
        INVALID_OUTPUT, f"{summary} ({finding.code})", place=finding.place, path=finding.path, hint=finding.hint
    )


def _set_level(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    return list(findings)


def for_target(item: RenderedObject, context: LayerContext) -> RenderedObject:
    """Return the object in the form that the target stores: its API group and the names and fields of its version."""
    if context.target.api_group == CALICO_V3 and has_tiers(parse_version(context.target.version)):
        return item  # the form that the templates write
    manifest = write_manifest(dict(item.object.manifest), context.target.api_group, context.target.version)
    # The text is made again so that places in it are those of the object as it will be applied.
    source = SourceMap(item.object.source.file, write_document(manifest))
    return RenderedObject(item.identity, item.layer, ApiObject(item.identity.kind, manifest, source), item.why)


def place_of_template(layer: Layer) -> Place:
    """Return the place of a layer's template, for problems of the layer as a whole."""
    return Place(layer.template)
