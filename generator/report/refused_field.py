"""A field that the server refuses, beside the line of the template that writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.apply.events import RefusedField
from generator.calico.metadata import effective_labels
from generator.calico.objects import as_api_object
from generator.foundation.resources import data_folder
from generator.foundation.source import Path, SourceMap
from generator.foundation.yaml_writer import write_document
from generator.layers.catalog import BY_NAME
from generator.layers.model import LABEL_LAYER

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_SHARED: Final = "_policy.yaml.j2"


def refused_lines(field: RefusedField, written: Mapping[str, Any]) -> Iterator[str]:
    """Go through what there is to say of one field: the server's words, the line that was sent, the template's line."""
    yield f"  {field.path or 'the object'}: {field.message}"
    if not field.path:
        return
    path = _path(field.path)
    text = write_document(dict(written))
    place = SourceMap("", text).place(path, key=True)
    lines = text.splitlines()
    if 0 < place.line <= len(lines):
        yield f"    sent:     {lines[place.line - 1].strip()}"
    found = template_line(written, path)
    if found is not None:
        name, number, line = found
        yield f"    template: {name}:{number}: {line}"


def template_line(written: Mapping[str, Any], path: Path) -> tuple[str, int, str] | None:
    """Return the file, number and text of the template's line that writes a field, as far as its key tells.

    The deepest key of the path that the layer's own template, or the macros which all share, has at the start of a
    line. None where the object is of no layer of ours.
    """
    obj = as_api_object(written, SourceMap("", ""))
    layer = effective_labels(obj).get(LABEL_LAYER, "") if obj is not None else ""
    if layer not in BY_NAME:
        return None
    template = BY_NAME[layer].template
    keys = [step for step in reversed(path) if isinstance(step, str)]
    for key in keys:
        for name in (template, _SHARED):
            text = (data_folder("templates") / name).read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(), 1):
                if re.match(rf"\s*(- )?{re.escape(key)}:", line):
                    return name, number, line.strip()
    return None


def _path(text: str) -> Path:
    return tuple(int(number) if number else name for name, number in _STEP.findall(text))
