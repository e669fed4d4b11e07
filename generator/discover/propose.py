"""From a snapshot to a proposed intent: services, who needs whom, who comes from outside, and what cannot be seen."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from generator.discover.codes import NO_WORKLOAD
from generator.discover.exposure import find_exposures
from generator.discover.externals import find_externals, is_outside
from generator.discover.front_ends import doubt_front_ends
from generator.discover.policies import Allowed, find_allowed
from generator.discover.proposal import Dangling, Evidence, Proposal, ProposedExposure, ProposedNeed, ProposedService
from generator.discover.references import KUBERNETES_API, Reference, find_references
from generator.discover.services import Group, Groups, group_workloads
from generator.discover.surroundings import read_surroundings
from generator.discover.unseen import find_shared, find_unseen
from generator.foundation.diagnostics import Place, problem
from generator.foundation.errors import InputError
from generator.intent.model import PortSpec
from generator.intent.problems import ValueProblem
from generator.intent.schedule import parse_schedule
from generator.snapshot.model import RoleGrant, Snapshot
from generator.snapshot.resolvers import resolvers_of
from generator.snapshot.unread import unread_kinds

_PODS = ("pods", "deployments.apps")  # what may not be listed where no workload is seen
# Grants that let a pod be admitted; whoever has them does not call the API server for it.
_ADMISSION = ("podsecuritypolicies", "securitycontextconstraints")

_WANTED = "name the manifests of Deployments, StatefulSets, DaemonSets, Jobs, CronJobs or Pods, and of their Services"


def propose_intent(
    snapshot: Snapshot, *, platform: str, name: str | None = None, use_policies: bool = True
) -> Proposal:
    """Propose an intent for all workloads of a snapshot outside the system namespaces.

    `platform` is the profile's name as the intent will have it. With `use_policies` what live policies allow between
    two services is proposed as uncertain, and marked where it is found otherwise too. Raises InputError for a snapshot
    without any workload and for a platform that there is none of.
    """
    around = read_surroundings(snapshot, platform)
    system = frozenset(name for name in snapshot.namespaces if around.effective.is_system_namespace(name))
    groups = group_workloads(snapshot, system)
    if not groups.all:
        summary = "the input holds no workload that a policy could select"
        refused = {kind.name for kind in unread_kinds(snapshot)}
        unread = [name for name in _PODS if name in refused]
        hint = f"{unread[0]} may not be listed there; -n NS looks into one namespace" if unread else _WANTED
        raise InputError([problem(NO_WORKLOAD, summary, place=Place(snapshot.origin), hint=hint)])
    exposures = find_exposures(snapshot, groups, around.unknown)
    entered = {name for name, ways in exposures.items() if any(way.by != "apiserver" for way in ways)}
    references = doubt_front_ends(find_references(snapshot, groups), entered)
    externals = find_externals(snapshot, groups, references)
    outside = {host: item.name for item in externals for host in (*item.domains, item.name)}
    allowed = find_allowed(snapshot, groups) if use_policies else {}
    needs = _needs(snapshot, groups, references, outside, allowed, around.capabilities)
    namespace = _main_namespace(snapshot, groups)
    services = tuple(
        _service(group, tuple(exposures.get(group.name, ())), tuple(needs.get(group.name, ()))) for group in groups.all
    )
    return Proposal(
        name=name or _name(snapshot, namespace),
        platform=platform,
        namespace=namespace,
        origin=snapshot.origin,
        services=services,
        externals=externals,
        cluster=around.facts,
        target=around.target,
        dangling=_dangling(references),
        shared=find_shared(snapshot, groups),
        unseen=find_unseen(snapshot, groups, services),
        notes=tuple(
            f"{item.kind}/{item.name} runs in the host's network: no policy for pods reaches it"
            for item in groups.host_network
        )
        + tuple(_other_name_servers(snapshot, system)),
    )


def _other_name_servers(snapshot: Snapshot, system: frozenset[str]) -> Iterator[str]:
    own = {(item.kind, item.namespace, item.name) for item in snapshot.workloads if not item.owner}
    for key, item in resolvers_of(snapshot).items():
        if key in own and item.namespace not in system:
            asked = ", ".join(item.servers) or "those of its node"
            yield f"{item.kind}/{item.name} asks other name servers than the cluster's ({asked}): no rule opens these"


def _service(group: Group, exposed: tuple[ProposedExposure, ...], needs: tuple[ProposedNeed, ...]) -> ProposedService:
    evidence = [Evidence(item.source.place(), f"{item.kind}/{item.name}") for item in group.workloads]
    evidence.extend(Evidence(item.source.place(), f"Service {item.name}") for item in group.services)
    rare = sorted(
        (item.schedule, Evidence(item.source.place(), f"{item.kind}/{item.name}"))
        for item in group.workloads
        if _is_schedule(item.schedule)
    )
    if group.services:
        first = group.services[0]
        selected = Evidence(first.source.place(("spec", "selector")), f"selector of Service {first.name}")
    else:
        owner = group.workloads[0]
        selected = Evidence(owner.source.place(), f"labels of the pods of {owner.kind}/{owner.name}")
    return ProposedService(
        name=group.name,
        namespace=group.namespace,
        labels=group.labels,
        workloads=tuple(f"{item.kind}/{item.name}" for item in group.workloads),
        kube_services=tuple(item.name for item in group.services),
        evidence=tuple(evidence),
        ports=tuple(group.ports),
        exposed=exposed,
        needs=needs,
        schedule=rare[0][0] if rare else "",
        why=group.why,
        selected=selected,
        scheduled=rare[0][1] if rare else None,
    )


def _is_schedule(text: str) -> bool:
    try:
        parse_schedule(text)
    except ValueProblem:
        return False
    return True


def _needs(
    snapshot: Snapshot,
    groups: Groups,
    references: Iterable[Reference],
    outside: dict[str, str],
    allowed: Allowed,
    capabilities: frozenset[str],
) -> dict[str, list[ProposedNeed]]:
    found: dict[str, dict[tuple[str, str], list[Reference]]] = defaultdict(lambda: defaultdict(list))
    for item in references:
        if item.kind in ("service", "self", "capability"):
            found[item.caller.name][item.kind, item.target].append(item)
        elif is_outside(item) and item.target in outside:
            found[item.caller.name]["external", outside[item.target]].append(item)
    for group, grants in _granted(snapshot, groups):
        for grant in grants:
            found[group.name]["capability", KUBERNETES_API].append(grant)
    if KUBERNETES_API not in capabilities:
        for rows in found.values():
            rows.pop(("capability", KUBERNETES_API), None)
    by_caller: dict[str, Allowed] = defaultdict(dict)
    for pair, row in allowed.items():
        by_caller[pair[0]][pair] = row
    callees = {group.name: group for group in groups.all}
    result: dict[str, list[ProposedNeed]] = {}
    for group in groups.all:
        needs = [
            need
            for (kind, target), items in sorted(found.get(group.name, {}).items())
            for need in _need(kind, target, items, allowed.get((group.name, target)))
        ]
        known = {need.target for need in needs}
        needs.extend(_only_allowed(by_caller[group.name], callees, known))
        result[group.name] = sorted(needs, key=lambda need: (need.kind != "service", need.kind, need.target, need.why))
    return result


def _need(
    kind: str, target: str, items: list[Reference], allowed: tuple[frozenset[PortSpec], tuple[Evidence, ...]] | None
) -> Iterator[ProposedNeed]:
    """Make of all references to one target a certain need and, for what that does not cover, an uncertain one."""
    today = allowed[1] if allowed is not None else ()
    certain = [item for item in items if not item.why]
    covered: frozenset[PortSpec] = frozenset()
    if certain:
        covered = _union(certain)
        yield ProposedNeed(kind, target, _narrow(certain, covered), _evidence(certain), "", today)
        everything = kind == "self" or any(not item.ports for item in certain)
        items = [item for item in items if item.why and item.ports - covered and not everything]
    if items:
        ports = _union(items)
        why = min(items, key=lambda item: (len(item.why), item.why)).why
        yield ProposedNeed(kind, target, _narrow(items, ports), _evidence(items), why, today)


def _union(items: Iterable[Reference]) -> frozenset[PortSpec]:
    return frozenset(port for item in items for port in item.ports)


def _narrow(items: list[Reference], ports: frozenset[PortSpec]) -> tuple[PortSpec, ...]:
    """Return the ports if they are fewer than the callee's; nothing said about one of the references means all."""
    if items[0].callee is None or any(not item.ports for item in items):
        return ()
    every = {port.port for port in items[0].callee.ports if not port.why}
    return () if ports >= every else tuple(sorted(ports))


