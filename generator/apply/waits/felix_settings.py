"""Whether a node's Felix shows its metrics, and at which port, as its configuration says.

Felix takes a setting from the environment of its container before a FelixConfiguration of its node alone
(`node.NAME`), and that one before `default`. What its own file in the container says cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

METRICS_PORT: Final = 9091  # Felix's own default
PREFIX: Final = "felix_"  # of the names that Felix reads from its environment, in whatever case
_YES: Final = frozenset({"true", "1", "yes", "y", "t"})
_ENABLED: Final = "prometheusMetricsEnabled"
_PORT: Final = "prometheusMetricsPort"
_TLS: Final = ("prometheusMetricsKeyFile", "prometheusMetricsCertFile")  # with either, Felix speaks TLS
_DEFAULT: Final = "default"

Configurations = Mapping[str, Mapping[str, Any]]  # the spec of each FelixConfiguration, by name
Environment = Mapping[str, str]  # what Felix reads of its environment, names in lower case


@dataclass(frozen=True, slots=True)
class MetricsSetting:
    """What is said of one node: `on`, the port, whether it speaks TLS, who says `on`, and the line that turns it on."""

    on: bool
    port: int
    tls: bool
    said_by: str
    remedy: str


def metrics_setting(found: Configurations, environment: Environment, node: str, group: str) -> MetricsSetting:
    """Return what is said of a node; `group` is Calico's API group as in `projectcalico.org/v3`."""
    own = f"node.{node}"
    on, said_by = _look(found, environment, own, _ENABLED)
    port, _ = _look(found, environment, own, _PORT)
    tls = any(_look(found, environment, own, name)[0] for name in _TLS)
    return MetricsSetting(_is_on(on), _port(port), tls, said_by, _remedy(found, said_by, group))


def _look(found: Configurations, environment: Environment, own: str, name: str) -> tuple[Any, str]:
    """Return what counts of a setting, and who says it; None where nobody says anything."""
    variable = f"{PREFIX}{name.lower()}"
    if variable in environment:
        return environment[variable], variable.upper()
    for title in (own, _DEFAULT):
        value = found.get(title, {}).get(name)
        if value is not None:
            return value, f"FelixConfiguration {title}"
    return None, f"FelixConfiguration {_DEFAULT}"


def _is_on(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in _YES)


def _port(value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return METRICS_PORT
    return number if 0 < number < 1 << 16 else METRICS_PORT


def _remedy(found: Configurations, said_by: str, group: str) -> str:
    spec: dict[str, Any] = {_ENABLED: True}
    kind, _, name = said_by.partition(" ")
    if not name:
        return f"kubectl -n NAMESPACE set env daemonset/calico-node {kind}=true"
    if name in found:
        body = json.dumps({"spec": spec}, separators=(",", ":"))
        return f"kubectl patch felixconfigurations.{group.partition('/')[0]} {name} --type merge -p '{body}'"
    made = {"apiVersion": group, "kind": "FelixConfiguration", "metadata": {"name": name}, "spec": spec}
    return f"echo '{json.dumps(made, separators=(',', ':'))}' | kubectl create -f -"
