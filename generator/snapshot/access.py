"""Who talks to the API server, as far as manifests tell (RBAC), and whom it calls: webhooks and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from generator.snapshot.containers import read_port
from generator.snapshot.fields import Fields
from generator.snapshot.model import ApiCallback, RoleGrant, ServiceAccount

BINDING_KINDS: Final = frozenset(["RoleBinding", "ClusterRoleBinding"])
ROLE_KINDS: Final = frozenset(["Role", "ClusterRole"])
CALLBACK_KINDS: Final = frozenset(
    ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService", "CustomResourceDefinition"]
)
Resources = Mapping[tuple[str, str, str], tuple[str, ...]]  # (kind, namespace, name) of a role


@dataclass(frozen=True, slots=True)
class Binding:
    """A role binding as written; `namespace` is "" for a ClusterRoleBinding."""

    fields: Fields
    namespace: str
    name: str


def read_service_account(fields: Fields, namespace: str, name: str) -> ServiceAccount:
    """Read a ServiceAccount with its labels, which Calico's selectors can ask for."""
    return ServiceAccount(namespace, name, fields.mapping("metadata").labels("labels"))


def read_role(fields: Fields) -> tuple[str, ...]:
    """Return what a role gives access to: resources with their group, and paths of the API, sorted."""
    found: set[str] = set()
    for rule in fields.items("rules"):
        groups = [text for _, text in rule.texts("apiGroups")] or [""]
        for _, resource in rule.texts("resources"):
            found.update(f"{resource}.{group}" if group else resource for group in groups)
        found.update(text for _, text in rule.texts("nonResourceURLs"))
    return tuple(sorted(found))


def read_grants(bindings: Iterable[Binding], resources: Resources) -> Iterator[RoleGrant]:
    """Go through the service accounts that a binding names; of a role that is absent the resources are not known."""
    for binding in bindings:
        role = binding.fields.mapping("roleRef")
        kind, name = role.text("kind"), role.text("name")
        space = binding.namespace if kind == "Role" else ""
        for subject in binding.fields.items("subjects"):
            if subject.text("kind") != "ServiceAccount" or not subject.text("name"):
                continue
            namespace = subject.text("namespace") or binding.namespace
            if namespace:
                granted = resources.get((kind, space, name), ())
                yield RoleGrant(namespace, subject.text("name"), f"{kind}/{name}", granted, binding.fields.source)


def read_callbacks(fields: Fields, kind: str, name: str) -> Iterator[ApiCallback]:
    """Go through the Services that the API server calls for this object; port 443 where none is written."""
    spec = fields.mapping("spec")
    targets: list[Fields] = []
    match kind:
        case "APIService":
            targets.append(spec.mapping("service"))
        case "CustomResourceDefinition":
            conversion = spec.mapping("conversion")
            targets.append(conversion.way("webhook", "clientConfig", "service"))
            targets.append(conversion.way("webhookClientConfig", "service"))
        case _:
            targets.extend(item.way("clientConfig", "service") for item in fields.items("webhooks"))
    seen: set[tuple[str, str, int]] = set()
    for target in targets:
        key = (target.text("namespace"), target.text("name"), read_port(target, "port") or 443)
        if key[0] and key[1] and key not in seen:
            seen.add(key)
            yield ApiCallback(kind, name, *key, fields.source)
