"""Selectors: whether one holds for labels (calico.md 3.2), and from API selectors to label matches (3.5).

The rewriting is done on text, as Calico does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from generator.calico.rule import EntityRule, ServiceAccountMatch
from generator.selectors.errors import SelectorError
from generator.selectors.nodes import (
    All,
    And,
    Contains,
    EndsWith,
    Equal,
    Global,
    Has,
    In,
    Node,
    Not,
    NotEqual,
    NotIn,
    Or,
    StartsWith,
)
from generator.selectors.parser import parse_selector

NAMESPACE = "projectcalico.org/namespace"
ORCHESTRATOR = "projectcalico.org/orchestrator"
SERVICE_ACCOUNT = "projectcalico.org/serviceaccount"
NAME = "projectcalico.org/name"
OF_NAMESPACE = "pcns."
OF_SERVICE_ACCOUNT = "pcsa."


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector as Felix gets it; two of one text are one selector."""

    text: str
    node: Node


@lru_cache(maxsize=100_000)
def read_selector(text: str) -> Selector | None:
    """Parse a selector; None where it does not parse."""
    try:
        return Selector(text, parse_selector(text))
    except SelectorError:
        return None


def holds(node: Node, labels: Mapping[str, str]) -> bool:
    """Tell whether a selector is true for labels (calico.md 3.2)."""
    match node:
        case All() | Global():
            return True
        case And(operands):
            return all(holds(operand, labels) for operand in operands)
        case Or(operands):
            return any(holds(operand, labels) for operand in operands)
        case Not(operand):
            return not holds(operand, labels)
        case NotEqual(label, value):
            return labels.get(label) != value
        case NotIn(label, values):
            return labels.get(label) not in values
        case Has(label):
            return label in labels
        case Equal(label, value):
            return labels.get(label) == value
        case In(label, values):
            return labels.get(label) in values
        case Contains(label, value):
            return value in labels[label] if label in labels else False
        case StartsWith(label, value):
            return labels[label].startswith(value) if label in labels else False
        case EndsWith(label, value):
            return labels[label].endswith(value) if label in labels else False
    raise TypeError(f"no selector: {node}")


def print_prefixed(node: Node, prefix: str) -> str:
    """Print the canonical text (calico.md 3.3) with a prefix before each label."""
    match node:
        case All():
            return "all()"
        case Global():
            return "global()"
        case And(operands):
            return "(" + " && ".join(print_prefixed(operand, prefix) for operand in operands) + ")"
        case Or(operands):
            return "(" + " || ".join(print_prefixed(operand, prefix) for operand in operands) + ")"
        case Not(operand):
            return "!" + print_prefixed(operand, prefix)
        case Has(label):
            return f"has({prefix}{label})"
        case Equal(label, value):
            return f"{prefix}{label} == {_quoted(value)}"
        case NotEqual(label, value):
            return f"{prefix}{label} != {_quoted(value)}"
        case In(label, values):
            return f"{prefix}{label} in {{{', '.join(_quoted(value) for value in values)}}}"
        case NotIn(label, values):
            return f"{prefix}{label} not in {{{', '.join(_quoted(value) for value in values)}}}"
        case Contains(label, value):
            return f"{prefix}{label} contains {_quoted(value)}"
        case StartsWith(label, value):
            return f"{prefix}{label} starts with {_quoted(value)}"
        case EndsWith(label, value):
            return f"{prefix}{label} ends with {_quoted(value)}"
    raise TypeError(f"no selector: {node}")


def _quoted(value: str) -> str:
    return f"'{value}'" if '"' in value else f'"{value}"'


def _prefixed(text: str, prefix: str) -> str:
    """Put a prefix before each label; a selector that does not parse is dropped (calico.md 3.5)."""
    selector = read_selector(text)
    return print_prefixed(selector.node, prefix) if selector is not None else ""


def _and_prefixed(text: str, added: str, prefix: str) -> str:
    part = _prefixed(added, prefix) if added else ""
    if not part:
        return text
    return f"({text}) && {part}" if text else part


def network_policy_selector(selector: str, service_accounts: str, namespace: str) -> str:
    """Write which endpoints a NetworkPolicy selects (calico.md 3.5)."""
    own = f"{NAMESPACE} == '{namespace}'"
    return _and_prefixed(f"({selector}) && {own}" if selector else own, service_accounts, OF_SERVICE_ACCOUNT)


def global_policy_selector(selector: str, namespaces: str, service_accounts: str) -> str:
    """Write which endpoints a GlobalNetworkPolicy selects; `all()` is replaced as text (calico.md 3.5)."""
    text = selector
    if namespaces:
        text = _and_prefixed(text, namespaces, OF_NAMESPACE).replace("all()", f"has({NAMESPACE})")
    if service_accounts:
        text = _and_prefixed(text, service_accounts, OF_SERVICE_ACCOUNT).replace("all()", f"has({SERVICE_ACCOUNT})")
    return text


def entity_selector(entity: EntityRule, namespace: str) -> str:
    """Write the positive selector of one side of a rule, "" for none; no namespace: a global policy (calico.md 3.5)."""
    scope = f"{NAMESPACE} == '{namespace}'" if namespace else ""
    if entity.namespace_selector:
        scope = _prefixed(entity.namespace_selector, OF_NAMESPACE)
        scope = scope.replace("all()", f"has({NAMESPACE})").replace("global()", f"!has({NAMESPACE})")
    parts = [part for part in (_service_accounts(entity.service_accounts), entity.selector) if part]
    own = f"(({parts[0]}) && ({parts[1]}))" if len(parts) == 2 else "".join(parts)
    if not scope or not (own or entity.not_selector or entity.namespace_selector):
        return own
    return f"({scope}) && ({own})" if own else scope


def _service_accounts(accounts: ServiceAccountMatch | None) -> str:
    """Write `serviceAccounts`; names are pasted, and what then does not parse drops the whole part (calico.md 3.5)."""
    if accounts is None:
        return ""
    labels = _prefixed(accounts.selector, OF_SERVICE_ACCOUNT) if accounts.selector else ""
    if not accounts.names:
        return labels
    pasted = "', '".join(accounts.names)
    names = _prefixed(f"{SERVICE_ACCOUNT} in {{ '{pasted}' }}", "")
    return f"({labels}) && ({names})" if labels and names else names
