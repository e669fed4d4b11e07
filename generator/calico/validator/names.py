"""V1 and V36: names by kind and version, labels and annotations (calico.md 1.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, shown

_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(?:\.{_LABEL})*"
SUBDOMAIN: Final = re.compile(_SUBDOMAIN)
ONE_LABEL: Final = re.compile(_LABEL)
_POLICY_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})?|(?:knp|ossg)\.default\.{_SUBDOMAIN}")
_GLOBAL_POLICY_NAME: Final = re.compile(rf"(?:{_LABEL}\.)?{_LABEL}")
_NAME_PART: Final = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE: Final = re.compile(r"(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_PORT_NAME: Final = re.compile(r"[-a-z0-9]+")
_LETTER: Final = re.compile(r"[a-z]")

LONGEST_NAME: Final = 253
LONGEST_LABEL: Final = 63
ANNOTATIONS_LIMIT: Final = 256 * 1024
TIER_LABEL: Final = "projectcalico.org/tier"

_FORMS: Final[dict[Kind, tuple[re.Pattern[str], int, str]]] = {
    Kind.NETWORK_POLICY: (_POLICY_NAME, LONGEST_NAME, "one DNS label, or two with a dot between"),
    Kind.STAGED_NETWORK_POLICY: (_POLICY_NAME, LONGEST_NAME, "one DNS label, or two with a dot between"),
    Kind.GLOBAL_NETWORK_POLICY: (_GLOBAL_POLICY_NAME, LONGEST_NAME, "one DNS label, or two with a dot between"),
    Kind.STAGED_GLOBAL_NETWORK_POLICY: (_GLOBAL_POLICY_NAME, LONGEST_NAME, "one DNS label, or two with a dot between"),
    Kind.TIER: (ONE_LABEL, LONGEST_LABEL, "one DNS label of at most 63 characters, no dot"),
}
_ANY_FORM: Final = (SUBDOMAIN, LONGEST_NAME, "lower-case letters, digits, '-' and '.', at most 253")


def check_name(kind: Kind, metadata: Mapping[str, Any], out: Findings) -> None:
    """Check metadata.name against the form of its kind."""
    name = metadata.get("name") or ""
    pattern, longest, words = _FORMS.get(kind, _ANY_FORM)
    path = ("metadata", "name")
    if not name:
        out.append(Finding(check_code(1), path, f"the {kind.value} has no name", f"write {words}", go="Metadata.Name"))
    elif not pattern.fullmatch(name):
        summary = f"{shown(name)} is no name for a {kind.value}"
        out.append(Finding(check_code(1), path, summary, f"write {words}", go="Metadata.Name"))
    elif len(name) > longest:
        summary = f"the name has {len(name)} characters, {longest} are allowed"
        out.append(Finding(check_code(1), path, summary, go="Metadata.Name"))


def check_metadata(metadata: Mapping[str, Any], tier: str | None, out: Findings) -> None:
    """Check labels and annotations; a policy also gets the label of its tier, whose text must then be a label value."""
    for key, value in (metadata.get("labels") or {}).items():
        if tier is not None and key == TIER_LABEL:
            continue
        _check_label(key, value or "", out)
    if tier is not None and tier and not is_label_value(tier):
        summary = f"{shown(tier)} cannot be the label {TIER_LABEL} that every policy gets"
        out.append(
            Finding(check_code(2), ("spec", "tier"), summary, "name a tier of at most 63 characters", go=_VALUE_FIELD)
        )
    check_annotations(metadata.get("annotations") or {}, ("metadata", "annotations"), out)


_VALUE_FIELD: Final = "Metadata.Labels (value)"
_KEY_FIELD: Final = "Metadata.Labels (label)"
_ANNOTATION_FIELD: Final = "Metadata.Annotations (key)"


def _check_label(key: str, value: str, out: Findings) -> None:
    path = ("metadata", "labels", key)
    wrong = qualified_name_problem(key)
    if wrong:
        out.append(Finding(check_code(36), path, f"the label {shown(key)} is not legal: {wrong}", go=_KEY_FIELD))
    if not is_label_value(value):
        summary = f"{shown(value)} is no legal value of the label '{key}'"
        hint = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
        out.append(Finding(check_code(36), path, summary, hint, go=_VALUE_FIELD))


def check_profile_labels(labels: Mapping[str, Any], out: Findings) -> None:
    """Check the labels that a profile gives to its endpoints."""
    for key, value in labels.items():
        wrong = qualified_name_problem(key)
        if wrong or not is_label_value(value or ""):
            summary = f"the label {shown(key)} is not legal: {wrong or 'its value is no label value'}"
            out.append(Finding(check_code(36), ("spec", "labelsToApply", key), summary, go="LabelsToApply"))


def check_annotations(annotations: Mapping[str, Any], path: tuple[str | int, ...], out: Findings) -> None:
    """Check the keys and the total size of annotations, of an object or of a rule."""
    total = 0
    for key, value in annotations.items():
        # Go makes one letter of the Turkish capital, Python two.
        wrong = qualified_name_problem(key.replace("\u0130", "i").lower())
        if wrong:
            summary = f"the annotation {shown(key)} is not legal: {wrong}"
            out.append(Finding(check_code(36), (*path, key), summary, go=_ANNOTATION_FIELD))
        total += len(key.encode()) + len((value or "").encode())
    if total > ANNOTATIONS_LIMIT:
        summary = f"the annotations hold {total} bytes, {ANNOTATIONS_LIMIT} are allowed"
        out.append(Finding(check_code(36), path, summary, go=_ANNOTATION_FIELD))


@lru_cache(maxsize=16384)
def qualified_name_problem(key: str) -> str:
    """Say what is wrong with a label or annotation key, or return an empty text."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return "it has more than one '/'"
    if slash:
        if not prefix:
            return "the part before '/' is empty"
        if len(prefix) > LONGEST_NAME or not SUBDOMAIN.fullmatch(prefix):
            return "the part before '/' is no DNS name"
    if not name:
        return "the name is empty"
    if len(name.encode()) > LONGEST_LABEL:
        return f"the name is longer than {LONGEST_LABEL} characters"
    if not _NAME_PART.fullmatch(name):
        return "a name has letters, digits, '-', '_' and '.', with a letter or digit at both ends"
    return ""


