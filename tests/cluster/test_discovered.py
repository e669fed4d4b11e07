"""Each thing that a read is to discover, on a real API server; and each is missed when its reader is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator.checks.dns import check_dns
from generator.cli.live import freezing_warnings
from generator.cluster.access import Connection
from generator.discover import propose_intent
from generator.intent.model import ClusterFacts
from generator.platforms import load_profile
from generator.reach.engine import Engine
from generator.reach.environment import Dataplane, Failsafe
from generator.snapshot.model import FELIX
from tests.cluster import rich_world
from tests.cluster.looking import connect
from tests.cluster.rich_world import Read, read
from tests.faults import discovery as faults
from tests.testbed.fixtures import Servers


@pytest.fixture(scope="module")
def connection(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    server = servers.clean()
    rich_world.write(server.client())
    yield connect(server.endpoint, tmp_path_factory.mktemp("way"))
    servers.clean()  # an API that nobody serves is in the way of whoever asks what there is


@pytest.fixture(scope="module")
def found(connection: Connection) -> Read:
    return read(connection)


def check_version_and_edition(found: Read) -> None:
    assert (found.seen.calico, found.seen.edition, found.seen.kubernetes) == ("3.32.1", "open source", "v1.36.3")


def check_group(found: Read) -> None:
    assert (found.seen.api_group, found.seen.api_mode) == ("projectcalico.org/v3", "native")


def check_dataplane(found: Read) -> None:
    assert Engine(found.snapshot).environment.dataplane is Dataplane.EBPF


def check_felix(found: Read) -> None:
    environment = Engine(found.snapshot).environment
    assert (environment.vxlan_port, environment.failsafe_inbound) == (4790, frozenset({Failsafe(6, 22)}))
    assert found.snapshot.extra[FELIX]["defaultEndpointToHostAction"] == "ACCEPT"  # of calico-node's environment
    assert len(found.said("RF5619")) == 1


def check_felix_of_a_node(found: Read) -> None:
    assert found.said("RF5616") == [
        "node 'worker-1' has settings of its own (bpfEnabled=False); what its policies decide is unknown"
    ]


def check_pools(found: Read) -> None:
    assert found.addresses.pods == ("10.244.0.0/16", "10.50.0.0/16")


def check_service_ranges(found: Read) -> None:
    assert found.addresses.services == ("10.96.0.0/16",)


def check_nodes(found: Read) -> None:
    internal = {"192.168.10.10", "192.168.10.11"}
    tunnels = {"10.244.255.0", "10.244.255.1", "10.244.254.1", "fd00:9::1"}
    assert set(found.addresses.nodes) == internal | tunnels


def check_dns_service(found: Read) -> None:
    assert found.addresses.dns_service == ("10.96.0.10",)
    slices = [item for item in found.snapshot.endpoint_slices if item.service == "kube-dns"]
    pods = {
        address for item in found.snapshot.workloads if item.owner == "Deployment/coredns" for address in item.addresses
    }
    assert {address for item in slices for address in item.addresses} == pods != set()
    assert {port[1:] for item in slices for port in item.ports} == {("UDP", 53), ("TCP", 53), ("TCP", 9153)}
    assert found.seen.cluster_dns == ("10.96.0.10",)


def check_node_local_dns(found: Read) -> None:
    [finding] = check_dns(load_profile("generic"), ClusterFacts(), found.snapshot)
    assert "DaemonSet 'node-local-dns' answers DNS on the nodes" in finding.summary
    assert "10.96.0.10" in finding.hint or "cluster.dns" in finding.hint


def check_api_server(found: Read) -> None:
    assert found.addresses.api_server == ("192.168.10.10",)


def check_callers(found: Read) -> None:
    kinds = {(item.kind, item.service, item.port) for item in found.snapshot.callbacks if item.namespace == "called"}
    assert kinds == {
        ("ValidatingWebhookConfiguration", "hook", 443),
        ("MutatingWebhookConfiguration", "hook", 443),
        ("APIService", "view", 443),
        ("CustomResourceDefinition", "turn", 443),
    }
    proposed = propose_intent(found.snapshot, platform="generic").services
    called = {
        service.name: {str(item.port) for item in service.ports}
        for service in proposed
        if any(exposed.by == "apiserver" for exposed in service.exposed)
    }
    assert called == {
        "hook": {"8443/TCP"},
        "view": {"6443/TCP"},
        "turn": {"9443/TCP"},
    }  # the pods' ports, not the Services' 443


def check_controllers(found: Read) -> None:
    [text] = found.said("RF5614")
    assert text.startswith("Cilium (DaemonSet kube-system/cilium)")


def check_mesh(found: Read) -> None:
    assert found.said("RF5615") == ["Istio carries the ports of 1 workload(s) inside its own, meshed among them"]


def check_felix_not_ready(found: Read) -> None:
    [text] = found.said("RF5613")
    assert " on worker-1, no pod of it on worker-9; what these nodes enforce may be older" in text
    assert text.count("calico-node-") == 1


def check_freezing(found: Read) -> None:
    [text] = [item.summary for item in freezing_warnings(found.snapshot)]
    assert "NetworkPolicy/default/freezes: Calico cannot decode 300" in text


CHECKS: dict[Callable[[Read], None], Callable[[pytest.MonkeyPatch], None]] = {
    check_version_and_edition: faults.no_notes_of_calico,
    check_group: faults.stored_objects_are_read,
    check_dataplane: faults.no_settings_of_felix,
    check_felix: faults.no_settings_of_felix,
    check_felix_of_a_node: faults.no_settings_of_nodes,
    check_pools: faults.no_pools,
    check_service_ranges: faults.no_ranges_of_services,
    check_nodes: faults.no_notes_on_nodes,
    check_dns_service: faults.no_endpoints,
    check_node_local_dns: faults.no_host_network,
    check_api_server: faults.no_endpoints,
    check_callers: faults.no_conversion,
    check_controllers: faults.no_images,
    check_mesh: faults.no_init_containers,
    check_felix_not_ready: faults.no_conditions,
    check_freezing: faults.nothing_freezes,
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_is_discovered(check: Callable[[Read], None], found: Read) -> None:
    check(found)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_planted_fault_is_found(
    check: Callable[[Read], None], connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    CHECKS[check](monkeypatch)
    broken = read(connection)
    with pytest.raises((AssertionError, KeyError, ValueError)):
        check(broken)


def test_what_is_told_survives_being_saved(found: Read, tmp_path: Path) -> None:
    from generator.snapshot import load_snapshot, write_snapshot

    saved = tmp_path / "saved.json"
    saved.write_text(write_snapshot(found.snapshot), encoding="utf-8")
    again, problems = load_snapshot([str(saved)])
    assert problems == []
    assert Read(again, []).seen == found.seen
    assert Read(again, []).addresses == found.addresses
