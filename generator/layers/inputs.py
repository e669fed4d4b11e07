"""Reads the files that an intent names: threat feeds, the lock file of domains, published ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.paths import read_file
from generator.foundation.yaml_reader import decode_text
from generator.intent import resolve_file
from generator.intent.model import DomainStrategy, External, Intent, Network
from generator.layers.context import FeedAddresses
from generator.layers.domains import read_ranges, resolve_domains
from generator.layers.feeds import read_feed, shard_networks
from generator.layers.lock_file import Lock, read_lock
from generator.layers.needed import needed_externals
from generator.layers.own_ranges import cut_own_ranges, protected_networks
from generator.platforms.effective import EffectiveFacts


def read_feeds(intent: Intent, facts: EffectiveFacts) -> tuple[dict[str, FeedAddresses], list[Diagnostic]]:
    """Read every feed that this intent renders, without the cluster's own ranges and those of its externals (L5)."""
    own = protected_networks(intent, facts)
    feeds: dict[str, FeedAddresses] = {}
    problems: list[Diagnostic] = []
    for name, feed in sorted(intent.feeds.items()):
        if feed.owned_by:
            continue
        text, found = _read(intent, feed.file, feed.origin.place)
        problems.extend(found)
        if found:
            continue
        networks, found = read_feed(text, feed.file)
        problems.extend(found)
        if not networks:
            continue
        result, found = cut_own_ranges(networks, own, name=name)
        problems.extend(replace(item, place=feed.origin.place) for item in found)
        feeds[name] = FeedAddresses(name, shard_networks(result.kept))
    return feeds, problems


def read_addresses(
    intent: Intent, facts: EffectiveFacts, as_of: date
) -> tuple[dict[str, tuple[Network, ...]], list[Diagnostic]]:
    """Return the addresses of externals that are resolved from files, by name; only of those that are needed."""
    resolved = [intent.externals[name] for name in needed_externals(intent)]
    by_lock = [item for item in resolved if item.domains and item.strategy in (None, DomainStrategy.LOCK)]
    by_ranges = [item for item in resolved if item.strategy is DomainStrategy.RANGES]
    found, problems = _from_lock(intent, by_lock, as_of, facts.own_networks)
    for external in by_ranges:
        text, wrong = _read(intent, external.ranges_file, external.origin.place)
        networks: Sequence[Network] = ()
        if not wrong:
            networks, wrong = read_ranges(text, external.ranges_file)
        problems.extend(wrong)
        found[external.name] = tuple(networks)
    return found, problems


def _from_lock(
    intent: Intent, externals: Sequence[External], as_of: date, own: Sequence[Network]
) -> tuple[dict[str, tuple[Network, ...]], list[Diagnostic]]:
    if not externals:
        return {}, []
    lock: Lock | None = None
    problems: list[Diagnostic] = []
    if intent.lock_file:
        text, problems = _read(intent, intent.lock_file, externals[0].origin.place)
        if not problems:
            lock, problems = read_lock(text, intent.lock_file)
    found: dict[str, tuple[Network, ...]] = {}
    for external in externals:
        networks, wrong = resolve_domains(external, lock=lock, as_of=as_of, own=own)
        problems.extend(wrong)
        found[external.name] = networks
    return found, problems


def _read(intent: Intent, name: str, named_at: Place) -> tuple[str, list[Diagnostic]]:
    path: Path = resolve_file(intent, name)
    try:
        data = read_file(path)
    except OSError as error:
        summary = f"cannot read '{name}': {error.strerror or error}"
        return "", [problem(FILE_UNREADABLE, summary, place=named_at, hint=f"looked for {path}")]
    return decode_text(data, name)
