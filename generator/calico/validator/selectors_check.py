"""V10, V11, V15 and V38: selectors parse, global() stands alone, no templates (calico.md 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, shown
from generator.foundation.source import Path
from generator.selectors import Global, Node, SelectorError, parse_selector, walk_selector

LONGEST_SELECTOR: Final = 1024
_GLOBAL: Final = "global()"
# Calico counts tokens (validateEntityRule, since 3.30): neither `!!global()` nor `(global())` is alone, and where the
# text is part of a value there are too many as well.
_ALONE: Final = re.compile(r"[ \t]*global\([ \t]*\)[ \t]*")


@lru_cache(maxsize=65536)
def read_selector(text: str) -> Node | SelectorError:
    """Parse a selector once for all checks; an error is a value."""
    try:
        return parse_selector(text)
    except SelectorError as error:
        return error


@lru_cache(maxsize=65536)
def is_plain(text: str) -> bool:
    """Tell whether a selector needs no further look: it parses, is short, without global() and templates."""
    if len(text) > LONGEST_SELECTOR or "{{" in text or "global" in text:
        return False
    return not isinstance(read_selector(text), SelectorError)


def check_selector_text(text: str, path: Path, go: str, out: Findings) -> Node | None:
    """Check what every selector must be; return its tree, None when it does not parse."""
    node = read_selector(text)
    if isinstance(node, SelectorError):
        summary = f"the selector does not parse: {node.message}, at character {node.start + 1}"
        hint = node.hint
        out.append(Finding(check_code(10), path, summary, hint, go=go))
        return None
    if len(text) > LONGEST_SELECTOR:
        summary = f"the selector has {len(text)} characters, {LONGEST_SELECTOR} are allowed"
        out.append(Finding(check_code(15), path, summary))
    if "{{" in text:
        summary = f"{shown(text)} holds template text, which Calico compares as it stands"
        out.append(Finding(check_code(38), path, summary, "render the template first"))
    return node


def check_policy_selectors(spec: Mapping[str, Any], kind_field: str | None, cluster_wide: bool, out: Findings) -> None:
    """Check the selectors of a policy itself; `kind_field` is how Calico calls its spec, None where it looks away."""
    fields = [("selector", "Selector"), ("serviceAccountSelector", "ServiceAccountSelector")]
    if cluster_wide:
        fields.append(("namespaceSelector", "NamespaceSelector"))
    for field, go in fields:
        text = spec.get(field)
        if not text or is_plain(text):
            continue
        path = ("spec", field)
        node = check_selector_text(text, path, go, out)
        refused = f"{kind_field}.{go}" if kind_field is not None and _GLOBAL in text else None
        if _GLOBAL in text or _has_global(node):
            hint = "global() is for the namespaceSelector of a rule"
            out.append(Finding(check_code(11), path, f"global() in the {field} of a policy", hint, go=refused))


def check_entity_selectors(entity: Mapping[str, Any], path: Path, out: Findings) -> None:
    """Check the selectors of one side of a rule."""
    for field, go in (("selector", "Selector"), ("notSelector", "NotSelector")):
        text = entity.get(field)
        if not text or is_plain(text):
            continue
        node = check_selector_text(text, (*path, field), go, out)
        refused = "Selector field" if field == "selector" and _GLOBAL in text else None
        if refused is not None or _has_global(node):
            hint = "write it as namespaceSelector: global()"
            out.append(Finding(check_code(11), (*path, field), f"global() in a {field}", hint, go=refused))
    text = entity.get("namespaceSelector")
    if text and not is_plain(text):
        _check_namespace_selector(text, (*path, "namespaceSelector"), out)
    accounts = entity.get("serviceAccounts")
    text = accounts.get("selector") if accounts else None
    if text and not is_plain(text):
        at = (*path, "serviceAccounts", "selector")
        node = check_selector_text(text, at, "Selector", out)
        if _has_global(node):
            out.append(Finding(check_code(11), at, "global() in a selector of service accounts"))


def _check_namespace_selector(text: str, path: Path, out: Findings) -> None:
    node = check_selector_text(text, path, "NamespaceSelector", out)
    if node is None or "global(" not in text or _ALONE.fullmatch(text):
        return
    summary = "global() beside other tests in a namespaceSelector"
    if not _has_global(node):
        summary = "a value with the text global( in a namespaceSelector, which Calico takes for global()"
    out.append(Finding(check_code(11), path, summary, "write global() alone", go="NamespaceSelector field"))


def _has_global(node: Node | None) -> bool:
    return node is not None and any(isinstance(part, Global) for part in walk_selector(node))
