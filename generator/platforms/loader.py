"""From a profile file to a PlatformProfile: a shipped name or a path; `extends` lays one over another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Place, has_errors, problem
from generator.foundation.digest import digest_value
from generator.foundation.errors import InputError
from generator.foundation.paths import PathKind, path_kind, read_file
from generator.foundation.resources import list_data
from generator.foundation.source import Path as Way
from generator.foundation.source import SourceMap
from generator.foundation.spelling import did_you_mean
from generator.foundation.yaml_reader import decode_text, read_documents
from generator.intent.model import Layout
from generator.platforms import reader
from generator.platforms.codes import EXTENDS_ITSELF, UNKNOWN_PLATFORM, WRONG_VALUE
from generator.platforms.model import Capability, DnsFacts, Fact, PlatformProfile, Presence, WebhookFacts
from generator.platforms.reader import FactReader, nearest_source

SUFFIX: Final = ".yaml"
_TOP: Final = (
    "version", "name", "title", "extends", "edition", "calico", "calicoVersions", "apiGroup", "layout", "dns",
    "systemNamespaces", "metadata", "apiServer", "kubeletPorts", "nodePorts", "metricsPorts", "ingress",
    "ingressNetworks", "podCidrs", "serviceCidrs", "capabilities", "webhooks",
)  # fmt: skip
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "dns": ("pods", "service", "serviceAddresses", "nodeLocal", "nodeLocalPresence", "resolvers", "ports"),
    "metadata": ("addresses", "exempt"),
    "apiServer": ("agents", "ports"),
}
_OPEN_GROUPS: Final = ("capabilities", "webhooks")  # whose keys are names
_EDITIONS: Final = ("oss", "enterprise")


def list_profiles() -> list[str]:
    """Return the names of the shipped profiles."""
    return [item.name.removesuffix(SUFFIX) for item in list_data("profiles", SUFFIX)]


def load_profile(name_or_path: str) -> PlatformProfile:
    """Load a profile; raises InputError with every problem of the file, or with the names there are."""
    data, sources, name = _load(name_or_path, ())
    facts = FactReader(data, sources)
    facts.refuse_unknown((), _TOP)
    for group, known in _GROUPS.items():
        facts.refuse_unknown((group,), known)
    _check_frame(facts)
    profile = _build(facts, name)
    if has_errors(facts.problems):
        raise InputError(facts.problems)
    return replace(profile, digest=digest_value(data))


def _load(name_or_path: str, above: tuple[str, ...]) -> tuple[dict[str, Any], dict[Way, SourceMap], str]:
    """Read a profile and what it extends; for places it is remembered which file each part came from."""
    if name_or_path in above:
        summary = f"{' → '.join((*above, name_or_path))} is a circle"
        raise InputError([problem(EXTENDS_ITSELF, summary, place=Place(name_or_path))])
    text, file = _read(name_or_path)
    documents, problems = read_documents(text, file)
    if problems or len(documents) != 1 or not isinstance(documents[0].value, dict):
        problems = problems or [problem(WRONG_VALUE, "a profile is one YAML mapping", place=Place(file))]
        raise InputError(problems)
    data, source = documents[0].value, documents[0].source
    base = data.get("extends")
    if base is None:
        return data, {(): source}, name_or_path
    place = source.place(("extends",))
    if not isinstance(base, str):
        raise InputError([problem(WRONG_VALUE, "'extends' names a profile or a file", place=place, path="extends")])
    try:
        below, sources, _ = _load(_base_path(base, name_or_path), (*above, name_or_path))
    except InputError as error:
        found = [item if item.place.file else replace(item, place=place, path="extends") for item in error.diagnostics]
        raise InputError(found) from None
    return _lay_over(below, data, (), source, sources), sources, name_or_path


def _base_path(base: str, extending: str) -> str:
    """Return a shipped name as it is; a path counts from the folder of the file that extends it."""
    if base in list_profiles() or extending in list_profiles():
        return base
    return str(Path(extending).parent / base)


def _read(name_or_path: str) -> tuple[str, str]:
    shipped: dict[str, Traversable] = {item.name.removesuffix(SUFFIX): item for item in list_data("profiles", SUFFIX)}
    if name_or_path in shipped:
        return shipped[name_or_path].read_text("utf-8"), f"profiles/{name_or_path}{SUFFIX}"
    path = Path(name_or_path)
    if path_kind(path) is not PathKind.FILE:
        there_are = f"there are {', '.join(shipped)}; or give the path of a file"
        hint = f"{did_you_mean(name_or_path, shipped)} {there_are}".strip()
        raise InputError([problem(UNKNOWN_PLATFORM, f"no platform '{name_or_path}'", hint=hint)])
    try:
        data = read_file(path)
    except OSError as error:
        raise InputError([problem(FILE_UNREADABLE, str(error.strerror), place=Place(name_or_path))]) from error
    text, problems = decode_text(data, name_or_path)
    if problems:
        raise InputError(problems)
    return text, name_or_path


def _lay_over(
    below: Mapping[str, Any], above: Mapping[str, Any], way: Way, source: SourceMap, sources: dict[Way, SourceMap]
) -> dict[str, Any]:
    """Merge by key; a fact (a mapping with `value`) is replaced whole, so that a value never keeps another's source.

    `sources` learns which file each part is now from: what is not laid over stays where it was.
    """
    merged = dict(below)
    sources.update({(*way, part): nearest_source(sources, (*way, part)) for part in below if part not in above})
    for key, value in above.items():
        old = merged.get(key)
        here: Way = (*way, key)
        if isinstance(value, Mapping) and isinstance(old, Mapping) and "value" not in value:
            merged[key] = _lay_over(old, value, here, source, sources)
        else:
            merged[key] = value
            sources[here] = source
    sources[way] = source
    return merged


def _check_frame(facts: FactReader) -> None:
    """Report what is no fact and wrong: the version of the format, the edition, a group that is no mapping."""
    if facts.data.get("version", 1) != 1:
        facts.say(WRONG_VALUE, f"version {facts.data['version']!r} is not known", ("version",), "permitted: 1")
    edition = facts.data.get("edition", _EDITIONS[0])
    if edition not in _EDITIONS:
        facts.say(WRONG_VALUE, f"'{edition}' is no edition", ("edition",), f"permitted: {', '.join(_EDITIONS)}")
    for group in (*_GROUPS, *_OPEN_GROUPS):
        if not isinstance(facts.data.get(group, {}), Mapping):
            facts.say(WRONG_VALUE, f"'{group}' is a mapping of facts", (group,))


def _build(facts: FactReader, name: str) -> PlatformProfile:
    ports = reader.read_ports
    networks = reader.read_networks
    return PlatformProfile(
        name=facts.text("name", name),
        title=facts.text("title"),
        calico=facts.fact(("calico",), reader.read_text, "3.32"),
        calico_versions=facts.fact(("calicoVersions",), reader.read_texts, ()),
        enterprise=facts.data.get("edition") == "enterprise",
        api_group=facts.fact(("apiGroup",), reader.read_text, "projectcalico.org/v3"),
        layout=facts.fact(("layout",), reader.read_layout, Layout.TIERS),
        dns=_dns(facts),
        system_namespaces=facts.fact(("systemNamespaces",), reader.read_texts, ()),
        metadata_addresses=facts.fact(("metadata", "addresses"), networks, ()),
        metadata_exempt=facts.fact(("metadata", "exempt"), reader.read_exemptions, ()),
        api_server_sources=facts.fact(("apiServer", "agents"), reader.read_pods_list, ()),
        api_server_ports=facts.fact(("apiServer", "ports"), ports, ()),
        kubelet_ports=facts.fact(("kubeletPorts",), ports, ()),
        node_ports=facts.fact(("nodePorts",), ports, ()),
        metrics=facts.fact(("metricsPorts",), ports, ()),
        ingress=facts.optional(("ingress",), reader.read_pods),
        ingress_networks=facts.fact(("ingressNetworks",), networks, ()),
        pod_cidrs=facts.fact(("podCidrs",), networks, ()),
        service_cidrs=facts.fact(("serviceCidrs",), networks, ()),
        capabilities=_capabilities(facts),
        webhooks=_webhooks(facts),
        facts=tuple(sorted(facts.facts, key=lambda fact: fact.path)),
    )


def _dns(facts: FactReader) -> DnsFacts:
    return DnsFacts(
        pods=facts.optional(("dns", "pods"), reader.read_pods),
        service=facts.optional(("dns", "service"), reader.read_service),
        service_addresses=facts.fact(("dns", "serviceAddresses"), reader.read_networks, ()),
        node_local=facts.fact(("dns", "nodeLocal"), reader.read_networks, ()),
        node_local_presence=facts.fact(("dns", "nodeLocalPresence"), reader.read_presence, Presence.NEVER),
        resolvers=facts.fact(("dns", "resolvers"), reader.read_networks, ()),
        ports=facts.fact(("dns", "ports"), reader.read_ports, ()),
    )


def _capabilities(facts: FactReader) -> dict[str, Capability]:
    found: dict[str, Capability] = {}
    for name in facts.keys_below(("capabilities",)):
        fact = facts.optional(("capabilities", name), partial(reader.read_capability, name))
        if fact is not None:
            found[name] = replace(fact.value, fact=Fact(name, fact.source, fact.verified, fact.path))
    return found


def _webhooks(facts: FactReader) -> tuple[WebhookFacts, ...]:
    found = []
    for name in facts.keys_below(("webhooks",)):
        fact = facts.optional(("webhooks", name), reader.read_pods)
        if fact is not None:
            found.append(WebhookFacts(name, fact.value, Fact(name, fact.source, fact.verified, fact.path)))
    return tuple(found)
