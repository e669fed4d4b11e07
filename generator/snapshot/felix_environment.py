"""What the environment of calico-node says of Felix: it goes before every FelixConfiguration.

Felix takes FELIX_FOO for the setting foo, whatever the case, and passes over empty values; of several sources the
environment is the first (Calico's felix/config/env_var_loader.go and config_params.go). The published manifests and the
operator set FELIX_DEFAULTENDPOINTTOHOSTACTION that way; where neither it nor a FelixConfiguration says anything, Felix
drops what pods send to their own node (calico.md 6.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

PREFIX: Final = "felix_"
CONTAINER: Final = "calico-node"
_TO_HOST: Final = "defaultEndpointToHostAction"
_TRUE: Final = frozenset({"true", "1", "yes", "y", "t"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "f"})


def felix_environment(pod: Any, settings: Iterable[str]) -> dict[str, Any]:
    """Return of the settings those that the spec of a calico-node pod sets, as a FelixConfiguration would hold them.

    What stands nowhere as a plain value, or is no value of its setting, is left out.
    """
    known = {name.lower(): name for name in settings}
    found: dict[str, Any] = {}
    for container in _items(_get(pod, "containers")):
        for item in _items(_get(container, "env")) if _get(container, "name") == CONTAINER else ():
            key, value = str(_get(item, "name")).lower(), _get(item, "value")
            name = known.get(key.removeprefix(PREFIX)) if key.startswith(PREFIX) else None
            read = _read(name, value) if name is not None and isinstance(value, str) and value else None
            if name is not None and read is not None:
                found[name] = read
    return found


def unsaid_settings(pod: Any) -> dict[str, Any]:
    """Return what holds of the settings if a FelixConfiguration is silent too; nothing where the pod runs no Felix.

    Only what an installed Calico has otherwise: the rest is at Felix's default anyway.
    """
    agents = [item for item in _items(_get(pod, "containers")) if _get(item, "name") == CONTAINER]
    names = {str(_get(row, "name")).lower() for item in agents for row in _items(_get(item, "env"))}
    if not agents or any(_get(item, "envFrom") for item in agents) or f"{PREFIX}{_TO_HOST.lower()}" in names:
        return {}
    return {_TO_HOST: "Drop"}


def _read(name: str, value: str) -> Any:
    return _READERS.get(name, str)(value)


def _flag(value: str) -> bool | None:
    return True if value.lower() in _TRUE else False if value.lower() in _FALSE else None


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() else None


def _failsafes(value: str) -> list[dict[str, Any]] | None:
    """Read `tcp:22,udp:10.0.0.0/8:68,179`; `none` means no port at all."""
    found: list[dict[str, Any]] = []
    for text in filter(None, (part.strip() for part in value.split(","))) if value.lower() != "none" else ():
        rest, _, port = text.rpartition(":")
        protocol, _, net = rest.partition(":")
        net = net.removeprefix("[").removesuffix("]")  # as IPv6 is written
        number = _number(port)
        if number is None:
            return None
        found.append({"protocol": protocol or "tcp", "port": number, **({"net": net} if net else {})})
    return found


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "bpfEnabled": _flag,
    "allowVXLANPacketsFromWorkloads": _flag,
    "allowIPIPPacketsFromWorkloads": _flag,
    "vxlanPort": _number,
    "logActionRateLimitBurst": _number,
    "failsafeInboundHostPorts": _failsafes,
    "failsafeOutboundHostPorts": _failsafes,
}


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None
