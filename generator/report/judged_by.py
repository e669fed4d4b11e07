"""What a verdict rests on: verdicts of Calico's own code for one version, the reference for others (product.md 5)."""

from __future__ import annotations

from typing import Any, Final

from generator.calico.versions import NEWEST
from generator.reach.environment import Dataplane, Environment, Staged

_BY_VECTORS: Final = (None, Dataplane.IPTABLES)


def is_by_vectors(environment: Environment) -> bool:
    """Tell whether verdicts of Calico's own code are at hand: those of 3.32 with iptables are."""
    return environment.version.minor_text == NEWEST.minor_text and environment.dataplane in _BY_VECTORS


def judged_by(environment: Environment) -> str:
    """Return what a reader must know of the question itself, "" where nothing is special."""
    remarks: list[str] = []
    if not is_by_vectors(environment):
        dataplane = "" if environment.dataplane in _BY_VECTORS else f" with {environment.dataplane}"
        remarks.append(f"Calico {environment.version.minor_text}{dataplane}: by reference, not by vectors")
    if environment.staged is Staged.ENFORCED:
        remarks.append("staged policies count as if they were promoted")
    return "; ".join(remarks)


def judged_data(environment: Environment) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "calico": str(environment.version),
        "dataplane": str(environment.dataplane or Dataplane.IPTABLES),
        "staged": str(environment.staged),
        "byVectors": is_by_vectors(environment),
    }
