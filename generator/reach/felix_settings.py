"""What a FelixConfiguration changes of verdicts (calico.md 6.6); one that stands at its default is taken from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from generator.reach.environment import Dataplane, EndpointToHost, Environment, Failsafe

_PROTOCOLS: Final = {"tcp": 6, "udp": 17, "sctp": 132}
_ACTIONS: Final = {action.value.lower(): action for action in EndpointToHost}


def with_felix_settings(environment: Environment, spec: Mapping[str, Any]) -> Environment:
    """Return the environment with what the cluster's FelixConfiguration `default` says; what is stated otherwise stays.

    Failsafe ports are taken only where no entry is for certain networks alone.
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
        ports = _failsafes(spec.get(key))
        if ports is not None:
            changed[field] = ports
    return replace(environment, **changed)


def _dataplane(spec: Mapping[str, Any]) -> Dataplane:
    if spec.get("bpfEnabled") is True:
        return Dataplane.EBPF
    return Dataplane.NFTABLES if str(spec.get("nftablesMode")).lower() == "enabled" else Dataplane.IPTABLES


def _failsafes(written: Any) -> frozenset[Failsafe] | None:
    if not isinstance(written, list):
        return None
    found: set[Failsafe] = set()
    for item in written:
        if not isinstance(item, Mapping) or item.get("net"):
            return None
        protocol, port = _PROTOCOLS.get(str(item.get("protocol") or "tcp").lower()), item.get("port")
        if protocol is None or not isinstance(port, int):
            return None
        found.add((protocol, port))
    return frozenset(found)
