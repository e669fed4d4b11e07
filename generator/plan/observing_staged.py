"""The other form of observing: staged twins of the set's policies, which Calico previews and does not enforce.

Calico asks staged and enforced policies in one order (calico.md 6.2), so behind a policy that is enforced already a
twin shows nothing. Where anything of ours is in force, the twins of the whole set stand before all of it, in their own
order; in a tier of ours the default deny among them closes the preview. What is previewed is then the set as it would
be once promoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from generator.calico.kinds import CALICO_V3, Kind
from generator.calico.manifest import read_manifest
from generator.calico.metadata import effective_labels
from generator.calico.names import DEFAULT_TIER, STAGED_KINDS, TIERED_KINDS, tier_of
from generator.calico.objects import ApiObject, Identity
from generator.calico.ordering import order_of
from generator.calico.versions import STAGED_SINCE, Version, knows_kind
from generator.compare import compute_diff
from generator.compare.model import ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import RefusedError
from generator.layers.model import LABEL_INTENT, LABEL_LAYER
from generator.layers.names import Names
from generator.layers.peers import PODS_ONLY
from generator.plan.bridge_way import DIRECTIONS
from generator.plan.codes import OBSERVE_MISJUDGED, OBSERVE_NO_PREVIEW, OBSERVE_NO_STAGED, OBSERVE_OLD_ENTRIES
from generator.plan.layer_moves import SETS
from generator.plan.model import Move
from generator.plan.observed import Observed
from generator.plan.observing import OBSERVE_LAYER
from generator.plan.observing_forms import manifest_object
from generator.plan.scoped import read_reach
from generator.plan.stages import DEFAULT_DENY_LAYER, ORDER, Stage
from generator.plan.subject import Subject, object_of
from generator.snapshot.model import FELIX, Snapshot

_TWINS: Final = {
    Kind.NETWORK_POLICY: Kind.STAGED_NETWORK_POLICY,
    Kind.GLOBAL_NETWORK_POLICY: Kind.STAGED_GLOBAL_NETWORK_POLICY,
}
_ENFORCED: Final = {staged: kind for kind, staged in _TWINS.items()}
_SHOWN: Final = 5
Objects = Mapping[Identity, ApiObject]


def refuse_without_staged(version: Version) -> None:
    """Raise RefusedError where Calico knows no staged policies."""
    if not knows_kind(version, Kind.STAGED_NETWORK_POLICY):
        summary = f"Calico {version.minor_text} has no staged policies; {STAGED_SINCE.minor_text} and later have"
        raise RefusedError([problem(OBSERVE_NO_STAGED, summary, hint="observe by logs: --observe-as log")])


def staged_diff(subject: Subject, diff: ObjectDiff) -> ObjectDiff:
    """Return the difference between what is live and the same with the tier, new sets and a twin of each policy."""
    shift = _shift(diff)
    wanted: list[ApiObject] = []
    for change in diff.changes:
        if change.intended is None:
            continue
        if change.identity.kind in _TWINS:
            wanted.append(_twin(change.intended, subject, shift))
        if change.live is not None and change.owner == diff.intent:
            wanted.append(change.live)
        elif change.identity.kind not in _TWINS:
            wanted.append(change.intended)
    wanted += _releases(subject, diff)
    live = [item.live for item in diff.changes if item.live is not None]
    return compute_diff(wanted, live, diff.intent, version=subject.target.version)


def staged_moves(moves: Sequence[Move], subject: Subject) -> list[Move]:
    """Return the writes of tier and new sets, and then those of the twins; nothing that is enforced changes."""
    ours = {item.identity: item for item in subject.ours(Status.CREATED, Status.CHANGED, Status.REMOVED)}
    early = [move for move in moves if ORDER[move.stage] < ORDER[Stage.OBSERVE]]
    found = [move for move in early if move.identity in ours and move.identity.kind not in TIERED_KINDS]
    for change in ours.values():
        if change.identity.kind not in STAGED_KINDS:
            continue
        identity = change.identity
        after = change.intended.manifest if change.intended is not None else None
        verb = "Remove the preview of" if after is None else "Preview"
        purpose = f"{verb} '{identity.name}' (layer {_layer(object_of(change))}); nothing is enforced by it."
        if after is not None and _layer(object_of(change)) == OBSERVE_LAYER:
            purpose = f"Preview that the set leaves namespace '{identity.namespace}'; nothing is enforced by it."
        found.append(Move(Stage.OBSERVE, identity, after, purpose, identity.namespace))
    return found


def pending(objects: Objects) -> Objects:
    """Return what Calico's preview asks: every staged policy as if it were enforced, beside those that are.

    Unlike a promotion it takes no enforced policy away that has the name of a staged one (calico.md 6.2).
    """
    found = {identity: obj for identity, obj in objects.items() if obj.kind not in _ENFORCED}
    for identity, obj in objects.items():
        if obj.kind in _ENFORCED and obj.manifest["spec"].get("stagedAction") != "Delete":
            kind = _ENFORCED[obj.kind]
            manifest: dict[str, Any] = {**obj.manifest, "kind": kind.value}
            name = identity.name
            if Identity(kind, identity.namespace, name) in found:
                name = f"{name}-staged"
                manifest["metadata"] = {**manifest["metadata"], "name": name}
            found[Identity(kind, identity.namespace, name)] = ApiObject(kind, manifest, obj.source)
    return found


def staged_ways(objects: Iterable[ApiObject], subject: Subject) -> tuple[Observed, ...]:
    """Return the namespaces and directions that the twins of the default deny reach."""
    found: set[Observed] = set()
    for obj in objects:
        if obj.kind is Kind.STAGED_GLOBAL_NETWORK_POLICY and _layer(obj) == DEFAULT_DENY_LAYER:
            manifest = read_manifest(obj)
            for namespace in read_reach(manifest, subject.universe).spaces:
                for direction in manifest["spec"].get("types") or ():
                    found.add(Observed(namespace, str(direction), str(manifest["metadata"]["name"])))
    return tuple(sorted(found))


def staged_warnings(diff: ObjectDiff, snapshot: Snapshot) -> list[Diagnostic]:
    """Say what Calico's own preview does not show as it would be (calico.md 6.3, 14.2)."""
    found = [*_old_entries(diff), *_without_preview(snapshot)]
    objects = [item.intended for item in diff.changes if item.intended is not None]
    named = sorted({str(read_manifest(obj)["metadata"]["name"]) for obj in objects if _is_misjudged(obj)})
    if named:
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        summary = f"Calico's preview may be wrong in {', '.join(named[:_SHOWN])}{more}"
        hint = "ask ringfence explain --staged enforced about what it shows there"
        found.append(problem(OBSERVE_MISJUDGED, summary, hint=hint))
    return found


