"""How each typed value is read from plain data and written back, worked out from its dataclass.

The dataclasses are the one description of the API; a field's type says which values Calico's decoder takes:
text, whole number, number, switch, list, mapping of text to text, part, or part that may be absent. A null counts as
absent everywhere, as it does to Go.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, get_args, get_origin, get_type_hints

from generator.calico.codes import UNDECODABLE
from generator.calico.ports import Port, Protocol, parse_port, parse_protocol, write_port, write_protocol
from generator.calico.resource import UnknownField
from generator.calico.scalars import decode_number, decode_whole
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import Path, SourceMap, print_path


@dataclass(slots=True)
class Findings:
    """What reading one object has found so far, with the places that only the source knows."""

    source: SourceMap
    problems: list[Diagnostic] = dataclasses.field(default_factory=list)
    unknown: list[tuple[Path, UnknownField, tuple[str, ...]]] = dataclasses.field(default_factory=list)

    def undecodable(self, path: Path, expected: str, value: Any) -> None:
        """Note a value that Calico's decoder fails on."""
        self.problems.append(
            problem(
                UNDECODABLE,
                f"{_shown(value)} is no {expected}",
                place=self.source.place(path),
                path=print_path(path),
                hint=_HINTS.get(expected, ""),
            )
        )


Read = Callable[[Any, Path, Findings], Any]
Quick = Callable[[Any], Any]
Write = Callable[[Any], Any]


class OddlyWritten(Exception):
    """Something that is not written in the one usual way: only `read` knows what it means or what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one type is read and written; a value of the very type `plain` is taken as it is, without asking `read`.

    `quick` reads the same without knowing where it is, and gives up with OddlyWritten where anything is odd.
    """

    read: Read
    quick: Quick
    write: Write
    plain: type[Any] | None = None


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field of a part: its names in the API and in the dataclass, and its shape."""

    json: str
    name: str
    shape: Shape


_HINTS: Final = {
    "protocol": "a name such as TCP, or a number from 0 to 255",
    "port": "a number up to 65535, a range such as '8000:8010', or a name",
    "text": "quote it",
}
_CAMEL: Final = re.compile(r"_([a-z0-9])")


def _shown(value: Any) -> str:
    match value:
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
        case _:
            return str(value)


def _checked(
    expected: str,
    accept: Callable[[Any], Any],
    write: Write = lambda value: value,
    plain: type[Any] | None = None,
) -> Shape:
    def read(value: Any, path: Path, findings: Findings) -> Any:
        found = accept(value)
        if found is None:
            findings.undecodable(path, expected, value)
        return found

    def quick(value: Any) -> Any:
        found = accept(value)
        if found is None:
            raise OddlyWritten
        return found

    return Shape(read, quick, write, plain)


def _remembered(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the same function, which works out each number or text once: a cluster has few ports and protocols."""
    known = lru_cache(maxsize=1 << 14)(parse)

    def accept(value: Any) -> Any:
        # Not what only equals a number: true equals 1, and is no port.
        return known(value) if type(value) is int or type(value) is str else parse(value)

    return accept


_TEXT: Final = _checked("text", lambda value: value if isinstance(value, str) else None, plain=str)
_WHOLE: Final = _checked("whole number", decode_whole, plain=int)
_NUMBER: Final = _checked("number", decode_number, plain=int)
_SWITCH: Final = _checked("true or false", lambda value: value if isinstance(value, bool) else None, plain=bool)
_NUMBER_OR_TEXT: Final = _checked(
    "number or text", lambda value: value if isinstance(value, str) else decode_whole(value), plain=str
)
_PORT: Final = _checked("port", _remembered(parse_port), write_port)
_PROTOCOL: Final = _checked("protocol", _remembered(parse_protocol), write_protocol)


def _read_texts(value: Any, path: Path, findings: Findings) -> dict[str, str] | None:
    if type(value) is not dict and not isinstance(value, Mapping):
        findings.undecodable(path, "mapping of text to text", value)
        return None
    found = {}
    for key, item in value.items():
        if item is not None and not isinstance(item, str):
            findings.undecodable((*path, str(key)), "text", item)
        found[str(key)] = item if isinstance(item, str) else ""
    return found


def quick_texts(value: Any) -> dict[str, str]:
    """Return a mapping of text to text; OddlyWritten for anything else."""
    if type(value) is not dict:
        raise OddlyWritten
    for key, item in value.items():
        if type(key) is not str or type(item) is not str:
            raise OddlyWritten
    return value.copy()


_TEXTS: Final = Shape(_read_texts, quick_texts, dict)


