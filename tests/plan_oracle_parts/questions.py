"""What is asked of a plan: all ends and sorts of packets that anything in it can tell apart."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from tests.obvious_parts.cluster import Cluster
from tests.obvious_parts.policies import ReadyRule
from tests.obvious_parts.things import TCP, Address, Net
from tests.plan_oracle_parts.clusters import POLICIES, TIER, WITHOUT_EFFECT, Clusters
from tests.plan_oracle_parts.ends import End, Ends
from tests.plan_oracle_parts.packets import outside_addresses, rules_of, sorts_of
from tests.plan_oracle_parts.scene import Scene, workload_of
from tests.plan_oracle_parts.states import State, Versions, changes_of
from tests.plan_oracle_parts.steps import Key, Step, Write


def ask_about(
    scene: Scene, steps: Sequence[Step], versions: Versions, before: State, after: State, family: int
) -> Ends:
    """Return the questions of one family: who, with whom, with which packets, and what is there at the end."""
    start = {key: versions.number(manifest) for key, manifest in scene.objects.items()}
    contents = {key: {number} for key, number in start.items()}
    for step in steps:
        for key, manifest in step.changes.items() if isinstance(step, Write) else ():
            contents.setdefault(key, set()).add(versions.number(manifest))
    written = changes_of(before)
    clusters = Clusters(versions, start)
    bases = [clusters.base(())]
    for key, numbers in contents.items():
        if key in written and key[0] not in (TIER, *POLICIES, *WITHOUT_EFFECT):
            bases += [clusters.base(((key, number),)) for number in sorted(numbers)]
    rules = rules_of(
        policy for key, numbers in contents.items() for number in numbers for policy in clusters.policies(key, number)
    )
    exposed = {(port.protocol, port.number) for base in bases for thing in base.things for port in thing.ports}
    served = {
        (protocol, port) for base in bases for found in base.services.values() for _, protocol, port in found.ports
    }
    pods = _told_apart(scene, bases, rules, family, frozenset(written))
    ends = [*pods, *_nodes(bases[0], family)]
    ends += [End(f"ip:{address}", address) for address in outside_addresses(rules, bases, family)]
    return Ends(
        clusters,
        ends,
        sorts_of(rules, family, exposed, {*served, *((TCP, port) for _, port in scene.called)}),
        {key: frozenset(numbers) for key, numbers in contents.items()},
        before,
        after,
    )


def _told_apart(
    scene: Scene, bases: Sequence[Cluster], rules: Iterable[ReadyRule], family: int, written: frozenset[Key]
) -> list[End]:
    """Return one pod of each sort: equal labels, ports, account, node, in the same nets, behind the same Services."""
    lists = dict.fromkeys(
        nets
        for rule in rules
        for side in (rule.source, rule.destination)
        for nets in (side.nets, side.not_nets)
        if nets
    )
    lists |= dict.fromkeys(thing.nets for base in bases for thing in base.things if thing.name not in base.endpoints)
    called = {name for name, _ in scene.called}
    found: dict[object, End] = {}
    for name, thing in sorted(bases[0].endpoints.items()):
        address = _address(thing.nets, family)
        if address is None:
            continue
        alike: object = (
            tuple(sorted(thing.labels.items())),
            thing.ports,
            thing.profiles,
            thing.node if not scene.new_pods or bases[0].host_endpoints else "",
            tuple(any(address in net for net in nets) for nets in lists),
            tuple(
                service for base in bases for service in base.services if address in base.services[service].addresses
            ),
            name if name in called or ("Pod", *name.split("/")) in written else "",
            workload_of(scene, name) if scene.accepted else "",
        )
        found.setdefault(alike, End(name, address, thing.node, name))
    return list(found.values())


def _address(nets: Iterable[Net], family: int) -> Address | None:
    return next((net.network_address for net in nets if net.version == family), None)


def _nodes(cluster: Cluster, family: int) -> list[End]:
    found = []
    for name, addresses in sorted(cluster.node_addresses.items()):
        for address in [ipaddress.ip_address(one) for one in addresses if one.version == family][:1]:
            found.append(End(f"host:{name}", address, name))
    return found
