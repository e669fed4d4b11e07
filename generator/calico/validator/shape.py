"""Shapes: what the API's schema and Calico's Go types say of one value, as small objects that check it.

One walk answers both: `go` of a problem says that Calico cannot decode the value, `crd` that the CRD schema refuses
it. A check returns None when all is well, so that the good path builds nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from generator.foundation.source import Path


class ShapeProblem(NamedTuple):
    """A problem of shape at a path relative to the value that was checked."""

    path: Path
    kind: str
    detail: str
    go: bool
    crd: bool


Problems = list[ShapeProblem]


class Shape:
    """The base of all shapes."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Return what is wrong with the value, or None."""
        raise NotImplementedError


def _wrong_type(expected: str, value: Any) -> Problems:
    # Go leaves an entry of a list at its zero value for null; the schema has nothing that may be null.
    return [ShapeProblem((), "type", f"expected {expected}, found {type_name(value)}", value is not None, True)]


def type_name(value: Any) -> str:
    """Name the type of a value in words of YAML."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return f"a {type(value).__name__}"


class Anything(Shape):
    """A value that is not looked into."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Accept it."""
        return None


class Text(Shape):
    """Text, at most `longest` characters, of a fixed set of words if `words` are given."""

    __slots__ = ("longest", "words")

    def __init__(self, *, longest: int | None = None, words: tuple[str, ...] = ()) -> None:
        self.longest = longest
        self.words = words

    def check(self, value: Any) -> Problems | None:
        """Check the type, then length and words."""
        if type(value) is not str:
            return _wrong_type("text", value)
        if self.words and value not in self.words:
            return [ShapeProblem((), "word", ", ".join(self.words), False, True)]
        if self.longest is not None and len(value) > self.longest:
            return [ShapeProblem((), "range", f"longer than {self.longest} characters", False, True)]
        return None


class Flag(Shape):
    """true or false."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Check the type."""
        return None if value is True or value is False else _wrong_type("true or false", value)


class Number(Shape):
    """Any finite number."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Check the type; JSON has neither infinity nor NaN."""
        if type(value) is int:
            return None
        if type(value) is float and value == value and abs(value) != float("inf"):
            return None
        return _wrong_type("a number", value)


class Whole(Shape):
    """A whole number; `low`..`high` is the schema's range, `smallest`..`most` what the Go type can hold.

    `formatted` says that the schema has the Go type as a format of its own.
    """

    __slots__ = ("formatted", "high", "low", "most", "smallest", "words")

    def __init__(
        self,
        *,
        low: int | None = None,
        high: int | None = None,
        words: tuple[int, ...] = (),
        smallest: int = -(2**63),
        most: int = 2**63 - 1,
        formatted: bool = False,
    ) -> None:
        self.low = low
        self.high = high
        self.words = words
        self.smallest = smallest
        self.most = most
        self.formatted = formatted

    def check(self, value: Any) -> Problems | None:
        """Check the type and the range."""
        if not _is_whole(value):
            return _wrong_type("a whole number", value)
        found: Problems = []
        if self.words and value not in self.words:
            found.append(ShapeProblem((), "word", ", ".join(map(str, self.words)), False, True))
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            found.append(ShapeProblem((), "range", f"not between {self.low} and {self.high}", False, True))
        if not self.smallest <= value <= self.most:
            kind = "format" if self.formatted else "undecodable"
            detail = f"{value}: not between {self.smallest} and {self.most}"
            found.append(ShapeProblem((), kind, detail, True, self.formatted))
        return found or None


class Protocol(Shape):
    """A protocol: any text, or a number that fits eight bits (calico.md 4.2)."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Check the type; what the text says is checked with the rule."""
        if type(value) is str:
            return None
        if _is_whole(value):
            if 0 <= value <= 255:
                return None
            return _undecodable(value, "a protocol number is 1 to 255")
        return _wrong_type("a protocol name or number", value)


class Port(Shape):
    """A port: a number of sixteen bits, or text that reads as number, range or name (calico.md 4.3, 7.3)."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Check the type, and that Calico can decode it; null decodes as port 0."""
        if _is_whole(value):
            if 0 <= value <= 65535:
                return None
            return _undecodable(value, "a port number is 1 to 65535")
        if type(value) is str:
            port = read_port(value)
            return _undecodable(value, port) if isinstance(port, str) else None
        return _wrong_type("a port", value)


class PortOrName(Shape):
    """A port of a Kubernetes policy: a number of 32 bits or any text."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Check the type; the conversion to a Calico port is checked with the policy."""
        if type(value) is str:
            return None
        if _is_whole(value):
            return None if -(2**31) <= value < 2**31 else _undecodable(value, "the number does not fit 32 bits")
        return _wrong_type("a port number or name", value)


