"""Expectations: from the words of the file to ends, and to the ports that are meant."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from itertools import product
from typing import Final

from generator.foundation.source import Path
from generator.intent.codes import ANYWHERE, EXPECTATION, UNKNOWN_NAME
from generator.intent.context import Resolving, pods_of, ports_of, refuse_empty
from generator.intent.expectation import (
    End,
    Expectation,
    ExternalEnd,
    NetworksEnd,
    PodsEnd,
    SelectorEnd,
    Word,
    WordEnd,
)
from generator.intent.file_model import CidrsPart, ExpectationPart, PodsPart, SelectedPart
from generator.intent.model import External, PodSelection, PortSpec, Service
from generator.intent.networks import parse_network, sort_networks
from generator.intent.problems import ValueProblem
from generator.intent.resolve_externals import refuse_named_ports

WORDS: Final[Mapping[str, Word]] = {**{word.value: word for word in Word}, "anywhere": Word.INTERNET}
_WITHOUT_NAMES: Final = frozenset({Word.NODES, Word.OUTSIDE, Word.INTERNET})

Items = Mapping[str, Service | External]


def resolve_expectations(
    run: Resolving, services: Mapping[str, Service], externals: Mapping[str, External]
) -> tuple[Expectation, ...]:
    """Return the expectations, each once; a list of ends is one statement for each of them.

    A `must` without ports takes those of its target, a `mustNot` without means every packet.
    """
    expect = run.file.expect
    if expect is None:
        return ()
    items: Items = {**externals, **services}
    found: dict[str, Expectation] = {}
    for must, key, parts in ((True, "must", expect.must), (False, "mustNot", expect.must_not)):
        for position, part in enumerate(parts):
            for item in _of_part(run, must, part, items, ("expect", key, position)):
                found.setdefault(f"{not must} {item}", item)
    return tuple(item for _, item in sorted(found.items()))


def _of_part(run: Resolving, must: bool, part: ExpectationPart, items: Items, path: Path) -> list[Expectation]:
    refuse_empty(run, part.ports, (*path, "ports"), "leave it out, or name ports")
    ends: dict[str, list[End]] = {}
    before = len(run.problems)
    for key, value in (
        ("from", part.from_),
        ("to", part.to),
        ("exceptFrom", part.except_from),
        ("exceptTo", part.except_to),
    ):
        ends[key] = _ends(run, value, items, (*path, key))
    if len(run.problems) > before or not (ends["from"] and ends["to"]):
        return []
    return [
        Expectation(
            must,
            source,
            target,
            _ports(run, must, part, target, items, path),
            run.origin(f"expect.{'must' if must else 'mustNot'}[{source.text}->{target.text}]", path),
            _sorted(ends["exceptFrom"]),
            _sorted(ends["exceptTo"]),
        )
        for source, target in product(ends["from"], ends["to"])
    ]


def _sorted(ends: list[End]) -> tuple[End, ...]:
    return tuple(sorted(dict.fromkeys(ends), key=lambda end: end.text))


def _ends(run: Resolving, value: object, items: Items, path: Path) -> list[End]:
    """Return the ends of one entry or of a list of them; what means nothing is reported."""
    if value is None:
        return []
    if not isinstance(value, list):
        found = _end(run, value, items, path)
        return [found] if found is not None else []
    refuse_empty(run, value, path, "name somebody; an empty list never means all")
    ends = [_end(run, entry, items, (*path, position)) for position, entry in enumerate(value)]
    return [end for end in ends if end is not None]


def _end(run: Resolving, value: object, items: Items, path: Path) -> End | None:
    match value:
        case SelectedPart():
            where = f" in {value.namespace}" if value.namespace is not None else ""
            return SelectorEnd(f"{value.selector}{where}", value.selector, value.namespace or "")
        case CidrsPart():
            refuse_empty(run, value.cidrs, (*path, "cidrs"), "name ranges; an empty list never means any")
            networks = sort_networks(value.cidrs)
            return NetworksEnd(", ".join(map(str, networks)), networks) if networks else None
        case PodsPart():
            pods = pods_of(run, value, path)
            return PodsEnd(describe_pods(pods), pods)
        case str(text):
            return _named(run, text, items, path)
        case _:
            return None


def describe_pods(pods: PodSelection) -> str:
    """Return a selection in one line: `shop/*`, `shop/app=web`, `shop/app=web (account high)`."""
    labels = ",".join(f"{key}={value}" for key, value in pods.labels) or "*"
    return f"{pods.namespace}/{labels}" + (f" (account {pods.service_account})" if pods.service_account else "")


def _named(run: Resolving, text: str, items: Items, path: Path) -> End | None:
    if text in WORDS:
        if text in items:
            hint = "say whom you mean by {namespace: ..., select: {...}} or {cidrs: [...]}, or rename the item"
            run.report(EXPECTATION, f"'{text}' is an item of this intent, and a word for what it says", path, hint)
            return None
        return WordEnd(text, WORDS[text])
    match items.get(text):
        case Service() as service:
            return PodsEnd(text, service.pods)
        case External() as external:
            return ExternalEnd(text, external)
        case _:
            return _range(run, text, items, path)


def _range(run: Resolving, text: str, items: Items, path: Path) -> End | None:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        if not (run.incomplete(("services", text)) or run.incomplete(("externals", text))):
            forms = f"write a service, an external, an address range, {{namespace: ...}}, or one of {', '.join(WORDS)}"
            hint = f"{run.suggest(text, {*items, *WORDS})} {forms}".strip()
            run.report(UNKNOWN_NAME, f"'{text}' is nothing that this intent knows", path, hint)
        return None
    try:
        network = parse_network(text)
    except ValueProblem as error:
        run.report(error.code, error.summary, path, error.hint)
        return None
    if network.prefixlen == 0:
        run.report(ANYWHERE, f"'{text}' is the whole address space", path, "write internet, outside or all")
        return None
    return NetworksEnd(str(network), (network,))


def _ports(
    run: Resolving, must: bool, part: ExpectationPart, target: End, items: Items, path: Path
) -> tuple[PortSpec, ...]:
    match target:
        case NetworksEnd() | ExternalEnd():
            refuse_named_ports(run, part.ports, (*path, "ports"))
        case WordEnd(_, word) if word in _WITHOUT_NAMES:
            refuse_named_ports(run, part.ports, (*path, "ports"))
        case _:
            pass
    if part.ports or not must:
        return ports_of(part.ports or ())
    item = items.get(target.text) if isinstance(target, PodsEnd | ExternalEnd) else None
    ports = item.ports if item is not None else ()
    if not ports and part.ports is None and not run.incomplete(path):
        run.report(EXPECTATION, "the expectation has no ports", path, "write `ports:`; the target does not say them")
    return ports
