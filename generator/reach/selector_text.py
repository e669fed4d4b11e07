"""From the selectors of the API to the one that Felix evaluates, text for text as Calico does it (calico.md 3.5).

Calico pastes texts together and replaces `all()` in them, so that is done here too: a value that holds the text
`all()` is altered, as it is there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from generator.calico.rewrite import (
    ACCOUNT_LABEL,
    ACCOUNT_PREFIX,
    NAMESPACE_LABEL,
    NAMESPACE_PREFIX,
    rewrite_selector,
)
from generator.selectors import And, Equal, Node, Not, SelectorError, parse_selector, print_selector

_IN_NAMESPACE: Final = f"has({NAMESPACE_LABEL})"
_HAS_ACCOUNT: Final = f"has({ACCOUNT_LABEL})"


class UnreadableSelector(Exception):
    """A selector for which Felix takes the whole policy as absent (calico.md 7.3)."""


@lru_cache(maxsize=1 << 17)
def read_selector(text: str) -> Node | None:
    """Parse a selector once; None where Calico's parser refuses it."""
    try:
        return parse_selector(text)
    except SelectorError:
        return None


def readable_selector(text: str) -> Node:
    """Parse a selector; UnreadableSelector where Calico's parser refuses it."""
    node = read_selector(text)
    if node is None:
        raise UnreadableSelector(text)
    return node


@lru_cache(maxsize=1 << 15)
def _prefixed(text: str, prefix: str) -> str:
    """Put a prefix before each label and print the canonical form; "" where it does not parse: the part is dropped."""
    node = read_selector(text)
    return "" if node is None else print_selector(rewrite_selector(node, prefix=prefix))


def _appended(text: str, more: str, prefix: str) -> str:
    added = _prefixed(more, prefix) if more else ""
    if not added:
        return text
    return f"({text}) && {added}" if text else added


def namespaced_policy_selector(selector: str, namespace: str, accounts: str) -> Node:
    """Return whom a NetworkPolicy selects, by selector and serviceAccountSelector."""
    own = Equal(NAMESPACE_LABEL, namespace)
    node = read_selector(selector)
    if not accounts and node is not None:
        return And((node, own)) if selector else own
    text = f"{NAMESPACE_LABEL} == '{namespace}'"
    return readable_selector(_appended(f"({selector}) && {text}" if selector else text, accounts, ACCOUNT_PREFIX))


def global_policy_selector(selector: str, namespaces: str, accounts: str) -> Node:
    """Return whom a GlobalNetworkPolicy selects; beside another selector each `all()` means "has one of those"."""
    text = selector
    if namespaces:
        text = _appended(text, namespaces, NAMESPACE_PREFIX).replace("all()", _IN_NAMESPACE)
    if accounts:
        text = _appended(text, accounts, ACCOUNT_PREFIX).replace("all()", _HAS_ACCOUNT)
    return readable_selector(text)


def _account_text(names: tuple[str, ...], selector: str) -> str:
    """Return the service account part of a rule; "" where it asks nothing, or names spoil it (calico.md 3.5)."""
    tests = _prefixed(selector, ACCOUNT_PREFIX) if selector else ""
    if not names:
        return tests
    quoted = "', '".join(names)
    listed = read_selector(f"{ACCOUNT_LABEL} in {{ '{quoted}' }}")
    if listed is None:
        return ""
    return f"({tests}) && ({print_selector(listed)})" if tests else print_selector(listed)


@lru_cache(maxsize=1 << 16)
def rule_side_selector(
    selector: str,
    not_selector: str,
    namespaces: str,
    account_names: tuple[str, ...],
    account_selector: str,
    has_accounts: bool,
    own_namespace: str,
) -> tuple[Node | None, Node | None]:
    """Return (positive, lone negative) of one side of a rule, either None where nothing is asked.

    With a positive part the negative one is worked into it, because both are decided for each object.
    UnreadableSelector where one of the four texts does not parse.
    """
    for text in (selector, not_selector, namespaces, account_selector):
        readable_selector(text)
    parts: list[Node] = []
    accounts = _account_text(account_names, account_selector) if has_accounts else ""
    asks = bool(selector or not_selector or namespaces or accounts)
    if namespaces:
        within = _prefixed(namespaces, NAMESPACE_PREFIX)
        within = within.replace("all()", _IN_NAMESPACE).replace("global()", f"!{_IN_NAMESPACE}")
        parts.append(readable_selector(within))
    elif own_namespace and asks:
        parts.append(Equal(NAMESPACE_LABEL, own_namespace))
    if accounts:
        parts.append(readable_selector(accounts))
    if selector:
        parts.append(readable_selector(selector))
    if not parts:
        return None, readable_selector(not_selector) if not_selector else None
    if not_selector:
        parts.append(Not(readable_selector(not_selector)))
    return (parts[0] if len(parts) == 1 else And(tuple(parts))), None
