"""What a verdict rests on: verdicts of Calico's own code for one version, the reference for others (product.md 5)."""

from __future__ import annotations

from generator.calico.versions import NEWEST, Version


def is_by_vectors(version: Version) -> bool:
    """Tell whether verdicts of Calico's own code are at hand for a version: those of 3.32 are."""
    return version.minor_text == NEWEST.minor_text


def judged_by(version: Version) -> str:
    """Return the remark for a report on another version, "" for one that needs none."""
    return "" if is_by_vectors(version) else f"Calico {version.minor_text}: by reference, not by vectors"
