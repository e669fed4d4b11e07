"""A whole cluster as a Snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from generator.cluster.access import Connection
from generator.cluster.backoff import Backoff, Patience, Unreachable
from generator.cluster.calico_api import ApiMode, CalicoApi, choose_calico_api
from generator.cluster.clock import Clock
from generator.cluster.codes import GROUP_DOWN, NO_CLUSTER, NOT_ALLOWED
from generator.cluster.facts import find_facts
from generator.cluster.faults import Fault, FaultKind
from generator.cluster.lists import Manifest
from generator.cluster.reading import Reader, ReadKinds
from generator.cluster.served import Resource, Served, discover
from generator.cluster.tier_rights import hidden_tiers
from generator.cluster.wanted import CALICO_API, CALICO_STORED, Need, Wanted, wanted_kinds
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import EnvironmentFailure
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.snapshot.build import build_snapshot
from generator.snapshot.facts import Seen, write_seen
from generator.snapshot.model import Snapshot
from generator.snapshot.unread import UnreadKind, write_unread

ORIGIN: Final = "cluster"
_FIRST_WORD: Final = Patience(0.25, 1.0, 2.0, until=5.0)  # a wrong address shall be told soon
_SHOWN: Final = 3
_TWICE: Final = frozenset(["NetworkPolicy"])  # a kind of Calico's and one of Kubernetes'
# Read for the facts alone; the snapshot knows no such objects.
_FACTS_ONLY: Final = frozenset(["ClusterInformation", "ServiceCIDR"])
# Profiles that Calico's own API server shows of each namespace and account; nobody wrote them (calico.md 1.5).
_DERIVED: Final = ("kns.", "ksa.", "projectcalico-default-allow")


def read_cluster(
    connection: Connection, clock: Clock, *, server: str = "", evidence: bool = False, namespaces: Sequence[str] = ()
) -> tuple[Snapshot, list[Diagnostic]]:
    """Read a cluster as it was at one moment, with what is odd about it.

    `evidence` also reads what only a proposed intent looks at; `server` is how its address is named to people;
    `namespaces` are looked into by themselves where somebody may not look into all. What may not be read is a warning,
    and the snapshot knows of it. EnvironmentFailure where the server gives no answer, does
    not know who asks, or where what is there changes all the time.
    """
    served = _discover(connection, clock, server)
    reader = Reader(connection, clock, namespaces=namespaces)
    try:
        api = choose_calico_api(connection, served, reader.backoff)
    except Unreachable as error:
        raise _no_answer(error, server) from None
    kinds = _kinds(served, api, evidence)
    found = reader.read(kinds)
    objects = _by_kind(found)
    try:
        policies = served.find(api.group, "globalnetworkpolicies")
        seen = find_facts(connection, objects, api, policies, reader.backoff)
        if api.mode is ApiMode.AGGREGATED:
            _note_hidden(found, hidden_tiers(connection, _names(objects.get("Tier", ())), reader.backoff))
    except Unreachable as error:
        raise _no_answer(error, server) from None
    spaces_known = not any(str(wanted) == "namespaces" for wanted in found.refused)
    snapshot, problems = build_snapshot(_documents(objects), namespace="default", complete=spaces_known, origin=ORIGIN)
    refusals = [
        problem(NOT_ALLOWED, _extent(wanted, found), hint=_WITHOUT[wanted.need]) for wanted in sorted(found.refused)
    ]
    return _with_facts(snapshot, found, seen), [*problems, *refusals, *found.notes, *api.notes]


def _names(items: Iterable[Manifest]) -> list[str]:
    return [str(item["metadata"].get("name")) for item in items]


def _note_hidden(found: ReadKinds, tiers: Mapping[str, Sequence[str]]) -> None:
    for wanted in found.listings:
        if wanted.group == CALICO_API and wanted.plural in tiers:
            found.hidden[wanted] = tuple(tiers[wanted.plural])
            found.refused[wanted] = Fault(FaultKind.FORBIDDEN, "policies of some tiers are left out")


def _extent(wanted: Wanted, found: ReadKinds) -> str:
    if wanted in found.hidden:
        return f"{wanted} may not be listed in tier {', '.join(found.hidden[wanted])}"
    where = found.parts.get(wanted)
    if not where:
        return f"{wanted} may not be listed"
    others = [name for name in found.namespaces() if name not in where]
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    unseen = f"; not in {', '.join(others[:_SHOWN])}{more}" if others else ""
    return f"{wanted} may be listed only in {', '.join(where)}{unseen}"


_WITHOUT: Final = {
    Need.DECIDES: "no verdict is known without all of it; ask for the right to list it everywhere",
    Need.MANAGES: "no plan can be made without all of it; ask for the right to list it everywhere",
    Need.TELLS: "some facts and evidence are missing without it",
}


def _discover(connection: Connection, clock: Clock, server: str) -> Served:
    groups = {wanted.group for name in (CALICO_API, CALICO_STORED) for wanted in wanted_kinds(name, evidence=True)}
    try:
        return discover(connection, groups, lambda: Backoff(clock, _FIRST_WORD))
    except Unreachable as error:
        raise _no_answer(error, server) from None


def _no_answer(error: Unreachable, server: str) -> EnvironmentFailure:
    hint = "is it the right context, and can this machine reach the server? kubectl config get-contexts lists them"
    named = f"{server}: " if server else ""
    return EnvironmentFailure([problem(NO_CLUSTER, f"{named}{error.fault.words}", hint=hint)])


def _kinds(served: Served, api: CalicoApi, evidence: bool) -> dict[Wanted, Resource]:
    """Return the kinds to read; what is not served does not exist, but a group that is down is not that."""
    found: dict[Wanted, Resource] = {}
    for wanted in wanted_kinds(api.group, evidence=evidence):
        if wanted.group in served.down and wanted.need is not Need.TELLS:
            hint = f"kubectl get apiservice shows which server of {wanted.group} is not available"
            raise EnvironmentFailure([problem(GROUP_DOWN, f"{wanted.group} does not answer", hint=hint)])
        resource = served.find(wanted.group, wanted.plural)
        if resource is not None:
            found[wanted] = resource
    return found


def _by_kind(found: ReadKinds) -> dict[str, list[Manifest]]:
    objects: dict[str, list[Manifest]] = {}
    for item in found.objects():
        objects.setdefault(item["kind"], []).append(item)
    return objects


def _documents(objects: dict[str, list[Manifest]]) -> Iterator[Document]:
    for kind, items in objects.items():
        if kind in _FACTS_ONLY:
            continue
        for number, item in enumerate(items):
            if kind == "Profile" and str(item["metadata"].get("name")).startswith(_DERIVED):
                continue
            yield Document(item, SourceMap.recorded(_place(item), {}), number)


def _place(item: Manifest) -> str:
    metadata = item["metadata"]
    kind = item["kind"]
    if kind in _TWICE:
        kind = f"{kind}.{item['apiVersion'].partition('/')[0]}"
    parts = (kind, metadata.get("namespace"), metadata.get("name"))
    return f"{ORIGIN}:{'/'.join(str(part) for part in parts if part)}"


def _with_facts(snapshot: Snapshot, found: ReadKinds, seen: Seen) -> Snapshot:
    unread = [wanted for wanted in found.refused if wanted.need is not Need.TELLS]
    rows = write_unread(UnreadKind(str(wanted), wanted.need is Need.DECIDES) for wanted in unread)
    extra: dict[str, Any] = {**snapshot.extra, **write_seen(seen), **rows}
    return replace(snapshot, complete=not _decides(unread), extra=extra)


def _decides(unread: Iterable[Wanted]) -> bool:
    return any(wanted.need is Need.DECIDES for wanted in unread)
