"""What all typed objects have: metadata, a spec, and the fields that no version of the API knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that the API does not have: its path in the object and its value, kept aside."""

    path: str
    value: Any
