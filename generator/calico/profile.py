"""Calico's profiles: what counts where no tier decided (calico.md 1.5, 2.3). Not to be confused with platforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from generator.calico.kinds import Kind
from generator.calico.metadata import Metadata
from generator.calico.resource import UnknownField
from generator.calico.rule import Rule


@dataclass(frozen=True, slots=True)
class ProfileSpec:
    """Rules and labels that an endpoint with this profile gets."""

    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    labels_to_apply: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """A Calico profile."""

    kind: ClassVar[Kind] = Kind.PROFILE
    metadata: Metadata
    spec: ProfileSpec = ProfileSpec()
    unknown: tuple[UnknownField, ...] = ()