def _twin(intended: ApiObject, subject: Subject, shift: float) -> ApiObject:
    manifest = read_manifest(intended)
    spec: dict[str, Any] = {**manifest["spec"], "stagedAction": "Set"}
    if shift and isinstance(spec.get("order"), int | float):
        spec["order"] += shift
    kind = _TWINS[intended.kind]
    found = {**manifest, "kind": kind.value, "spec": spec}
    return ApiObject(kind, subject.form.write(found), manifest_object(found).source)


def _releases(subject: Subject, diff: ObjectDiff) -> Iterator[ApiObject]:
    """Yield for each namespace that leaves a tier of ours a staged policy that passes before what is in force there."""
    tier = subject.target.tier
    if tier == DEFAULT_TIER:
        return
    names = Names(subject.intent.name, subject.intent.name_prefix, tier)
    live = [item.live for item in diff.changes if item.live is not None and item.owner == diff.intent]
    held = [obj for obj in live if obj.kind in _TWINS and tier_of(obj) == tier]
    wanted = [item.intended for item in diff.changes if item.intended is not None and item.identity.kind in _TWINS]
    order = min(map(order_of, held), default=0.0) - 0.5
    for namespace in sorted(_reached(held, subject) - _reached(wanted, subject)):
        labels = {**dict(subject.intent.labels), LABEL_INTENT: subject.intent.name, LABEL_LAYER: OBSERVE_LAYER}
        manifest: dict[str, Any] = {
            "apiVersion": CALICO_V3,
            "kind": Kind.STAGED_NETWORK_POLICY.value,
            "metadata": {
                "name": names.namespaced(f"{subject.intent.name}-observe-release"),
                "namespace": namespace,
                "labels": dict(sorted(labels.items())),
            },
        }
        rules = {direction.lower(): [{"action": "Pass"}] for direction in DIRECTIONS}
        spec = {"tier": tier, "order": order, "selector": PODS_ONLY, "types": sorted(DIRECTIONS, reverse=True), **rules}
        manifest["spec"] = {**spec, "stagedAction": "Set"}
        yield ApiObject(Kind.STAGED_NETWORK_POLICY, subject.form.write(manifest), manifest_object(manifest).source)


