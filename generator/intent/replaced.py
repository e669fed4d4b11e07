"""Old policies that the set takes over: by name, or all that a selector over their labels matches."""

from __future__ import annotations

import re
from typing import Final

from generator.calico.kinds import KINDS, Kind
from generator.foundation.spelling import did_you_mean
from generator.intent.codes import NAME, SELECTOR, UNKNOWN_WORD
from generator.intent.names import parse_text
from generator.intent.problems import ValueProblem, show
from generator.selectors import SelectorError, parse_selector, print_selector

_IDENTITY: Final = re.compile(r"(?P<kind>[A-Za-z]+)/(?:(?P<namespace>[^/\s]+)/)?(?P<name>[^/\s]+)")
_DNS_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_SELECTOR_SIGNS: Final = re.compile(r"[\s()'\"=!&|{}]")
_REPLACEABLE: Final = (
    Kind.NETWORK_POLICY,
    Kind.GLOBAL_NETWORK_POLICY,
    Kind.STAGED_NETWORK_POLICY,
    Kind.STAGED_GLOBAL_NETWORK_POLICY,
    Kind.STAGED_KUBERNETES_NETWORK_POLICY,
    Kind.NETWORK_SET,
    Kind.GLOBAL_NETWORK_SET,
    Kind.KUBERNETES_NETWORK_POLICY,
    Kind.CLUSTER_NETWORK_POLICY,
    Kind.ADMIN_NETWORK_POLICY,
    Kind.BASELINE_ADMIN_NETWORK_POLICY,
)
_FORMS: Final = "write Kind/namespace/name, Kind/name for what is cluster-wide, or a selector such as app == 'x'"


def parse_replaced(value: object, verb: str = "replaced") -> tuple[str, str]:
    """Read one entry: (identity, "") or ("", selector in its canonical form); `verb` says what for."""
    text = parse_text(value)
    if _SELECTOR_SIGNS.search(text):
        return "", parse_selector_text(text)
    found = _IDENTITY.fullmatch(text)
    if found is None:
        raise ValueProblem(SELECTOR, f"{show(text)} is neither an object's name nor a selector", _FORMS)
    kinds = {kind.value.lower(): kind for kind in _REPLACEABLE}
    kind = kinds.get(found["kind"].lower())
    if kind is None:
        names = [kind.value for kind in _REPLACEABLE]
        hint = f"{did_you_mean(found['kind'], names)} permitted: {', '.join(sorted(names))}"
        raise ValueProblem(UNKNOWN_WORD, f"{show(found['kind'])} is no kind that can be {verb}", hint.strip())
    _check_scope(kind, found["namespace"], found["name"], text)
    return "/".join(part for part in (kind.value, found["namespace"], found["name"]) if part), ""


def _check_scope(kind: Kind, namespace: str | None, name: str, text: str) -> None:
    if KINDS[kind].namespaced and namespace is None:
        raise ValueProblem(SELECTOR, f"{show(text)} has no namespace", f"write {kind.value}/NAMESPACE/{name}")
    if not KINDS[kind].namespaced and namespace is not None:
        raise ValueProblem(SELECTOR, f"a {kind.value} has no namespace", f"write {kind.value}/{name}")
    for part in (namespace, name):
        if part is not None and not _DNS_NAME.fullmatch(part):
            raise ValueProblem(NAME, f"{show(part)} in {show(text)} is no name of an object", "")


def parse_selector_text(value: object) -> str:
    """Read a selector over labels and return its canonical form."""
    text = parse_text(value)
    try:
        return print_selector(parse_selector(text))
    except SelectorError as error:
        where = f"at character {error.start + 1}"
        raise ValueProblem(
            SELECTOR, f"the selector {show(text)} cannot be read: {error.message} {where}", error.hint or _FORMS
        ) from None
