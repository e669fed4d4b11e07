"""Values of a call that are what they seem, taken as they are.

The library that reads calls builds a validator of pydantic for each parameter, and importing that takes longer than
many a command. It is asked only for what has to be judged or put into words.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

_UNSURE: Final = object()


class PlainValues:
    """Stands before what the library makes of the values of one parameter."""

    def __init__(self, parameter: Any, library: Callable[[], Any]) -> None:
        self._annotation = parameter.type_descriptor.annotation
        self._info = parameter.type_descriptor.parameter_info
        self._library = library

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value as the command gets it; the library's own error where it is wrong."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        found = self._take(value)
        return self._library().coerce(value, param=param, ctx=ctx) if found is _UNSURE else found

    def _take(self, value: Any) -> Any:
        wanted = self._annotation
        if self._info.parser is not None:
            return self._parse(value)
        if wanted is str and type(value) is str:
            return value
        if wanted == list[str] and type(value) in (list, tuple) and all(type(item) is str for item in value):
            return list(value)
        if wanted is int and type(value) is int and not self._info.clamp:
            least, most = self._info.min, self._info.max
            fits = (least is None or value >= least) and (most is None or value <= most)
            return value if fits else _UNSURE
        if isinstance(wanted, type) and issubclass(wanted, Enum):
            return next((item for item in wanted if value is item or value == item.value), _UNSURE)
        return _UNSURE

    def _parse(self, value: Any) -> Any:
        try:
            return self._info.parser(value) if type(value) is str else _UNSURE
        except Exception:
            return _UNSURE  # what is wrong with it is told in the library's words


def take_plain_values(parameter: Any) -> Any:
    """Let a parameter of the library take plain values as they are, and return it.

    Versions of the library that need no pydantic are left alone.
    """
    library = getattr(parameter, "get_runtime_param", None)
    if library is not None and hasattr(parameter, "type_descriptor") and "get_runtime_param" not in vars(parameter):
        plain = PlainValues(parameter, library)
        parameter.get_runtime_param = lambda: plain
    return parameter
