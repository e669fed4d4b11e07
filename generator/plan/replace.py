"""Old policies that the set takes over: found by name or by a selector over their labels (product.md 2, 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject, Identity
from generator.compare.diff import owner_of
from generator.compare.model import ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.intent.model import Intent
from generator.intent.problems import ValueProblem
from generator.intent.replaced import parse_replaced
from generator.plan.codes import REPLACES_NOTHING, REPLACES_OWNED, REPLACES_WRONG
from generator.selectors import evaluate_selector, parse_selector

REPLACEABLE_SUFFIXES = ("Policy", "Set")  # policies and network sets; never a tier, a host endpoint or a profile


def find_replaced(
    intent: Intent, live: Iterable[tuple[Identity, ApiObject]], extra: Sequence[str] = ()
) -> tuple[frozenset[Identity], list[Diagnostic]]:
    """Return which live objects the intent's `replaces` and the texts of `extra` hand over, and what matched nothing.

    InputError where a text of `extra` cannot be read, or where something belongs to another intent.
    """
    entries = [(item.identity, item.selector, item.origin.path, item.origin.place) for item in intent.replaces]
    entries += [(*_read(text), "", Place("")) for text in extra]
    objects = [(identity, obj) for identity, obj in live if identity.kind.value.endswith(REPLACEABLE_SUFFIXES)]
    found: set[Identity] = set()
    problems: list[Diagnostic] = []
    for name, selector, path, place in entries:
        matched = [pair for pair in objects if _matches(name, selector, *pair)]
        others = [pair for pair in matched if owner_of(pair[1]) not in ("", intent.name)]
        if others and name:
            summary = f"{name} belongs to intent '{owner_of(others[0][1])}'"
            raise InputError([problem(REPLACES_OWNED, summary, place=place, path=path)])
        mine = [identity for identity, obj in matched if not owner_of(obj)]
        found.update(mine)
        if not mine:
            hint = did_you_mean(name, [str(identity) for identity, _ in objects]) if name else ""
            summary = f"'{name or selector}' is no live policy, so nothing is replaced"
            problems.append(problem(REPLACES_NOTHING, summary, place=place, path=path, hint=hint))
    return frozenset(found), problems


def to_be_removed(diff: ObjectDiff, replaced: frozenset[Identity]) -> frozenset[Identity]:
    """Return what is handed over and not written by the set itself."""
    return frozenset(
        change.identity for change in diff.changes if change.identity in replaced and change.status is Status.FOREIGN
    )


def _read(text: str) -> tuple[str, str]:
    try:
        return parse_replaced(text)
    except ValueProblem as error:
        raise InputError([problem(REPLACES_WRONG, error.summary, hint=error.hint)]) from None


def _matches(name: str, selector: str, identity: Identity, obj: ApiObject) -> bool:
    if name:
        return str(identity) == name
    return evaluate_selector(parse_selector(selector), effective_labels(obj))