@lru_cache(maxsize=16384)
def is_label_value(value: str) -> bool:
    """Tell whether Kubernetes accepts a text as a label value."""
    return len(value.encode()) <= LONGEST_LABEL and _LABEL_VALUE.fullmatch(value) is not None


@lru_cache(maxsize=16384)
def port_name_problem(name: str) -> str:
    """Say what is wrong with the name of a port, or return an empty text (Kubernetes' rule for port names)."""
    if len(name) > 15:
        return "longer than 15 characters"
    if not _PORT_NAME.fullmatch(name):
        return "it may hold lower-case letters, digits and '-'"
    if not _LETTER.search(name):
        return "it needs a letter"
    if "--" in name or name[0] == "-" or name[-1] == "-":
        return "'-' may stand neither twice in a row nor at an end"
    return ""


def is_subdomain(text: str) -> bool:
    """Tell whether a text has the form of a DNS name in lower case; its length is not looked at."""
    return SUBDOMAIN.fullmatch(text) is not None


def check_name_by_version(
    kind: Kind, metadata: Mapping[str, Any], tier: str, release: tuple[int, int, int], out: Findings
) -> None:
    """Check the tier prefix that versions before 3.32 ask for (calico.md 1.6)."""
    name = metadata.get("name") or ""
    path = ("metadata", "name")
    if release >= (3, 32, 0) or not name or name.startswith(("knp.default.", "ossg.default.")):
        return
    if release < (3, 29, 0):
        if "." in name:
            summary = f"before 3.29 the name of a policy has no dot, {shown(name)} has one"
            out.append(Finding(check_code(1), path, summary, "drop the tier prefix"))
    elif tier == "default":
        prefix, dot, _ = name.rpartition(".")
        if dot and prefix != "default":
            summary = f"{shown(name)} carries the prefix of another tier than default"
            out.append(Finding(check_code(1), path, summary, "name it without a prefix"))
    elif not name.startswith(f"{tier}."):
        summary = f"before 3.32 a policy of tier {shown(tier)} is named after it with a dot, not {shown(name)}"
        out.append(Finding(check_code(1), path, summary, f"name it {shown(tier + '.' + name.rpartition('.')[2])}"))
