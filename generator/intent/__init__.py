"""The intent file: what the user wrote, checked and resolved; its overlays and its JSON Schema.

Nothing here knows how the intent becomes policies.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.intent.checks import check_capabilities, check_owned_pods, expired_exceptions, unjudged_expectations
    from generator.intent.expectation_file import load_expectations
    from generator.intent.loader import LoadedIntent, load_intent, resolve_file, write_effective
    from generator.intent.ports import parse_port
    from generator.intent.schema import intent_schema

# pydantic takes its time to import, so the loader and the schema wait until they are asked for.
_HOMES = {
    "LoadedIntent": "loader",
    "check_capabilities": "checks",
    "check_owned_pods": "checks",
    "expired_exceptions": "checks",
    "intent_schema": "schema",
    "load_expectations": "expectation_file",
    "load_intent": "loader",
    "parse_port": "ports",
    "resolve_file": "loader",
    "unjudged_expectations": "checks",
    "write_effective": "loader",
}

__all__ = [
    "LoadedIntent",
    "check_capabilities",
    "check_owned_pods",
    "expired_exceptions",
    "intent_schema",
    "load_expectations",
    "load_intent",
    "parse_port",
    "resolve_file",
    "unjudged_expectations",
    "write_effective",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"generator.intent.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'generator.intent' has no attribute '{name}'")
