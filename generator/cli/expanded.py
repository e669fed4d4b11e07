"""Options that several commands have, as one dataclass: each of its fields is a parameter of the command line."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any, get_type_hints


def expands(group: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take, in the place of its parameter of type `group`, the fields of that dataclass.

    The fields are annotated as parameters of a command are, and have defaults. ValueError where the command has not
    exactly one such parameter, or one of its own has the name of a field.
    """
    hints = get_type_hints(group, include_extras=True)
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]
    names = {parameter.name for parameter in shared}

    def expand(command: Callable[..., None]) -> Callable[..., None]:
        own = get_type_hints(command, include_extras=True)
        given = inspect.signature(command).parameters
        (place,) = (name for name in given if own[name] is group)
        parameters: list[inspect.Parameter] = []
        for name, parameter in given.items():
            if name == place:
                parameters += shared
            else:
                kind = inspect.Parameter.KEYWORD_ONLY
                parameters.append(parameter.replace(kind=kind, annotation=own[name]))

        @wraps(command)
        def called(**values: Any) -> None:
            options = group(**{name: values.pop(name) for name in names})
            command(**{place: options}, **values)

        vars(called)["__signature__"] = inspect.Signature(parameters)
        called.__annotations__ = {item.name: item.annotation for item in parameters}
        return called

    return expand
