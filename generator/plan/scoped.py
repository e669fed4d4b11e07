"""A global policy that reaches some namespaces, and its forms while it reaches fewer or more of them.

The default deny of a tier of ours grows namespace by namespace, the bridge shrinks: both are one policy whose
namespaceSelector is written again and again. Where the selector would grow past its limit in between, the rest stands
in further policies of the same content, each namespace with a fixed home in one of them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.manifest import write_manifest
from generator.calico.objects import Identity
from generator.calico.rewrite import NAME_LABEL
from generator.layers.scope import MAX_SELECTOR, namespace_selector
from generator.plan.model import Manifest
from generator.selectors import Equal, In, SelectorError, evaluate_selector, parse_selector, walk_selector

NOBODY: Final = f"{NAME_LABEL} == ''"  # no namespace has an empty name
_UNNAMED: Final = "\x00"  # stands for every namespace that no selector names


@dataclass(frozen=True, slots=True)
class Reach:
    """The namespaces that a policy reaches: those known by name, and whether `rest` all others belong to it too."""

    spaces: frozenset[str] = frozenset()
    rest: bool = False


def read_reach(manifest: Manifest, universe: Mapping[str, Mapping[str, str]]) -> Reach:
    """Return which namespaces of the universe (name to labels) a global policy's namespaceSelector takes."""
    spec = manifest.get("spec")
    text = spec.get("namespaceSelector") if isinstance(spec, Mapping) else None
    try:
        node = parse_selector(text if isinstance(text, str) else "")
    except SelectorError:
        node = parse_selector("")  # Calico drops what it cannot read, and the policy reaches all (calico.md 3.5)
    spaces = {name for name, labels in universe.items() if evaluate_selector(node, {**labels, NAME_LABEL: name})}
    return Reach(frozenset(spaces), evaluate_selector(node, {NAME_LABEL: _UNNAMED}))


def named_spaces(manifest: Manifest) -> frozenset[str]:
    """Return the namespaces that a namespaceSelector asks for by name."""
    spec = manifest.get("spec")
    text = spec.get("namespaceSelector") if isinstance(spec, Mapping) else None
    try:
        node = parse_selector(text if isinstance(text, str) else "")
    except SelectorError:
        return frozenset()
    names: set[str] = set()
    for part in walk_selector(node):
        match part:
            case Equal(label, value) if label == NAME_LABEL and value:
                names.add(value)
            case In(label, values) if label == NAME_LABEL:
                names.update(values)
            case _:
                pass
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Form:
    """The form in which objects are written: API group and version of Calico."""

    api_group: str
    version: str

    def write(self, manifest: Manifest) -> dict[str, Any]:
        """Return a v3 manifest in this form."""
        return write_manifest(manifest, self.api_group, self.version)


@dataclass(frozen=True, slots=True)
class ScopedPolicy:
    """One policy with the reach it has today and the one it is to have.

    `template` is the v3 manifest from which those in between are made, written in `form`. `live` and `target` are the
    exact manifests at both ends, None where it is not there. `keep_empty`: reaching nobody it stays, with a selector
    that takes nobody.
    """

    identity: Identity
    form: Form
    template: Manifest
    live: Manifest | None
    live_reach: Reach
    target: Manifest | None
    target_reach: Reach
    keep_empty: bool = False

    @property
    def direction(self) -> str:
        """Return the direction that it governs; "" where it governs both."""
        types: tuple[str, ...] = tuple(self.template["spec"].get("types") or ())
        return str(types[0]) if len(types) == 1 else ""

    def homes(self) -> tuple[tuple[str, ...], ...]:
        """Return all namespaces it ever reaches, in groups that one selector holds; the first group is its own."""
        return split_names(self.live_reach.spaces | self.target_reach.spaces)

    def objects_at(self, reach: Reach) -> dict[Identity, Manifest]:
        """Return the objects that give it this reach."""
        if self.target is not None and reach == self.target_reach:
            return {self.identity: self.target}
        if self.live is not None and reach == self.live_reach:
            return {self.identity: self.live}
        if reach.rest:
            whole = self.target if self.target is not None and self.target_reach.rest else self.live
            return {} if whole is None else {self.identity: whole}
        result: dict[Identity, Manifest] = {}
        for number, home in enumerate(self.homes()):
            names = [name for name in home if name in reach.spaces]
            identity = self.further(number)
            if names:
                changed = with_names(self.template, names, "" if number == 0 else identity.name)
                result[identity] = self.form.write(changed)
        if self.keep_empty and self.identity not in result:
            result[self.identity] = self.form.write(with_names(self.template, []))
        return result

    def further(self, number: int) -> Identity:
        """Return the identity of the policy that holds group `number`."""
        if number == 0:
            return self.identity
        tier, dot, label = self.identity.name.rpartition(".")
        return Identity(Kind.GLOBAL_NETWORK_POLICY, "", f"{tier}{dot}{label[:52].rstrip('-')}-more-{number}")


def split_names(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Group names so that the selector of a group stays within its limit; one group of none for no names."""
    groups: list[tuple[str, ...]] = []
    batch: list[str] = []
    for name in sorted(names):
        if batch and len(namespace_selector([*batch, name])) > MAX_SELECTOR:
            groups.append(tuple(batch))
            batch = []
        batch.append(name)
    return (*groups, tuple(batch))


def with_names(template: Manifest, names: list[str], rename: str = "") -> dict[str, Any]:
    """Return the manifest with a namespaceSelector of exactly these names, renamed where another name is given."""
    manifest: dict[str, Any] = copy.deepcopy(dict(template))
    spec = dict(manifest["spec"])
    selector = namespace_selector(names) if names else NOBODY
    if "namespaceSelector" in spec:
        spec["namespaceSelector"] = selector
    else:
        spec = {**spec, "namespaceSelector": selector}
    manifest["spec"] = spec
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in SERVER_FIELDS}
    if rename:
        metadata["name"] = rename
    manifest["metadata"] = metadata
    manifest.pop("status", None)
    return manifest


# What only a server sets; a manifest that is sent carries none of it.
SERVER_FIELDS: Final = frozenset(
    {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "deletionTimestamp"}
)
