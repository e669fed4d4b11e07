"""What calico-node's environment says goes before the FelixConfiguration, as in Felix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from generator.snapshot import load_snapshot
from generator.snapshot.model import FELIX
from tests.faults import snapshot as faults

_TO_HOST = "defaultEndpointToHostAction"


def settings(container: str = "calico-node", config: dict[str, Any] | None = None, **env: str) -> Any:
    inside = {"name": container, "image": "c", "env": [{"name": key, "value": value} for key, value in env.items()]}
    agent = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "calico-node", "namespace": "kube-system"},
        "spec": {"template": {"spec": {"containers": [inside]}}},
    }
    felix = {"apiVersion": "projectcalico.org/v3", "kind": "FelixConfiguration", "metadata": {"name": "default"}}
    documents = [agent, *([felix | {"spec": config}] if config is not None else [])]
    found, problems = load_snapshot(["-"], stdin=yaml.safe_dump_all(documents))
    assert problems == []
    return found.extra.get(FELIX)


def check_the_environment_goes_first() -> None:
    config = {"defaultEndpointToHostAction": "Drop", "vxlanPort": 4790}
    found = settings(config=config, FELIX_DEFAULTENDPOINTTOHOSTACTION="ACCEPT")
    assert found == {"defaultEndpointToHostAction": "ACCEPT", "vxlanPort": 4790}


def test_the_environment_goes_first() -> None:
    check_the_environment_goes_first()


@pytest.mark.parametrize(
    ("name", "value", "key", "read"),
    [
        ("FELIX_BPFENABLED", "true", "bpfEnabled", True),
        ("felix_bpfenabled", "0", "bpfEnabled", False),
        ("Felix_VXLANPort", "4799", "vxlanPort", 4799),
        ("FELIX_NFTABLESMODE", "Enabled", "nftablesMode", "Enabled"),
        ("FELIX_ALLOWIPIPPACKETSFROMWORKLOADS", "Yes", "allowIPIPPacketsFromWorkloads", True),
        ("FELIX_FAILSAFEINBOUNDHOSTPORTS", "none", "failsafeInboundHostPorts", []),
        (
            "FELIX_FAILSAFEOUTBOUNDHOSTPORTS",
            "22, udp:53,tcp:10.0.0.0/8:443,udp:fd00::/8:68,tcp:[fd00::/8]:22",
            "failsafeOutboundHostPorts",
            [
                {"protocol": "tcp", "port": 22},
                {"protocol": "udp", "port": 53},
                {"protocol": "tcp", "port": 443, "net": "10.0.0.0/8"},
                {"protocol": "udp", "port": 68, "net": "fd00::/8"},
                {"protocol": "tcp", "port": 22, "net": "fd00::/8"},
            ],
        ),
    ],
)
def test_each_setting_is_read_as_felix_reads_it(name: str, value: str, key: str, read: Any) -> None:
    env: dict[str, Any] = {name: value}
    assert settings(**env) == {_TO_HOST: "Drop", key: read}


def test_what_says_nothing_is_passed_over() -> None:
    unsaid = {_TO_HOST: "Drop"}
    assert settings(FELIX_BPFENABLED="") == unsaid
    assert settings(FELIX_BPFENABLED="perhaps", FELIX_VXLANPORT="-1", FELIX_FAILSAFEINBOUNDHOSTPORTS="a:b") == unsaid
    assert settings(FELIX_LOGSEVERITYSCREEN="info", BPFENABLED="true", CALICO_BPFENABLED="true") == unsaid
    assert settings("install-cni", FELIX_BPFENABLED="true") is None
    assert settings("sidecar", {"bpfEnabled": False}, FELIX_BPFENABLED="true") == {"bpfEnabled": False}


def check_felix_drops_where_nobody_says_anything() -> None:
    """Then a pod does not reach its own node; an installed Calico says Accept, so without Felix that is supposed."""
    assert settings() == {_TO_HOST: "Drop"}
    assert settings(config={}) == {_TO_HOST: "Drop"}
    assert settings(config={_TO_HOST: "Return"}) == {_TO_HOST: "Return"}
    assert settings(FELIX_DEFAULTENDPOINTTOHOSTACTION="") is None  # there, but from nowhere that can be read
    assert settings("install-cni") is None


def test_felix_drops_where_nobody_says_anything() -> None:
    check_felix_drops_where_nobody_says_anything()


CHECKS: dict[Callable[[pytest.MonkeyPatch], None], Callable[[], None]] = {
    faults.nobody_reads_the_environment_of_felix: check_the_environment_goes_first,
    faults.felix_always_accepts: check_felix_drops_where_nobody_says_anything,
}


@pytest.mark.parametrize("fault", CHECKS, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        CHECKS[fault]()
