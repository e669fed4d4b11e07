"""V16 to V19: networks of rules, their family, and what is left out by notNets (calico.md 4.5)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, shown
from generator.foundation.source import Path

_LENGTH: Final = re.compile(r"0*([0-9]{1,3})")  # Go reads any number of zeros before a length
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")


class Net(NamedTuple):
    """A CIDR as Calico reads it; `written` is the text in its shortest strictly masked form."""

    family: int
    strict: bool
    everything: bool
    written: str


@lru_cache(maxsize=65536)
def read_cidr(text: str) -> Net | None:
    """Read an address with a length as Go's parser does, None for anything else.

    An IPv4 address in IPv6 notation counts as IPv4 as long as its mask keeps the prefix of such addresses.
    """
    address_text, slash, length_text = text.partition("/")
    digits = _LENGTH.fullmatch(length_text)
    if not slash or digits is None:
        return None
    address = read_address(address_text)
    length = int(digits[1])
    if address is None or length > address.max_prefixlen:
        return None
    net = ipaddress.ip_network((address, length), strict=False)
    if isinstance(net, ipaddress.IPv6Network) and net.network_address in _MAPPED:
        inner = net.network_address.ipv4_mapped
        return Net(4, net.network_address == address, False, f"{inner}/{max(length - 96, 0)}")
    strict = net.network_address == address
    if isinstance(address, ipaddress.IPv6Address) and address in _MAPPED:
        strict = False  # Go shows such an address as IPv4 and its network as IPv6
    return Net(net.version, strict, length == 0 and int(net.network_address) == 0, str(net))


@lru_cache(maxsize=65536)
def read_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address without zone, None for anything else."""
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_cidr_or_address(text: str) -> bool:
    """Tell whether a network set takes the text; the empty text passes Calico's parser."""
    return text == "" or read_cidr(text) is not None or read_address(text) is not None


_LISTS: Final = (
    ("source", "nets", "Source.Nets", "Nets"),
    ("source", "notNets", "Source.NotNets", "NotNets"),
    ("destination", "nets", "Destination.Nets", "Nets"),
    ("destination", "notNets", "Destination.NotNets", "NotNets"),
)


def check_nets(rule: Mapping[str, Any], path: Path, out: Findings) -> None:
    """Check the four lists of networks of a rule: each net, one family in all of them, and ipVersion."""
    seen: set[int] = set()
    for side, field, go, tag_field in _LISTS:
        entity = rule.get(side)
        nets = entity.get(field) if entity else None
        if nets:
            families = _check_list(nets, (*path, side, field), go, tag_field, out)
            _check_families(rule, families, seen, (*path, side, field), go, out)
            seen |= families


def _check_list(nets: list[Any], path: Path, go: str, tag_field: str, out: Findings) -> set[int]:
    families: set[int] = set()
    for position, text in enumerate(nets):
        net = read_cidr(text or "")
        if net is None:
            out.append(_not_a_cidr(text or "", (*path, position), go))
            continue
        families.add(net.family)
        if not net.strict:
            summary = f"{shown(text)} has bits set behind its length"
            out.append(
                Finding(
                    check_code(16), (*path, position), summary, f"write {net.written}", go=f"{tag_field}[{position}]"
                )
            )
        # Calico compares IPv4 by text, so only this spelling is refused; the others are as dead.
        if tag_field == "NotNets" and net.everything:
            refused = go if net.family == 6 or text == "0.0.0.0/0" else None
            summary = f"{shown(text)} in notNets leaves nothing of its family, so the rule never matches"
            out.append(Finding(check_code(18), (*path, position), summary, go=refused))
    return families


def _not_a_cidr(text: str, path: Path, go: str) -> Finding:
    address = read_address(text)
    if address is not None:
        hint = f"write {address}/{address.max_prefixlen}"
        return Finding(check_code(16), path, f"{shown(text)} has no length", hint, go=go)
    hint = "a rule takes networks only, not names" if any(char.isalpha() for char in text) and ":" not in text else ""
    return Finding(check_code(16), path, f"{shown(text)} is no network", hint, go=go)


def _check_families(
    rule: Mapping[str, Any], families: set[int], seen: set[int], path: Path, go: str, out: Findings
) -> None:
    version = rule.get("ipVersion")
    if version is not None and families - {version}:
        summary = f"ipVersion is {version}, but the list holds networks of IPv{min(families - {version})}"
        out.append(Finding(check_code(17), path, summary, go=go))
    # Reported where a list first brings in the other family, as Calico does.
    if len(families) == 2 or (families and seen - families):
        summary = "the rule holds networks of IPv4 and of IPv6"
        out.append(Finding(check_code(17), path, summary, "write one rule for each family", go=go))


def check_lone_family(rules: list[Any], path: Path, out: Findings) -> None:
    """Warn of rules whose notNets are of one family while no rule of the list does the same for the other (V19)."""
    found: list[tuple[int, str, int, Path]] = []
    families_of_action: dict[str, set[int]] = {}
    for position, rule in enumerate(rules):
        if not isinstance(rule, dict):
            continue
        families, at = _families_of(rule, (*path, position))
        families_of_action.setdefault(str(rule.get("action")), set()).update(families)
        if at and len(families) == 1 and rule.get("ipVersion") is None:
            found.append((position, str(rule.get("action")), min(families), at))
    for _, action, family, at in found:
        other = 10 - family
        if other not in families_of_action[action]:
            summary = f"the rule never matches IPv{other}, since its notNets are IPv{family} only"
            hint = f"add a rule with notNets of IPv{other}, or write ipVersion: {family}"
            out.append(Finding(check_code(19), at, summary, hint))


def _families_of(rule: Mapping[str, Any], path: Path) -> tuple[set[int], Path]:
    """Return the families of all nets of a rule, and where its notNets are if no positive net fixes the family."""
    families: set[int] = set()
    at: Path = ()
    positive = False
    for side in ("source", "destination"):
        entity = rule.get(side) or {}
        for field in ("nets", "notNets"):
            for text in entity.get(field) or []:
                net = read_cidr(text or "")
                if net is not None:
                    families.add(net.family)
                    positive = positive or field == "nets"
                    at = (*path, side, field) if field == "notNets" and not at else at
    return families, () if positive else at
