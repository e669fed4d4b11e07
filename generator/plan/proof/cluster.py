"""The cluster of a plan as nodes see it: one engine for each state, over parts that all states share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generator.calico.codec import decode_object
from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity
from generator.calico.tier import Tier
from generator.foundation.diagnostics import Diagnostic
from generator.packets.addresses import FAMILIES, Family
from generator.plan.proof.history import History, State
from generator.plan.proof.possible_backends import suppose_backends
from generator.plan.proof.possible_pods import give_addresses, suppose_addresses
from generator.plan.proof.stretches import Stretch
from generator.plan.proof.versions import Timeline, is_set, lower_versions
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.felix_settings import with_felix_settings
from generator.reach.find_places import find_places, nets_of, zones_of
from generator.reach.inventory import AddressGroup, Inventory, take_inventory
from generator.reach.label_index import LabelIndex
from generator.reach.lower import Lowered, order_tiers
from generator.reach.members import Directory
from generator.reach.model import PolicyView, ServiceKey, TierView
from generator.reach.pairs import Pairs
from generator.reach.places import Places
from generator.reach.side_sets import SideSets
from generator.snapshot.model import FELIX, Snapshot

Selected = list[tuple[TierView, PolicyView]]


class PlannedCluster:
    """What does not change while a plan runs, and what does, version by version."""

    def __init__(self, snapshot: Snapshot, history: History, environment: Environment) -> None:
        self.snapshot = snapshot
        self.history = history
        environment = with_felix_settings(environment, snapshot.extra.get(FELIX, {}))
        self.environment = environment
        self.versions = lower_versions(history, environment)
        # As of a partial snapshot: what makes pods counts too, for it may make more of them while the plan runs.
        seen = replace(snapshot, policies=tuple(history.start.values()), complete=False)
        told = [ServiceKey(piece.namespace, piece.service) for piece in snapshot.endpoint_slices]
        self.inventory = suppose_backends(take_inventory(seen, environment.pod_ranges), self.versions.views(), told)
        first = self._all_at_once()
        self._zones = {family: zones_of([first], family) for family in FAMILIES}
        self.inventory = suppose_addresses(self.inventory, self._zones, set(nets_of(first)), complete=snapshot.complete)
        self.union = self._all_at_once()
        self.index: LabelIndex = self.union.directory.endpoint_index
        self.by_class: list[list[Timeline]] = [[] for _ in self.index.labels]
        for timeline in self.versions.timelines:
            selected = {number for version in timeline.known for number in self.index.select(version.view.selector)}
            for number in selected:
                self.by_class[number].append(timeline)
        self._tier_columns = [column for column, kind in enumerate(history.kinds) if kind is Kind.TIER]
        self._tiers: dict[tuple[int, ...], dict[str, tuple[int, TierView]]] = {}
        self._set_columns = [column for column, kind in enumerate(history.kinds) if is_set(kind)]
        self._directories: dict[tuple[int, ...], Directory] = {}
        self._sides: dict[tuple[int, tuple[int, ...]], SideSets] = {}

    @property
    def has_one_node(self) -> bool:
        """Tell whether both ends of every flow between pods are on one node, which is in one state."""
        nodes = {pod.node for pod in self.inventory.pods.values() if pod.live}
        return self.snapshot.complete and len(self.snapshot.nodes) == 1 and len(nodes) == 1

    @property
    def undecodable(self) -> list[Diagnostic]:
        """Return what leaves verdicts unknown in some state: objects that stop all readers of their kind."""
        tiers = [
            obj
            for obj in (*self.history.start.values(), *(event.after for event in self.history.events))
            if obj is not None and obj.kind is Kind.TIER
        ]
        problems = [
            item for obj in tiers for resource, found in [decode_object(obj)] if resource is None for item in found
        ]
        return [*self.versions.undecodable, *self.inventory.undecodable, *self.inventory.unread, *problems]

    def _all_at_once(self) -> Engine:
        """Return an engine that has every version of everything, for it tells apart what any state tells apart."""
        groups = list(self.inventory.groups)
        for event in self.history.events:
            if event.after is not None and is_set(event.identity.kind):
                groups += self.groups_of([event.after])
        inventory = replace(self.inventory, groups=tuple(groups))
        lowered = Lowered((TierView("", False, tuple(self.versions.views())),))
        return Engine.of_parts(self.environment, inventory, Directory(inventory), lowered)

    def groups_of(self, objects: Sequence[ApiObject]) -> tuple[AddressGroup, ...]:
        """Return the network sets among objects, with the labels that they inherit."""
        return take_inventory(replace(self.snapshot, policies=tuple(objects), workloads=())).groups

    def places(self, family: Family) -> Places:
        """Return the places of a family; what no state tells apart is one."""
        return find_places([self.union], family, self._zones[family])[0]

    def tiers_at(self, state: State) -> dict[str, tuple[int, TierView]]:
        """Return the tiers that any policy names, each with its rank and without its policies."""
        key = tuple(state[column] for column in self._tier_columns)
        found = self._tiers.get(key)
        if found is None:
            found = self._tiers[key] = self._rank_tiers(state)
        return found

    def _rank_tiers(self, state: State) -> dict[str, tuple[int, TierView]]:
        objects = {identity: obj for identity, obj in self.history.start.items() if identity.kind is Kind.TIER}
        for event in self.history.events:
            if event.identity.kind is Kind.TIER and event.place < state[event.column]:
                if event.after is None:
                    objects.pop(event.identity, None)
                else:
                    objects[event.identity] = event.after
        tiers = {}
        for obj in objects.values():
            resource, _ = decode_object(obj)
            if isinstance(resource, Tier):
                tiers[obj.name] = resource
        names = {view.tier for view in self.versions.views()}
        ranked = order_tiers(names, tiers, self.environment.version)
        return {tier.name: (rank, tier) for rank, tier in enumerate(ranked)}

    def column_of(self, identity: Identity) -> int | None:
        """Return where a state counts the writes of an object; None where the plan writes none."""
        return self.history.columns.get(identity)

    def tiers_move_in(self, stretch: Stretch) -> bool:
        """Tell whether any tier is written within a stretch; then orders and ends of tiers hang on the state."""
        return any(stretch.low[column] != stretch.high[column] for column in self._tier_columns)

    def selecting_at(self, number: int, state: State) -> Selected:
        """Return the policies that select a label class in a state, in the order of evaluation."""
        tiers = self.tiers_at(state)
        found = []
        for timeline in self.by_class[number]:
            column = self.column_of(timeline.identity)
            version = timeline.at(state[column] if column is not None else 0)
            if version is not None and number in self.index.select(version.view.selector):
                rank, tier = tiers[version.view.tier]
                found.append(((rank, version.key), (tier, version.view)))
        return [pair for _, pair in sorted(found, key=lambda item: item[0])]

    def directory_at(self, state: State) -> Directory:
        """Return the directory of a state, shared by all states with the same sets."""
        key = tuple(state[column] for column in self._set_columns)
        found = self._directories.get(key)
        if found is None:
            objects = self.history.objects_at(state)
            groups = self.groups_of([obj for identity, obj in objects.items() if is_set(identity.kind)])
            found = self._directories[key] = Directory(replace(self.inventory, groups=groups))
        return found

    def plain_engine(self, state: State, first: Sequence[str] = ()) -> Engine:
        """Return an engine read anew from the objects of a state, which shares nothing with the sets of the proof.

        Pods that were supposed to be somewhere get an address there, those named `first` before others.
        """
        lowered = Engine(self.history.snapshot_at(self.snapshot, state), self.environment).lowered
        groups = self.groups_of([*self.history.objects_at(state).values()])
        inventory = replace(give_addresses(self.inventory, self._zones, first), groups=groups)
        return Engine.of_parts(self.environment, inventory, Directory(inventory), lowered)

    def pairs_at(self, state: State, places: Places) -> Pairs:
        """Return the pairs of a state; rows are worked out when they are asked for."""
        directory = self.directory_at(state)
        key = (places.family, tuple(state[column] for column in self._set_columns))
        sides = self._sides.get(key)
        if sides is None:
            sides = self._sides[key] = SideSets(places, directory)
        return Pairs(StateEngine(self, state, directory), places, sides)


class StateEngine(Engine):
    """The engine of a node in one state."""

    def __init__(self, cluster: PlannedCluster, state: State, directory: Directory) -> None:
        inventory: Inventory = replace(cluster.inventory, groups=directory.inventory.groups)
        self._begin(cluster.environment, inventory, directory, Lowered())
        self._cluster = cluster
        self._state = state
        self._selected: dict[int, Selected] = {}

    def class_of(self, key: str) -> int:
        """Return the label class of a pod or host endpoint, which all states share."""
        return self._cluster.union.class_of(key)

    def selecting(self, number: int) -> Sequence[tuple[TierView, PolicyView]]:
        """Return the enforced policies that select a label class, in the order of evaluation."""
        found = self._selected.get(number)
        if found is None:
            found = self._selected[number] = self._cluster.selecting_at(number, self._state)
        return found