def _list_of(item: Shape) -> Shape:
    quick_item, plain = item.quick, item.plain

    def read(value: Any, path: Path, findings: Findings) -> Any:
        if not isinstance(value, list | tuple):
            findings.undecodable(path, "list", value)
            return None
        # A null in a list is Go's zero value: the empty text, port 0, the part with no field set.
        zero: Any = "" if item is _TEXT else 0 if item is _PORT else {}
        return tuple(
            item.read(zero if part is None else part, (*path, number), findings) for number, part in enumerate(value)
        )

    def quick(value: Any) -> Any:
        if type(value) is not list:
            raise OddlyWritten
        return tuple([part if type(part) is plain else quick_item(part) for part in value])

    return Shape(read, quick, lambda value: [item.write(part) for part in value])


def _part(cls: type[Any]) -> Shape:
    def read(value: Any, path: Path, findings: Findings) -> Any:
        return read_part(cls, value, path, findings)

    plan = {field.json: (field.name, field.shape.plain, field.shape.quick) for field in fields_of(cls).values()}

    def quick(value: Any) -> Any:
        if type(value) is not dict:
            raise OddlyWritten
        given: dict[str, Any] = {}
        for key, written in value.items():
            field = plan.get(key)
            if field is None:
                raise OddlyWritten
            name, plain, quick_field = field
            if type(written) is plain:
                given[name] = written
            elif written is not None:
                given[name] = quick_field(written)
        return cls(**given)

    return Shape(read, quick, write_part)


_FIELDS: Final[dict[type[Any], dict[str, FieldShape]]] = {}


def fields_of(cls: type[Any]) -> dict[str, FieldShape]:
    """Return the fields of a dataclass by their names in the API, worked out once."""
    found = _FIELDS.get(cls)
    if found is None:
        hints = get_type_hints(cls)
        shapes = [
            FieldShape(
                field.metadata.get("json") or _CAMEL.sub(lambda part: part[1].upper(), field.name),
                field.name,
                _shape_of(hints[field.name]),
            )
            for field in dataclasses.fields(cls)
        ]
        found = _FIELDS[cls] = {shape.json: shape for shape in shapes}
    return found


def _shape_of(hint: Any) -> Shape:
    simple = {str: _TEXT, bool: _SWITCH, int: _WHOLE, int | float: _NUMBER, int | str: _NUMBER_OR_TEXT}
    if hint in simple:
        return simple[hint]
    if hint == Port:
        return _PORT
    if hint == Protocol:
        return _PROTOCOL
    if get_origin(hint) is types.UnionType:
        rest = [part for part in get_args(hint) if part is not type(None)]
        union = rest[0]
        for part in rest[1:]:
            union = union | part
        return _shape_of(union)
    if get_origin(hint) is tuple:
        return _list_of(_shape_of(get_args(hint)[0]))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _part(hint)
    if get_origin(hint) is Mapping:
        return _TEXTS
    raise TypeError(f"no shape for {hint}")


def read_part(cls: type[Any], value: Any, path: Path, findings: Findings) -> Any:
    """Read a mapping as a dataclass; what does not decode is noted, and its field left at its default."""
    # A dict is asked for first: it is what comes nearly always, and an abstract class is slow to ask.
    if type(value) is not dict and not isinstance(value, Mapping):
        findings.undecodable(path, "mapping", value)
        return cls()
    known = _FIELDS.get(cls) or fields_of(cls)
    given: dict[str, Any] = {}
    strange = False
    for key, written in value.items():
        field = known.get(key)
        if field is None:
            strange = True
            continue
        if written is None:
            continue
        found = written if type(written) is field.shape.plain else field.shape.read(written, (*path, key), findings)
        if found is not None:
            given[field.name] = found
    if strange:
        note_unknown(value, tuple(known), path, findings)
    return cls(**given)


def quick_reader(cls: type[Any]) -> Quick:
    """Return what reads a mapping as a dataclass as `read_part` does; OddlyWritten where that has to judge it."""
    found = _QUICK.get(cls)
    if found is None:
        found = _QUICK[cls] = _part(cls).quick
    return found


_QUICK: Final[dict[type[Any], Quick]] = {}


def note_unknown(value: Mapping[Any, Any], known: tuple[str, ...], path: Path, findings: Findings) -> None:
    """Put aside the keys of a mapping that the API does not have."""
    for key, item in value.items():
        if key not in known:
            way = (*path, str(key))
            findings.unknown.append((way, UnknownField(print_path(way), item), known))


def write_part(value: Any) -> dict[str, Any]:
    """Write a dataclass as a mapping, without the fields that have their default."""
    found: dict[str, Any] = {}
    plan = {field.name: field for field in fields_of(value.__class__).values()}
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if item != default:
            found[plan[field.name].json] = plan[field.name].shape.write(item)
    return found