def _evidence(items: Iterable[Reference]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(item.evidence for item in items))


def _only_allowed(allowed: Allowed, callees: dict[str, Group], known: set[str]) -> Iterator[ProposedNeed]:
    why = "allowed today by a policy; no value in the manifests names it"
    for (_, name), (said, evidence) in sorted(allowed.items()):
        if name not in known:
            every = {port.port for port in callees[name].ports if not port.why}
            ports = () if not said or said >= every else tuple(sorted(said))
            yield ProposedNeed("service", name, ports, evidence, why, evidence)


def _granted(snapshot: Snapshot, groups: Groups) -> Iterator[tuple[Group, list[Reference]]]:
    """Go through the services whose service account has a role: they probably talk to the API server."""
    by_account: dict[tuple[str, str], list[RoleGrant]] = defaultdict(list)
    for grant in snapshot.grants:
        admission = grant.resources and all(text.startswith(_ADMISSION) for text in grant.resources)
        if not admission:
            by_account[grant.namespace, grant.service_account].append(grant)
    users: dict[tuple[str, str], set[str]] = defaultdict(set)
    for group in groups.all:
        for workload in group.workloads:
            users[group.namespace, workload.service_account].add(group.name)
    for group in groups.all:
        for account in sorted({workload.service_account for workload in group.workloads}):
            grants = by_account.get((group.namespace, account), [])
            shared = len(users[group.namespace, account])
            why = ""
            if account == "default":
                why = "the role is given to the default service account, which every pod has"
            elif shared > 1:
                why = f"the service account {account} is shared by {shared} services"
            yield group, [_grant_reference(group, grant, why) for grant in grants]


