"""The JSON Schema of a profile file, so that editors complete one's own; the loader is stricter (addresses, places)."""

from __future__ import annotations

from typing import Any, Final

from generator.intent.model import Layout
from generator.platforms.model import Presence

_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1}
_TEXTS: Final[dict[str, Any]] = {"type": "array", "items": _TEXT}
_PORT: Final[dict[str, Any]] = {
    "anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, _TEXT],
    "description": "A port of the pods: 8080, 53/UDP, 30000-32767/TCP.",
}
_PORTS: Final[dict[str, Any]] = {"type": "array", "items": _PORT}
_NETWORKS: Final[dict[str, Any]] = {"type": "array", "items": {**_TEXT, "description": "A range or an address."}}
_SERVICE: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["namespace", "name"],
    "properties": {"namespace": _TEXT, "name": _TEXT},
}
_PODS: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["namespace", "labels"],
    "properties": {
        "namespace": _TEXT,
        "labels": {"type": "object", "minProperties": 1, "additionalProperties": _TEXT},
        "ports": _PORTS,
        "hostNetwork": {"type": "boolean"},
    },
}
_PEER: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "service": _SERVICE,
        "pods": _PODS,
        "networks": _NETWORKS,
        "nodes": {"type": "boolean"},
        "ports": _PORTS,
    },
    "oneOf": [{"required": [key]} for key in ("service", "pods", "networks", "nodes")],
}
_CAPABILITY: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "peers"],
    "properties": {"title": _TEXT, "peers": {"type": "array", "minItems": 1, "items": _PEER}},
}
_EXEMPTION: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["address", "port"],
    "properties": {"address": _TEXT, "port": _PORT},
}


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile file; a profile without `extends` states every required fact itself."""
    presence = {"enum": [item.value for item in Presence]}
    properties: dict[str, Any] = {
        "version": {"const": 1},
        "name": _TEXT,
        "title": _TEXT,
        "extends": {**_TEXT, "description": "A shipped profile, or a file beside this one, that this is laid over."},
        "edition": {"enum": ["oss", "enterprise"]},
        "calico": _fact(_TEXT),
        "calicoVersions": _fact(_TEXTS),
        "apiGroup": _fact(_TEXT),
        "layout": _fact({"enum": [item.value for item in Layout]}),
        "dns": _group(
            pods=_or_none(_fact(_PODS)),
            service=_or_none(_fact(_SERVICE)),
            serviceAddresses=_fact(_NETWORKS),
            nodeLocal=_fact(_NETWORKS),
            nodeLocalPresence=_fact(presence),
            resolvers=_fact(_NETWORKS),
            ports=_fact(_PORTS),
        ),
        "systemNamespaces": _fact({**_TEXTS, "description": "Names; one that ends in * stands for all that begin so."}),
        "metadata": _group(addresses=_fact(_NETWORKS), exempt=_fact({"type": "array", "items": _EXEMPTION})),
        "apiServer": _group(agents=_fact({"type": "array", "items": _PODS}), ports=_fact(_PORTS)),
        "kubeletPorts": _fact(_PORTS),
        "nodePorts": _fact(_PORTS),
        "metricsPorts": _fact(_PORTS),
        "ingress": _or_none(_fact(_PODS)),
        "ingressNetworks": _fact(_NETWORKS),
        "podCidrs": _fact(_NETWORKS),
        "serviceCidrs": _fact(_NETWORKS),
        "capabilities": {"type": "object", "additionalProperties": _or_none(_fact(_CAPABILITY))},
        "webhooks": {"type": "object", "additionalProperties": _or_none(_fact(_PODS))},
    }
    optional = {"version", "extends", "edition", "ingress", "capabilities", "webhooks"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Platform profile",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "title"],
        "properties": properties,
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": [key for key in properties if key not in optional]},
    }


def _fact(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["value", "source", "verified"],
        "properties": {
            "value": value,
            "source": {**_TEXT, "description": "Where the value is from."},
            "verified": {"type": "boolean", "description": "Whether the source was opened and says so."},
            "file": {**_TEXT, "description": "The published manifest that holds the value."},
        },
    }


def _group(**facts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": facts}


def _or_none(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}
