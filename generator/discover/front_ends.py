"""Addresses of front ends: a back end is often told where its users come from, and does not call there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from generator.discover.names import words_of
from generator.discover.references import Reference

_FRONT: Final = re.compile(r"frontend|front|client|clients|ui|spa|web|website|site|portal|browser|app|base")
_WHY: Final = "'{}' may be where users come from (links, redirects, allowed origins), not an address that it calls"


def doubt_front_ends(references: Iterable[Reference], entered: Collection[str]) -> list[Reference]:
    """Return the references, in doubt where a service is told of a front end that need not be called.

    That is so if the name speaks of a front end, the caller has a Service of its own (a load generator has none), and
    the one named is reached from outside (`entered`, names of services) or itself names the caller.
    """
    every = list(references)
    pairs = {(item.caller.name, item.target) for item in every if item.kind == "service" and not item.why}
    return [_judged(item, pairs, entered) for item in every]


def _judged(item: Reference, pairs: set[tuple[str, str]], entered: Collection[str]) -> Reference:
    front = any(_FRONT.fullmatch(word) for word in words_of(item.name))
    if item.kind != "service" or item.why or not front or not item.caller.services:
        return item
    if item.target in entered or (item.target, item.caller.name) in pairs:
        return replace(item, why=_WHY.format(item.name))
    return item
