"""What a FelixConfiguration changes of verdicts (calico.md 6.6); one that stands at its default is taken from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from generator.calico.nets import canonical_net
from generator.calico.versions import Version
from generator.foundation.diagnostics import Diagnostic, problem
from generator.packets.addresses import FAMILIES, AddressSet
from generator.reach.codes import FELIX_STANDS_STILL
from generator.reach.environment import Dataplane, EndpointToHost, Environment, Failsafe

_PROTOCOLS: Final = {"tcp": 6, "udp": 17}  # Felix reads no other, nor one that is left out (PortListParam)
_FAMILIES_APART: Final = Version(3, 29)  # the first whose rules for failsafe ports were read (felix/rules/static.go)
_ACTIONS: Final = {action.value.lower(): action for action in EndpointToHost}


def with_felix_settings(environment: Environment, spec: Mapping[str, Any]) -> Environment:
    """Return the environment with what the cluster's FelixConfiguration `default` says; what is stated otherwise stays.

    With what `find_unreadable` finds Felix does not start, and nothing here says what holds then.
    """
    changed: dict[str, Any] = {}
    if environment.dataplane is None:
        changed["dataplane"] = _dataplane(spec)
    action = _ACTIONS.get(str(spec.get("defaultEndpointToHostAction")).lower())
    if action is not None and environment.endpoint_to_host is EndpointToHost.ACCEPT:
        changed["endpoint_to_host"] = action
    port = spec.get("vxlanPort")
    if isinstance(port, int) and not isinstance(port, bool) and port > 0:
        changed["vxlan_port"] = port
    changed["allow_vxlan"] = environment.allow_vxlan or spec.get("allowVXLANPacketsFromWorkloads") is True
    changed["allow_ipip"] = environment.allow_ipip or spec.get("allowIPIPPacketsFromWorkloads") is True
    for key, field in (
        ("failsafeInboundHostPorts", "failsafe_inbound"),
        ("failsafeOutboundHostPorts", "failsafe_outbound"),
    ):
        dataplane = environment.dataplane or changed.get("dataplane")
        apart = dataplane is not Dataplane.EBPF and environment.version >= _FAMILIES_APART
        ports = _failsafes(spec.get(key), apart)
        if ports is not None:
            changed[field] = ports
    return replace(environment, **changed)


def find_unreadable(spec: Mapping[str, Any]) -> list[Diagnostic]:
    """Return the settings with which Felix does not start (die-on-fail in felix/config/config_params.go).

    A node then keeps what it enforced before, and a new one enforces nothing.
    """
    found: list[Diagnostic] = []
    for key in ("failsafeInboundHostPorts", "failsafeOutboundHostPorts"):
        written = spec.get(key)
        entries = written if isinstance(written, list) else [] if written is None else [None]
        for number, item in enumerate(entries):
            if _failsafe(item, families_apart=True) is None:
                found.append(_does_not_start(f"{key}[{number}]", "an entry has protocol tcp or udp, a port, and a net"))
    action = spec.get("defaultEndpointToHostAction")
    if action is not None and str(action).lower() not in _ACTIONS:
        found.append(_does_not_start("defaultEndpointToHostAction", "write Accept, Drop or Return"))
    return found


def _does_not_start(path: str, hint: str) -> Diagnostic:
    return problem(FELIX_STANDS_STILL, f"Felix does not start with what the cluster sets as {path}", hint=hint)


def _dataplane(spec: Mapping[str, Any]) -> Dataplane:
    if spec.get("bpfEnabled") is True:
        return Dataplane.EBPF
    return Dataplane.NFTABLES if str(spec.get("nftablesMode")).lower() == "enabled" else Dataplane.IPTABLES


def _failsafes(written: Any, families_apart: bool) -> frozenset[Failsafe] | None:
    if not isinstance(written, list):
        return None
    found = [_failsafe(item, families_apart) for item in written]
    return None if None in found else frozenset(item for item in found if item is not None)


def _failsafe(item: Any, families_apart: bool) -> Failsafe | None:
    """Read one entry; its net is of the other end, whichever that is: static.go matches the source of what comes in.

    No rule is made in the other family where `families_apart`; elsewhere that was not read, and is not known.
    """
    if not isinstance(item, Mapping):
        return None
    protocol, port = _PROTOCOLS.get(str(item.get("protocol")).lower()), item.get("port", 0)
    if protocol is None or not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        return None
    if not item.get("net"):
        return Failsafe(protocol, port)
    net = canonical_net(str(item["net"]))
    if net is None:
        return None
    nets = AddressSet.of_cidrs([net])
    others = (AddressSet.everything(family) for family in FAMILIES if nets.family(family).is_empty)
    perhaps = AddressSet.nothing() if families_apart else AddressSet.union(others)
    return Failsafe(protocol, port, nets, perhaps)