def _undecodable(value: Any, why: str) -> Problems:
    return [ShapeProblem((), "undecodable", f"{repr(value)[:40]}: {why}", True, False)]


def _is_whole(value: Any) -> bool:
    """Tell whether a value is a whole number to the API: of 64 bits, also YAML's 4.0, which clients send as 4."""
    if type(value) is float:
        return value.is_integer() and abs(value) < 2**63
    return type(value) is int and -(2**63) <= value < 2**63


class Many(Shape):
    """A list; `unique` for a set, `most` for a limit of the schema, `least` likewise."""

    __slots__ = ("item", "least", "most", "unique")

    def __init__(self, item: Shape, *, unique: bool = False, least: int = 0, most: int | None = None) -> None:
        self.item = item
        self.unique = unique
        self.least = least
        self.most = most

    def check(self, value: Any) -> Problems | None:
        """Check each item, then number and repeats."""
        if type(value) is not list:
            return _wrong_type("a list", value)
        found: Problems | None = None
        check = self.item.check
        for position, item in enumerate(value):
            wrong = check(item)
            if wrong is not None:
                found = found or []
                found.extend(problem._replace(path=(position, *problem.path)) for problem in wrong)
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            found = found or []
            found.append(ShapeProblem((), "size", f"from {self.least} to {self.most} entries are allowed", False, True))
        if self.unique and len(value) > 1:
            found = self._check_repeats(value, found)
        return found

    def _check_repeats(self, value: list[Any], found: Problems | None) -> Problems | None:
        seen: dict[Any, int] = {}
        for position, item in enumerate(value):
            if not isinstance(item, str | int | float):
                continue
            seen[item] = seen.get(item, 0) + 1
            if seen[item] == 2:  # kube-apiserver names a value once, however often it stands there
                found = found or []
                found.append(ShapeProblem((position,), "repeat", "", False, True))
        return found


class Texts(Shape):
    """A mapping of text to text."""

    __slots__ = ()

    def check(self, value: Any) -> Problems | None:
        """Check the mapping and each value."""
        if type(value) is not dict:
            return _wrong_type("a mapping", value)
        found: Problems = []
        for key, item in value.items():
            if type(item) is not str and item is not None:  # a null is dropped, or is Go's empty text
                found.extend(problem._replace(path=(str(key),)) for problem in _wrong_type("text", item))
        return found or None


class Fields(Shape):
    """A mapping with known fields; one that is null counts as absent, for Go and for kube-apiserver, which drops it."""

    __slots__ = ("fields", "required")

    def __init__(self, fields: dict[str, Shape], *, required: tuple[str, ...] = ()) -> None:
        self.fields = fields
        self.required = required

    def check(self, value: Any) -> Problems | None:
        """Check each field; one that is not known is reported and refused by neither validator."""
        if type(value) is not dict:
            return _wrong_type("a mapping", value)
        found: Problems | None = None
        fields = self.fields
        for key, item in value.items():
            shape = fields.get(key)
            wrong: Problems | None
            if shape is None:
                wrong = [ShapeProblem((), "unknown", ",".join(fields), False, False)]
            else:
                wrong = shape.check(item) if item is not None else None
            if wrong is not None:
                found = found or []
                found.extend(problem._replace(path=(str(key), *problem.path)) for problem in wrong)
        for key in self.required:
            if value.get(key) is None:
                found = found or []
                found.append(ShapeProblem((key,), "missing", "", False, True))
        return found


_DIGITS = re.compile(r"[0-9]+")
_RANGE = re.compile(r"([0-9]+):([0-9]+)")
_PORT_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


class NamedPort(NamedTuple):
    """A port by name."""

    name: str


class PortRange(NamedTuple):
    """The ports from `first` to `last`, both included; a single port is a range of one."""

    first: int
    last: int


@lru_cache(maxsize=65536)
def read_port(text: str) -> PortRange | NamedPort | str:
    """Read the text of a port as Calico decodes it; a str says why it cannot be decoded."""
    if _DIGITS.fullmatch(text):
        number = _port_number(text)
        return PortRange(number, number) if number <= 65535 else "a port number is 1 to 65535"
    ends = _RANGE.fullmatch(text)
    if ends is not None:
        first, last = (_port_number(end) for end in ends.groups())
        if first > 65535 or last > 65535:
            return "a port number is 1 to 65535"
        return PortRange(first, last) if first <= last else "the range runs from a higher port to a lower one"
    if _PORT_NAME.fullmatch(text):
        return NamedPort(text)
    return "neither a number, nor a range a:b, nor a name"


def _port_number(digits: str) -> int:
    """Read digits, however many zeros come first; one too many stands for all numbers too large."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < 6 else 65536
