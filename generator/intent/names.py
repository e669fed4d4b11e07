"""Names, labels, domains and dates as people write them, each checked on its own."""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import date
from typing import Final

from generator.calico.versions import parse_version
from generator.foundation.errors import InputError
from generator.intent.codes import CALICO_VERSION, DATE, DOMAIN, LABEL, NAME, NOT_TEXT, NUMBER, RESERVED
from generator.intent.problems import ValueProblem, describe_value, show

QUOTE_IT: Final = "YAML reads an unquoted yes, no, on, off or number as another type; put the value in quotes"
FIXED_TIERS: Final = (
    "adminnetworkpolicy",
    "allow-tigera",
    "baselineadminnetworkpolicy",
    "calico-system",
    "default",
    "kube-admin",
    "kube-baseline",
)
RESERVED_NAMES: Final = ("anywhere", "self")  # words with a meaning where a service's name can stand

_DNS_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_LABEL_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_HOST: Final = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def parse_text(value: object) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str):
        raise ValueProblem(NOT_TEXT, f"{describe_value(value)} is no text", QUOTE_IT if _is_scalar(value) else "")
    if not value.strip():
        raise ValueProblem(NAME, "the text is empty", "write a text, or leave the key out")
    return value


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | float)


def parse_name(value: object) -> str:
    """Read a name of an item: a DNS label."""
    text = parse_text(value)
    if not _DNS_LABEL.fullmatch(text):
        raise ValueProblem(NAME, f"{show(text)} is no legal name", _label_hint(text))
    return text


def _label_hint(text: str) -> str:
    rule = "lower-case letters, digits and '-', at most 63, beginning and ending with a letter or digit"
    better = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")
    return f"write '{better}': {rule}" if better and better != text else rule


def parse_item_name(value: object) -> str:
    """Read the name of a service or external, which cannot be a word with a meaning of its own."""
    text = parse_name(value)
    if text in RESERVED_NAMES:
        raise ValueProblem(RESERVED, f"{show(text)} is a reserved word", f"reserved: {', '.join(RESERVED_NAMES)}")
    return text


def parse_tier_name(value: object) -> str:
    """Read the name of a tier of our own (calico.md 1.6, V3)."""
    text = parse_name(value)
    if text in FIXED_TIERS:
        raise ValueProblem(RESERVED, f"tier {show(text)} belongs to Calico", f"taken: {', '.join(FIXED_TIERS)}")
    return text


def parse_label_key(value: object) -> str:
    """Read the key of a label: `name` or `prefix/name`, as Kubernetes has it."""
    text = parse_text(value)
    prefix, slash, name = text.rpartition("/")
    if not _LABEL_NAME.fullmatch(name):
        rule = (
            "after an optional prefix, 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
        )
        raise ValueProblem(LABEL, f"{show(text)} is no label key", rule)
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        raise ValueProblem(
            LABEL, f"the prefix of label key {show(text)} is no DNS name", "for example example.com/team"
        )
    return text


def parse_label_value(value: object) -> str:
    """Read the value of a label; an unquoted yes or 1 is no text."""
    if not isinstance(value, str):
        shown = describe_value(value)
        raise ValueProblem(NOT_TEXT, f"the label's value is {shown}, not text", QUOTE_IT if _is_scalar(value) else "")
    if value and not _LABEL_NAME.fullmatch(value):
        rule = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
        raise ValueProblem(LABEL, f"{show(value)} is no label value", rule)
    return value


def parse_own_label_key(value: object) -> str:
    """Read the key of a label that is set on our objects beside ours."""
    text = parse_label_key(value)
    prefix = text.rpartition("/")[0]
    if prefix in ("ringfence", "projectcalico.org") or prefix.endswith(".projectcalico.org"):
        raise ValueProblem(RESERVED, f"labels with the prefix '{prefix}/' are not the user's", "take another prefix")
    return text


def parse_service_account(value: object) -> str:
    """Read the name of a service account: a DNS name."""
    text = parse_text(value)
    if len(text) > 253 or not _SUBDOMAIN.fullmatch(text):
        raise ValueProblem(
            NAME, f"{show(text)} is no name of a service account", "lower-case letters, digits, '-' and '.'"
        )
    return text


def parse_domain(value: object) -> str:
    """Read a host name, in lower case; `*.` before it is looked at by whoever knows the strategy."""
    text = parse_text(value).lower()
    if "://" in text:
        host = text.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0]
        raise ValueProblem(DOMAIN, f"{show(value)} is a URL, not a domain", f"write {host}")
    if "/" in text:
        host = text.split("/", 1)[0]
        raise ValueProblem(DOMAIN, f"{show(value)} has a path", f"write {host}" if host else "")
    if _is_address(text):
        raise ValueProblem(DOMAIN, f"{show(value)} is an address, not a domain", "write it under `cidrs`")
    if ":" in text:
        raise ValueProblem(
            DOMAIN, f"{show(value)} has a port", f"write {text.split(':', 1)[0]}, and the port under `ports`"
        )
    if len(text) > 253 or not _HOST.fullmatch(text) or text.rsplit(".", 1)[-1].isdigit():
        rule = "letters, digits and '-' between dots, no dot at the end, each part at most 63 characters"
        raise ValueProblem(DOMAIN, f"{show(value)} is no host name", rule)
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def parse_date(value: object) -> date:
    """Read a day, `2027-03-31`."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueProblem(DATE, f"there is no day {show(value)}", "year, month and day: 2027-03-31") from None
    raise ValueProblem(DATE, f"{describe_value(value)} is no date", "year, month and day: 2027-03-31")


def parse_calico_version(value: object) -> str:
    """Read a version of Calico that is known here; an unquoted 3.30 would be the number 3.3."""
    if not isinstance(value, str):
        hint = 'write "3.32" in quotes: unquoted, 3.30 is the number 3.3'
        raise ValueProblem(NOT_TEXT, f"the version is {describe_value(value)}, not text", hint)
    try:
        parse_version(value)
    except InputError as error:
        found = error.diagnostics[0]
        raise ValueProblem(CALICO_VERSION, found.summary, found.hint) from None
    return value


def parse_tier_order(value: object) -> float:
    """Read the order of our tier: after calico-system's 100, before kube-admin's 1000 (product.md 3)."""
    number = _number(value)
    if not 100 < number < 1000:
        raise ValueProblem(NUMBER, f"order {value} of the tier is out of range", "permitted: over 100 and under 1000")
    return number


def parse_order(value: object) -> float:
    """Read the order of a layer: a finite number from 0."""
    number = _number(value)
    if not (math.isfinite(number) and number >= 0):
        raise ValueProblem(NUMBER, f"order {value} is out of range", "permitted: numbers from 0")
    return number


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueProblem(NUMBER, f"{describe_value(value)} is no number", "write a number without quotes")
    return float(value)
