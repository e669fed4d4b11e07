"""A proposal as an intent file: each line with its evidence in a comment, uncertain lines as comments themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from generator.discover.proposal import (
    Evidence,
    Proposal,
    ProposedExposure,
    ProposedExternal,
    ProposedFact,
    ProposedNeed,
    ProposedService,
)
from generator.foundation.diagnostics import Place
from generator.foundation.yaml_writer import write_scalar_text
from generator.intent.model import Labels, PortSpec

# More evidence than this on one line helps nobody; the rest is counted.
_SHOWN = 3


def write_proposal(proposal: Proposal) -> str:
    """Write the proposal as YAML that loads as an intent without any edit; what is uncertain stands commented out."""
    proposal = _with_short_places(proposal)
    lines = list(_head(proposal))
    lines.append("services:")
    for service in proposal.services:
        lines.extend(_service(service, proposal))
    lines.extend(_externals(proposal.externals))
    lines.extend(_cluster(proposal.cluster))
    lines.extend(_shared(proposal.shared))
    lines.extend(_closing(proposal))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _with_short_places(proposal: Proposal) -> Proposal:
    """Write places from the folder on that was read, which the head of the file names."""
    folder = f"{proposal.origin.rstrip('/')}/"

    def short(value: Any) -> Any:
        if isinstance(value, Place):
            return replace(value, file=value.file.removeprefix(folder))
        if isinstance(value, tuple):
            return tuple(short(item) for item in value)
        if is_dataclass(value) and not isinstance(value, type | PortSpec):
            return replace(value, **{item.name: short(getattr(value, item.name)) for item in fields(value)})
        return value

    found = short(proposal)
    assert isinstance(found, Proposal)
    return found


def _head(proposal: Proposal) -> Iterator[str]:
    yield f"# Proposed by ringfence init from {_origin(proposal.origin)}. Each line says what it rests on."
    yield "# What is commented out is uncertain: uncomment it if it is true. The list at the end says what is open."
    yield "version: 1"
    yield f"name: {write_scalar_text(proposal.name)}"
    yield f"platform: {write_scalar_text(proposal.platform)}"
    for item in proposal.target:
        yield f"{item.key}: {write_scalar_text(item.value)}{_comment([item.evidence])}"
    yield f"namespace: {write_scalar_text(proposal.namespace)}"


def _service(service: ProposedService, proposal: Proposal) -> Iterator[str]:
    off = bool(service.why)
    if off:
        yield f"  # uncertain: {_plain(service.why)}"
    for line in _service_lines(service, proposal):
        # A service that cannot be written is a comment as a whole, so that it can be uncommented as a whole.
        yield f"  # {line[2:]}" if off else line


def _service_lines(service: ProposedService, proposal: Proposal) -> Iterator[str]:
    yield f"  {write_scalar_text(service.name)}:{_comment(service.evidence)}"
    if service.namespace != proposal.namespace:
        yield f"    namespace: {write_scalar_text(service.namespace)}"
    if service.labels:
        yield f"    select: {_labels(service.labels)}{_comment(filter(None, [service.selected]))}"
    if service.schedule:
        yield f"    schedule: {_quoted(service.schedule)}{_comment(filter(None, [service.scheduled]))}"
    yield from _ports(service)
    yield from _list("exposed", service.exposed, _exposure)
    yield from _list("needs", service.needs, lambda need: _need(need, proposal))


def _ports(service: ProposedService) -> Iterator[str]:
    certain = [port for port in service.ports if not port.why]
    if service.ports:
        yield "    ports:" if certain else "    # ports:"
    for port in service.ports:
        if port.why:
            yield f"    # - {_port(port.port)}{_comment([port.evidence], f'uncertain: {port.why}')}"
        else:
            yield f"    - {_port(port.port)}{_comment([port.evidence])}"


def _list(key: str, items: Sequence[object], write: object) -> Iterator[str]:
    if not items:
        return
    assert callable(write)
    rows = [write(item) for item in items]
    yield f"    {key}:" if any(certain for certain, _ in rows) else f"    # {key}:"
    for certain, text in rows:
        yield f"    - {text}" if certain else f"    # - {text}"


def _exposure(exposed: ProposedExposure) -> tuple[bool, str]:
    text = f"{{by: {exposed.by}, ports: {_port_list(exposed.ports)}}}" if exposed.ports else exposed.by
    remark = f"uncertain: {exposed.why}" if exposed.why else ""
    return not exposed.why, text + _comment(exposed.evidence, remark)


def _need(need: ProposedNeed, proposal: Proposal) -> tuple[bool, str]:
    target = write_scalar_text(need.target)
    text = target
    if need.ports and need.kind in ("service", "external"):
        text = f"{{{need.kind}: {target}, ports: {_port_list(need.ports)}}}"
    remarks = [f"uncertain: {need.why}"] if need.why else []
    if need.allowed and need.evidence != need.allowed:
        remarks.append("allowed today")
    certain = need.certain and not _points_to_comment(need, proposal)
    return certain, text + _comment(need.evidence, "; ".join(remarks))


def _points_to_comment(need: ProposedNeed, proposal: Proposal) -> bool:
    """Tell whether the target is itself only a comment, so that naming it would not load."""
    off = {service.name for service in proposal.services if service.why} if need.kind == "service" else set()
    off |= {item.name for item in proposal.externals if item.why} if need.kind == "external" else set()
    return need.target in off


def _externals(externals: Sequence[ProposedExternal]) -> Iterator[str]:
    if not externals:
        return
    yield "externals:" if any(not item.why for item in externals) else "# externals:"
    for item in externals:
        what = f"domains: {_flow(item.domains)}" if item.domains else f"cidrs: {_flow(item.cidrs)}"
        text = f"  {write_scalar_text(item.name)}: {{{what}, ports: {_port_list(item.ports)}}}"
        remark = f"uncertain: {item.why}" if item.why else ""
        yield ("# " if item.why else "") + text + _comment(item.evidence, remark)


def _cluster(facts: Sequence[ProposedFact]) -> Iterator[str]:
    if facts:
        yield "cluster:"
    for fact in facts:
        yield f"  {fact.key}: {_flow(fact.addresses)}{_comment([fact.evidence])}"


def _shared(shared: Sequence[Evidence]) -> Iterator[str]:
    if not shared:
        return
    yield "# shared:  # who scrapes is not in these manifests; name its pods and the ports"
    yield "#   prometheus: {from: {namespace: monitoring, select: {app: prometheus}}, to: all, ports: [metrics]}"
    for item in shared:
        yield f"#   {_plain(str(item))}"


def _closing(proposal: Proposal) -> Iterator[str]:
    uncertain = list(_uncertain(proposal))
    if uncertain:
        yield ""
        yield "# Uncertain:"
        yield from (f"#   {_plain(line)}" for line in uncertain)
    if proposal.dangling:
        yield ""
        yield "# Named, but nothing in the input answers:"
        for item in proposal.dangling:
            yield f"#   {item.service} -> {_plain(item.address)}: {_plain(str(item.evidence))}"
    if proposal.unseen or proposal.notes:
        yield ""
        yield "# What these manifests cannot show:"
        for line in (*proposal.notes, *proposal.unseen):
            yield f"#   {_plain(line)}"


def _uncertain(proposal: Proposal) -> Iterator[str]:
    for service in proposal.services:
        if service.why:
            yield f"{service.name} is left out: {service.why}"
        for exposed in service.exposed:
            if exposed.why:
                yield f"{exposed.by} -> {service.name}: {exposed.why}"
        alike: dict[str, list[str]] = {}
        for need in service.needs:
            if not need.certain:
                alike.setdefault(need.why, []).append(need.target)
        for why, targets in alike.items():
            yield f"{service.name} -> {', '.join(targets)}: {why}"


def _comment(evidence: Iterable[Evidence], remark: str = "") -> str:
    rows = list(evidence)
    shown = [str(item) for item in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        shown.append(f"and {len(rows) - _SHOWN} more")
    text = "; ".join(filter(None, [_plain(remark), *map(_plain, shown)]))
    return f"  # {text}" if text else ""


def _origin(origin: str) -> str:
    return "standard input" if origin == "-" else _plain(origin)


def _plain(text: str) -> str:
    """Make a text fit for a comment: one line, nothing that a terminal or a YAML reader would act on."""
    return "".join(char if char.isprintable() else " " for char in text)


def _labels(labels: Labels) -> str:
    parts = [f"{_flow_text(key)}: {_flow_text(value)}" for key, value in labels]
    return "{" + ", ".join(parts) + "}"


def _flow(texts: Iterable[str]) -> str:
    return "[" + ", ".join(_flow_text(text) for text in texts) + "]"


def _flow_text(text: str) -> str:
    written = write_scalar_text(text)
    return _quoted(text) if written == text and any(char in text for char in ",[]{}*&!|>'\"%@`") else written


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _port(port: PortSpec) -> str:
    if port.protocol == "TCP" and port.first == port.last:
        return str(port.first)
    number = str(port.first) if port.first == port.last else f"{port.first}-{port.last}"
    return number if port.protocol == "TCP" else f"{number}/{port.protocol}"


def _port_list(ports: Iterable[PortSpec]) -> str:
    return "[" + ", ".join(_port(port) for port in ports) + "]"
