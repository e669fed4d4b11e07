"""From one YAML document to plain data: PyYAML's C parser, with scalars read as Kubernetes' own reader does.

That reader is sigs.k8s.io/yaml: yes, no, on and off are booleans, a date is text, keys are text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from sys import intern
from typing import Any, Final

import yaml


class DuplicateKey(Exception):
    """A key that stands twice in one mapping, and the mark of the second."""

    def __init__(self, key: str, mark: Any) -> None:
        super().__init__(key)
        self.key = key
        self.mark = mark


_TEXT = "tag:yaml.org,2002:str"
_MAPPING = "tag:yaml.org,2002:map"
_SEQUENCE = "tag:yaml.org,2002:seq"
_MERGE = "tag:yaml.org,2002:merge"
_SWITCH = "tag:yaml.org,2002:bool"
_WHOLE = "tag:yaml.org,2002:int"
_NUMBER = "tag:yaml.org,2002:float"
_NOTHING = "tag:yaml.org,2002:null"
# What a plain scalar may be besides text: tag, pattern, and the characters with which it can begin.
_RESOLVED = (
    # `y` and `n` alone are text for Kubernetes' reader, unlike yes and no.
    (_SWITCH, "yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF", "yYnNtTfFoO"),
    (_WHOLE, r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)", "-+0123456789"),
    (
        _NUMBER,
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    (_NOTHING, "~|null|Null|NULL", "~nN"),
    (_MERGE, "<<", "<"),
)


def _by_first_character() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {"": [(_NOTHING, re.compile(""))]}
    for tag, pattern, first in _RESOLVED:
        compiled = re.compile(pattern)
        for character in first:
            found.setdefault(character, []).append((tag, compiled))
    return found


_SCALARS: Final = _by_first_character()


def _read_switch(written: str) -> bool | str:
    match written.lower():
        case "yes" | "true" | "on":
            return True
        case "no" | "false" | "off":
            return False
        case "y" | "n":
            return written
        case _:
            raise ValueError(written)


def _read_whole(written: str) -> int:
    text = written.replace("_", "")
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.lstrip("+"))
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if digits.lower().startswith(prefix):
            return sign * int(digits[2:], base)
    if digits != "0" and digits.startswith("0"):
        return sign * int(digits, 8)
    return sign * int(digits)


def _read_number(written: str) -> float:
    text = written.replace("_", "").lower()
    if text.lstrip("+-") in (".inf", ".nan"):
        return float(text.replace(".", ""))
    return float(text)


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    _SWITCH: _read_switch,
    _WHOLE: _read_whole,
    _NUMBER: _read_number,
    _NOTHING: lambda written: None,
}


class KubernetesLoader(yaml.CSafeLoader):
    """PyYAML's C parser with Kubernetes' idea of scalars and no duplicate keys.

    Its nodes become plain data here, in one pass, because PyYAML's own way there takes longer than its parser. What
    carries a rare tag (`!!set`, `!!binary`) still goes that way.
    """

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """Return the tag of a node that names none; only a plain scalar may be something else than text."""
        if kind is yaml.ScalarNode:
            if implicit[0]:
                for tag, pattern in _SCALARS.get(value[:1], ()):
                    if pattern.fullmatch(value):
                        return tag
            return _TEXT
        return _SEQUENCE if kind is yaml.SequenceNode else _MAPPING

    def get_single_data(self) -> Any:
        """Return the data of the only document of the text, None where there is none."""
        node = self.get_single_node()
        return None if node is None else self._data(node, {})

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return the data of a mapping with a rare tag."""
        found: dict[str, Any] = {}
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "a mapping is due here", node.start_mark)
        self._fill(found, node, {})
        return found

    def _data(self, node: Any, known: dict[int, Any]) -> Any:
        """Return the data of a node; `known` is what collections have become, for aliases, which may go round."""
        kind, tag = type(node), node.tag
        if kind is yaml.ScalarNode:
            if tag == _TEXT:
                return node.value
            read = _READERS.get(tag)
            return self.construct_object(node, deep=True) if read is None else _read_scalar(read, node)
        if id(node) in known:
            return known[id(node)]
        if kind is yaml.MappingNode and tag == _MAPPING:
            data: dict[str, Any] = {}
            known[id(node)] = data
            self._fill(data, node, known)
            return data
        if kind is yaml.SequenceNode and tag == _SEQUENCE:
            items: list[Any] = []
            known[id(node)] = items
            for item in node.value:
                items.append(self._data(item, known))
            return items
        return self.construct_object(node, deep=True)

    def _fill(self, data: dict[str, Any], node: Any, known: dict[int, Any]) -> None:
        seen: set[str] = set()
        merges = False
        for key, _ in node.value:
            if type(key) is not yaml.ScalarNode:
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
            if key.tag == _MERGE:
                merges = True
            elif key.value in seen:
                raise DuplicateKey(key.value, key.start_mark)
            else:
                seen.add(key.value)
        if merges:
            self.flatten_mapping(node)
        # Keys are always text, as they are in JSON: `on:` is the key "on". After a merge the last one counts.
        # A large cluster has the same few of them very often, and one object for each is found quicker ever after.
        for key, value in node.value:
            plain = value.tag == _TEXT and type(value) is yaml.ScalarNode
            data[intern(key.value)] = value.value if plain else self._data(value, known)


def _read_scalar(read: Callable[[str], Any], node: Any) -> Any:
    try:
        return read(node.value)
    except ValueError:
        summary = f"'{node.value}' is no {node.tag.rpartition(':')[2]}"
        raise yaml.constructor.ConstructorError(None, None, summary, node.start_mark) from None
