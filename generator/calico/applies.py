"""Which pods a policy selects and in which directions it governs them (calico.md 2.2, 3.5, 5.1).

The labels are those that Calico gives an endpoint: its own, `pcns.` and the namespace's, `pcsa.` and the service
account's. A policy that Felix takes for absent because its selector cannot be read selects nothing (7.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.defaults import apply_defaults, default_kubernetes_types
from generator.calico.kinds import Kind
from generator.calico.metadata import is_stored_form
from generator.calico.objects import ApiObject
from generator.calico.rewrite import (
    ACCOUNT_LABEL,
    ACCOUNT_PREFIX,
    LABELLED,
    NAME_LABEL,
    NAMESPACE_LABEL,
    NAMESPACE_PREFIX,
    ORCHESTRATOR_LABEL,
    rewrite_selector,
)
from generator.selectors import (
    All,
    And,
    Equal,
    Has,
    In,
    Node,
    Not,
    NotIn,
    Or,
    SelectorError,
    evaluate_selector,
    parse_selector,
)

DIRECTIONS: Final = ("Ingress", "Egress")


@dataclass(frozen=True, slots=True)
class Selection:
    """The endpoints of an enforced policy: a selector over their labels, and the directions that it governs."""

    selector: Node
    directions: frozenset[str]


def pod_labels(
    labels: Mapping[str, str],
    namespace: str,
    namespace_labels: Mapping[str, str],
    account: str = "",
    account_labels: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the labels by which selectors see a pod (calico.md 3.5); it cannot pose as another's."""
    own = {key: value for key, value in labels.items() if not key.startswith((NAMESPACE_PREFIX, ACCOUNT_PREFIX))}
    own |= {NAMESPACE_LABEL: namespace, ORCHESTRATOR_LABEL: "k8s"}
    own |= namespace_view(namespace, namespace_labels)
    if account:
        own[ACCOUNT_LABEL] = account
        own |= {f"{ACCOUNT_PREFIX}{key}": value for key, value in (account_labels or {}).items()}
        own[f"{ACCOUNT_PREFIX}{NAME_LABEL}"] = account
    return own


