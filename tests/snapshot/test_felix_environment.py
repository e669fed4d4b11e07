"""What calico-node's environment says goes before the FelixConfiguration, as in Felix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from generator.snapshot import load_snapshot
from generator.snapshot.model import FELIX
from tests.faults import snapshot as faults


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
            "22, udp:53,tcp:10.0.0.0/8:443,udp:fd00::/8:68",
            "failsafeOutboundHostPorts",
            [
                {"protocol": "tcp", "port": 22},
                {"protocol": "udp", "port": 53},
                {"protocol": "tcp", "port": 443, "net": "10.0.0.0/8"},
                {"protocol": "udp", "port": 68, "net": "fd00::/8"},
            ],
        ),
    ],
)
def test_each_setting_is_read_as_felix_reads_it(name: str, value: str, key: str, read: Any) -> None:
    assert settings(**{name: value}) == {key: read}


def test_what_says_nothing_is_passed_over() -> None:
    assert settings(FELIX_BPFENABLED="") is None
    assert settings(FELIX_BPFENABLED="perhaps", FELIX_VXLANPORT="-1", FELIX_FAILSAFEINBOUNDHOSTPORTS="a:b") is None
    assert settings(FELIX_LOGSEVERITYSCREEN="info", BPFENABLED="true", CALICO_BPFENABLED="true") is None
    assert settings("install-cni", FELIX_BPFENABLED="true") is None
    assert settings("sidecar", {"bpfEnabled": False}, FELIX_BPFENABLED="true") == {"bpfEnabled": False}


def test_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fault: Callable[[pytest.MonkeyPatch], None] = faults.nobody_reads_the_environment_of_felix
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_the_environment_goes_first()