def _grant_reference(group: Group, grant: RoleGrant, why: str) -> Reference:
    evidence = Evidence(grant.source.place(), f"{grant.role} is bound to service account {grant.service_account}")
    return Reference(group, "capability", KUBERNETES_API, None, None, frozenset(), evidence, why)


def _dangling(references: Iterable[Reference]) -> tuple[Dangling, ...]:
    found = {
        Dangling(item.caller.name, item.target, item.evidence): None for item in references if item.kind == "absent"
    }
    return tuple(sorted(found, key=lambda item: (item.service, item.address, item.evidence)))


def _main_namespace(snapshot: Snapshot, groups: Groups) -> str:
    counts: dict[str, int] = defaultdict(int)
    for group in groups.all:
        counts[group.namespace] += 0 if group.why else 1
    default = snapshot.default_namespace
    if not any(counts.values()):
        return "default"
    return min(counts, key=lambda space: (-counts[space], space != default, space))


def _name(snapshot: Snapshot, namespace: str) -> str:
    """Name the intent after the namespace, or after the folder where everything is in `default`."""
    if namespace != "default":
        return namespace
    last = PurePosixPath(snapshot.origin.split(", ")[0]).name
    stem = re.sub(r"\.(?:ya?ml|json)$", "", last)
    cleaned = re.sub(r"[^a-z0-9-]+", "-", stem.lower()).strip("-")[:40].strip("-")
    return cleaned or "app"
