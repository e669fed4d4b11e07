"""The group of commands: names and summaries from the catalog, a module imported only when its command is called."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from generator.cli.catalog import COMMANDS
from generator.cli.codes import USAGE
from generator.cli.plain_values import take_plain_values
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean, nearest

_MOST_OF_TYPE: Final = 30
_ANY_TEXT: Final = ("<str>", "<list[str]>")
_FIRST_WORDS: Final = tuple(dict.fromkeys(name.split()[0] for name in COMMANDS))


class LazyGroup(TyperGroup):
    """Typer's group over the catalog; a command of two words (`plan show`) goes before one of one word."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options of the program itself."""
        return [take_plain_values(parameter) for parameter in super().get_params(ctx)]

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names that the help lists."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, or while a shell completes a word only its name and summary."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if ctx.resilient_parsing:
            return TyperCommand(name=cmd_name, help=entry.summary)
        return _load(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the arguments name; InputError with the nearest spelling where there is none."""
        pair = " ".join(args[:2])
        if pair in COMMANDS:
            args = [pair, *args[2:]]
        if ctx.resilient_parsing:
            name = args[0]
            return (name, _load(name), args[1:]) if name in COMMANDS else (None, None, args[1:])
        _refuse_misspelt_pair(args)
        if args[0] in COMMANDS or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        seconds = [name for name in COMMANDS if name.startswith(f"{args[0]} ")]
        hint = f"did you mean '{seconds[0]}'?" if seconds else did_you_mean(args[0], _FIRST_WORDS)
        raise InputError([problem(USAGE, f"no such command: {args[0]}", hint=hint or "ringfence --help lists them")])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Offer commands; after the first word of one of two words only what may follow it."""
        found: list[Any] = super().shell_complete(ctx, incomplete)
        typed = [*getattr(ctx, "_protected_args", ()), *ctx.args]
        if not typed:
            return found
        seconds = [name.split(" ", 1)[1] for name in COMMANDS if name.startswith(f"{typed[0]} ")]
        items = {item.value: item for item in super().shell_complete(ctx, "")}
        return [
            type(items[f"{typed[0]} {word}"])(word, help=COMMANDS[f"{typed[0]} {word}"].summary)
            for word in seconds
            if word.startswith(incomplete) and f"{typed[0]} {word}" in items
        ]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands of the help without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


class PlainCommand(TyperCommand):
    """Typer's command, whose plain values are taken as they are."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the arguments and options of the command."""
        return [take_plain_values(parameter) for parameter in super().get_params(ctx)]


def _refuse_misspelt_pair(args: list[str]) -> None:
    """Raise InputError where the second word is nearly that of a command of two words, and looks like no file."""
    if len(args) < 2 or args[1].startswith("-") or {".", "/"} & set(args[1]):
        return
    from generator.foundation.paths import PathKind, path_kind  # late: the help needs no path

    if path_kind(args[1]) is not PathKind.NOTHING:
        return
    found = nearest(args[1], [name.split(" ", 1)[1] for name in COMMANDS if name.startswith(f"{args[0]} ")])
    if found is not None and f"{args[0]} {args[1]}" not in COMMANDS:
        hint = f"did you mean '{args[0]} {found}'?"
        raise InputError([problem(USAGE, f"no such command: {args[0]} {args[1]}", hint=hint)])


def _load(name: str) -> Any:
    """Import the module of a command and build the command from its function `command`."""
    module = importlib.import_module(f"generator.cli.commands.{COMMANDS[name].module}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=PlainCommand)(module.command)
    command: Any = get_command(app)
    for parameter in command.params:
        if hasattr(parameter, "display_type_rich"):  # not in every version of the library
            parameter.display_type_rich = _short(parameter.display_type_rich)
    return command


def _short(display: Callable[..., str]) -> Callable[..., str]:
    """Leave out what the library writes of a type where that is a long list, or Python's word for any text."""

    def shown(ctx: Any) -> str:
        text = display(ctx=ctx)
        return "" if len(text) > _MOST_OF_TYPE or text in _ANY_TEXT else text

    return shown
