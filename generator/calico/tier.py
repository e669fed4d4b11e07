"""Tiers (calico.md 1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from generator.calico.kinds import Kind
from generator.calico.metadata import Metadata
from generator.calico.resource import UnknownField


@dataclass(frozen=True, slots=True)
class TierSpec:
    """Order and default action as written; unset they are 1,000,000 and Deny."""

    order: int | float | None = None
    default_action: str | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier of policies."""

    kind: ClassVar[Kind] = Kind.TIER
    metadata: Metadata
    spec: TierSpec = TierSpec()
    unknown: tuple[UnknownField, ...] = ()
