"""The proof that a rendered set is what its intent means, in words and as data."""

from __future__ import annotations

from typing import Any

from generator.equality.model import Proven
from generator.report.formats import count


def proof_line(proof: Proven | None) -> str:
    """Say in one line what was proven, and what had to be stood in for."""
    if proof is None:
        return "not proven"
    compared = f"{count(proof.pods, 'pod')} against {count(proof.places, 'place')}"
    stand_ins = f"; stood in for: {', '.join(proof.stand_ins)}" if proof.stand_ins else ""
    return f"proven equal to the intent, {compared}{stand_ins}"


def proof_data(proof: Proven | None) -> dict[str, Any] | None:
    """Return the same as data; None where nothing was proven."""
    if proof is None:
        return None
    return {"pods": proof.pods, "places": proof.places, "standIns": list(proof.stand_ins)}
