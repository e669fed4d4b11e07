"""The sign of a wait, on Calico's own Felix: what it confirms, packets confirm; a node that lags is never confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from generator.apply.stopping import SystemClock
from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.fleet import FleetReader
from generator.apply.waits.sign import PACE, Pace, Sign
from generator.calico.kinds import Kind
from generator.cluster.kubeconfig import open_connection
from tests.dataplane.shop import VERSION, Shop, Switch, write_shop
from tests.testbed.dataplane.cluster import API_VERSION, FelixCluster
from tests.testbed.dataplane.fixtures import StartCluster

STATE: Final = "ringfence"
KINDS: Final = (
    *(Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY, Kind.KUBERNETES_NETWORK_POLICY),
    *(Kind.GLOBAL_NETWORK_SET, Kind.TIER),
)


def sign_of(cluster: FelixCluster, tmp_path: Path, pace: Pace = PACE, kinds: tuple[Kind, ...] = KINDS) -> Sign:
    connection = open_connection(str(cluster.server.kubeconfig(tmp_path / "sign.kubeconfig"))).connection
    clock = SystemClock()
    cage = CanaryCage(connection, clock, STATE, "shop", API_VERSION, VERSION)
    reader = FleetReader(connection, clock, API_VERSION)
    return Sign(connection, clock, reader, cage, kinds, API_VERSION, VERSION, pace)


def confirm(sign: Sign) -> dict[str, str]:
    return sign.confirm(lambda behind, of: None)


def soon(sign: Sign) -> dict[str, str]:
    """Confirm with less patience: what takes seconds, and is not there by then, is held back."""
    patience = Pace(limit=8.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign, "_pace", patience)
        return confirm(sign)


def standing(felix_cluster: StartCluster) -> tuple[FelixCluster, Shop]:
    cluster, world = felix_cluster()
    shop = write_shop(cluster, world)
    shop.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STATE}})
    return cluster, shop


def test_what_is_confirmed_is_enforced_at_once(felix_cluster: StartCluster, tmp_path: Path) -> None:
    cluster, shop = standing(felix_cluster)
    sign = sign_of(cluster, tmp_path)
    early = 0
    for kind in KINDS:
        switch = Switch(shop, kind)
        switch.stand()
        shop.wait_until(answered=True)
        for cut in (True, False):
            switch.turn(cut=cut)
            early += not shop.all_are(not cut)  # without a wait, some packets meet what was before
            assert confirm(sign) == {}
            assert shop.all_are(not cut), f"{kind.value}: confirmed, and not {'cut' if cut else 'given back'}"
        switch.fall()
    sign.end()
    assert early, "nothing was ever late, so the waits have shown nothing"


def test_a_node_that_answers_and_is_a_write_behind_is_not_confirmed(
    felix_cluster: StartCluster, tmp_path: Path
) -> None:
    """What the API server sends to one node is held back; its Felix goes on answering."""
    cluster, shop = standing(felix_cluster)
    sign = sign_of(cluster, tmp_path)
    assert confirm(sign) == {}
    late = list(cluster.nodes.values())[1]
    into = next(flow for flow in shop.flows if flow.target.node is late)
    for kind in KINDS:
        switch = Switch(shop, kind)
        switch.stand()
        shop.wait_until(answered=True)
        late.to_server.hold()
        switch.turn(cut=True)
        behind = soon(sign)
        assert list(behind) == [late.name], (kind, behind)
        assert late.metrics(), "it answers"
        assert into.answered(), f"{kind.value}: the node has what it must not have yet"
        late.to_server.let_go()
        assert confirm(sign) == {}
        assert shop.all_are(False), kind
        switch.turn(cut=False)
        shop.wait_until(answered=True)
        switch.fall()
    sign.end()


def test_a_node_whose_felix_stands_still_is_not_confirmed(felix_cluster: StartCluster, tmp_path: Path) -> None:
    cluster, shop = standing(felix_cluster)
    sign = sign_of(cluster, tmp_path)
    assert confirm(sign) == {}
    late = list(cluster.nodes.values())[1]
    switch = Switch(shop, Kind.NETWORK_POLICY)
    late.hang()
    switch.turn(cut=True)
    assert list(soon(sign)) == [late.name]
    late.wake()
    assert confirm(sign) == {}
    assert shop.all_are(False)
    sign.end()