def namespace_view(namespace: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return what every pod of a namespace inherits from it."""
    found = {f"{NAMESPACE_PREFIX}{key}": value for key, value in labels.items()}
    return found | {f"{NAMESPACE_PREFIX}{NAME_LABEL}": namespace}


def policy_selection(obj: ApiObject) -> Selection | None:
    """Return whom an enforced policy selects; None where it selects no pod.

    That is: staged policies and other kinds, policies that are only for host endpoints (doNotTrack, preDNAT), and
    those whose selector cannot be read. Kubernetes' cluster-wide policies live in tiers of their own and are not
    answered here.
    """
    match obj.kind:
        case Kind.NETWORK_POLICY | Kind.GLOBAL_NETWORK_POLICY:
            return _calico_selection(obj)
        case Kind.KUBERNETES_NETWORK_POLICY:
            return _kubernetes_selection(obj)
        case _:
            return None


def _spec(obj: ApiObject) -> Mapping[str, Any]:
    spec = obj.manifest.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _calico_selection(obj: ApiObject) -> Selection | None:
    spec = _spec(obj)
    if spec.get("doNotTrack") or spec.get("preDNAT"):
        return None
    own = _parse(spec.get("selector"))
    if own is None:
        return None
    cluster_wide = obj.kind is Kind.GLOBAL_NETWORK_POLICY
    pods_only = NAMESPACE_LABEL if cluster_wide and (spec.get("selector") or spec.get("namespaceSelector")) else ""
    parts = [rewrite_selector(own, all_becomes=pods_only)]
    if not cluster_wide:
        parts.append(Equal(NAMESPACE_LABEL, obj.namespace))
    elif spec.get("namespaceSelector"):
        parts.append(_rewritten(_parse(spec.get("namespaceSelector")), NAMESPACE_PREFIX, pods_only))
    if spec.get("serviceAccountSelector"):
        accounts_only = ACCOUNT_LABEL if cluster_wide else ""
        parts.append(_rewritten(_parse(spec.get("serviceAccountSelector")), ACCOUNT_PREFIX, accounts_only))
    return Selection(_joined(parts), _directions(obj, spec))


def _directions(obj: ApiObject, spec: Mapping[str, Any]) -> frozenset[str]:
    if is_stored_form(obj) and not spec.get("types"):
        return frozenset(DIRECTIONS)  # nobody defaults a stored object (calico.md 1.4)
    types = apply_defaults(obj.kind, spec).get("types")
    if not isinstance(types, list | tuple):
        return frozenset(DIRECTIONS)
    written = {str(item).lower() for item in types}  # Felix takes them in any case
    return frozenset(item for item in DIRECTIONS if item.lower() in written)


def _kubernetes_selection(obj: ApiObject) -> Selection:
    spec = _spec(obj)
    types = spec.get("policyTypes") or default_kubernetes_types(spec)
    parts = [
        Equal(ORCHESTRATOR_LABEL, "k8s"),
        *label_selector_parts(spec.get("podSelector")),
        Equal(NAMESPACE_LABEL, obj.namespace),
    ]
    return Selection(_joined(parts), frozenset(str(item) for item in types))


def label_selector_parts(selector: Any) -> list[Node]:
    """Return the tests of a Kubernetes label selector as nodes, all of which must hold."""
    if not isinstance(selector, Mapping):
        return []
    wanted = selector.get("matchLabels")
    parts: list[Node] = []
    if isinstance(wanted, Mapping):
        parts += [Equal(str(key), str(wanted[key])) for key in sorted(wanted)]
    expressions = selector.get("matchExpressions")
    for item in expressions if isinstance(expressions, list) else ():
        if isinstance(item, Mapping):
            parts += _requirement(item)
    return parts


def _requirement(item: Mapping[str, Any]) -> list[Node]:
    key, values = str(item.get("key")), tuple(sorted({str(value) for value in item.get("values") or ()}))
    match item.get("operator"):
        case "In":
            return [In(key, values)]
        case "NotIn":
            return [NotIn(key, values)]
        case "Exists":
            return [Has(key)]
        case "DoesNotExist":
            return [Not(Has(key))]
        case _:
            return []


def _parse(text: Any) -> Node | None:
    try:
        return parse_selector(text if isinstance(text, str) else "")
    except SelectorError:
        return None


def _rewritten(node: Node | None, prefix: str, all_becomes: str = "") -> Node:
    """Rewrite a part; one that cannot be read was dropped, so it holds for everything (calico.md 3.5)."""
    return All() if node is None else rewrite_selector(node, prefix=prefix, all_becomes=all_becomes)


def _joined(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def fold_selector(node: Node, known: Mapping[str, str], is_known: Callable[[str], bool]) -> Node | bool:
    """Evaluate what hangs on known labels; return True, False, or the selector that is left over the other labels.

    `is_known` says of a label that `known` tells all about it, also that it is absent.
    """
    match node:
        case Not(operand):
            inner = fold_selector(operand, known, is_known)
            return not inner if isinstance(inner, bool) else Not(inner)
        case And(operands):
            return _fold_joined([fold_selector(item, known, is_known) for item in operands], stop=False)
        case Or(operands):
            return _fold_joined([fold_selector(item, known, is_known) for item in operands], stop=True)
        case _ if isinstance(node, LABELLED):
            return evaluate_selector(node, known) if is_known(node.label) else node
        case _:
            return True  # all(), and global(), which stored in a policy selector is true (calico.md 3.5)


def _fold_joined(parts: list[Node | bool], *, stop: bool) -> Node | bool:
    left: list[Node] = []
    for part in parts:
        if isinstance(part, bool):
            if part is stop:
                return stop
        elif part not in left:
            left.append(part)
    if not left:
        return not stop
    if len(left) == 1:
        return left[0]
    return Or(tuple(left)) if stop else And(tuple(left))