def _reached(policies: Iterable[ApiObject], subject: Subject) -> frozenset[str]:
    """Return the known namespaces in which policies of ours may select pods."""
    found: set[str] = set()
    for obj in policies:
        found |= {obj.namespace} if obj.namespace else read_reach(read_manifest(obj), subject.universe).spaces
    return frozenset(found)


def _shift(diff: ObjectDiff) -> float:
    """Return what leads the orders of the set before all that is ours and in force; 0 where nothing is."""
    ours = [item.live for item in diff.changes if item.live is not None and item.owner == diff.intent]
    live = [order_of(obj) for obj in ours if obj.kind in _TWINS]
    wanted = [item.intended for item in diff.changes if item.intended is not None]
    last = max((order_of(obj) for obj in wanted if obj.kind in _TWINS), default=0.0)
    if not live or last < min(live):
        return 0
    found = min(live) - last - 1
    return int(found) if found == int(found) else found


def _layer(obj: ApiObject) -> str:
    return effective_labels(obj).get(LABEL_LAYER, "")


def _without_preview(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Say what of the FelixConfiguration leaves no preview, or makes staged policies more than that."""
    settings = snapshot.extra.get(FELIX)
    if not isinstance(settings, Mapping):
        return
    if settings.get("flowLogsPolicyEvaluationMode") == "None":
        summary = "flowLogsPolicyEvaluationMode of the FelixConfiguration is None, so no pending verdict is worked out"
        yield problem(OBSERVE_NO_PREVIEW, summary, hint="set it to Continuous")
    if not settings.get("flowLogsGoldmaneServer") and settings.get("flowLogsLocalReporter") != "Enabled":
        summary = "the FelixConfiguration names no flowLogsGoldmaneServer, so there are no flow logs"
        yield problem(OBSERVE_NO_PREVIEW, summary, hint="turn flow logs on: Goldmane and Whisker of the operator")
    if settings.get("policySyncPathPrefix"):
        summary = "application layer policy is on (policySyncPathPrefix), and at 3.32.1 it enforces staged policies"
        yield problem(OBSERVE_NO_PREVIEW, summary, hint="observe by logs: --observe-as log")


def _old_entries(diff: ObjectDiff) -> Iterator[Diagnostic]:
    for change in diff.with_status(Status.CHANGED):
        if change.identity.kind in SETS:
            summary = f"{change.identity} keeps its entries, for what is enforced names it"
            yield problem(OBSERVE_OLD_ENTRIES, summary, hint="ringfence diff shows what the new entries change")


def _is_misjudged(obj: ApiObject) -> bool:
    spec = obj.manifest.get("spec")
    if not isinstance(spec, Mapping):
        return False
    if obj.kind in SETS:
        return any(_is_odd(str(net)) for net in spec.get("nets") or ())
    return any(_misjudges(rule) for key in ("ingress", "egress") for rule in spec.get(key) or ())


def _is_odd(net: str) -> bool:
    """Tell whether the members of a set with such a network never match there: /25 to /31, of IPv6 /121 to /127."""
    length = net.partition("/")[2]
    return length.isdigit() and int(length) in (range(121, 128) if ":" in net else range(25, 32))


def _misjudges(rule: Mapping[str, Any]) -> bool:
    if any(rule.get(key) is not None for key in ("icmp", "notICMP", "ipVersion")):
        return True
    sides = [rule.get(side) or {} for side in ("source", "destination")]
    ports = [port for side in sides for key in ("ports", "notPorts") for port in side.get(key) or ()]
    return any(isinstance(port, str) and not port.replace(":", "").isdigit() for port in ports)
