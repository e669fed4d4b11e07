"""Entry point of `ringfence` and of the kubectl plugin: call, exit code, and no traceback for anybody."""

from __future__ import annotations

import errno
import gc
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.main import get_command

from generator.cli.catalog import COMMANDS
from generator.cli.codes import INTERNAL, INTERRUPTED, USAGE
from generator.cli.ending import end_process
from generator.cli.group import LazyGroup
from generator.cli.screen import note_ink, prepare_streams, stdout_failure, write_note, write_result
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError, RefusedError, RingfenceError
from generator.foundation.spelling import did_you_mean
from generator.report.problems import folded_text, problems_text

_INTERNAL_EXIT: Final = 70  # EX_SOFTWARE: none of the codes that a pipeline may rely on
_NO_OUTPUT: Final = frozenset({errno.EBADF, errno.EDQUOT, errno.EIO, errno.ENOSPC})  # closed, or a full disk
_COMPLETE_VARIABLE: Final = "_RINGFENCE_COMPLETE"
# The library's own exceptions for a wrong call; their home differs between its versions.
_UsageError: Final[type[Exception]] = typer.BadParameter.__mro__[1]
_CallError: Final[type[Exception]] = typer.BadParameter.__mro__[2]

_WRONG_CHOICE: Final = re.compile(r"'(?P<value>[^']*)' is not one of (?P<choices>.+)")
_CHOICE: Final = re.compile(r"'([^']*)'")

_EPILOG: Final = (
    "Exit codes: 0 done, 1 differences or findings, 2 wrong input or call, 3 refused, 4 environment failed."
)

app = typer.Typer(
    cls=LazyGroup,
    name="ringfence",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        write_result(f"ringfence {version('ringfence')}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Write down who talks to whom; get a layered Calico policy set, what it would change, and the way there."""


def run() -> None:
    """Run the command that the process was called with, and end the process with its exit code."""
    prepare_streams()
    gc.disable()  # a command is short and builds trees without cycles; looking for them takes a fifth of its time
    end_process(run_command(sys.argv[1:], _program_name(sys.argv[0])))


def run_command(arguments: list[str], program: str = "ringfence") -> int:
    """Run one command and return its exit code (product.md 4); every problem is printed, none is raised."""
    try:
        try:
            code = get_command(app).main(
                args=arguments, prog_name=program, complete_var=_COMPLETE_VARIABLE, standalone_mode=False
            )
        except KeyboardInterrupt:
            raise RefusedError([problem(INTERRUPTED, "stopped")]) from None
        except _CallError as error:
            return _wrong_call(error, program, arguments)
        except OSError as error:
            if error.errno in _NO_OUTPUT and error.filename is None:  # the help, which the library writes itself
                raise stdout_failure(error) from None
            raise
        return _exit_code(code)
    except RingfenceError as error:
        write_note(folded_text(error.diagnostics, note_ink()))
        return error.exit_code
    except Exception as error:
        if _is_stop(error):
            write_note(folded_text([problem(INTERRUPTED, "stopped")], note_ink()))
            return RefusedError.exit_code
        if os.environ.get("RINGFENCE_DEBUG") == "1":
            raise
        summary = f"internal error: {type(error).__name__}: {error}".split("\n")[0]
        hint = "please report it; RINGFENCE_DEBUG=1 shows where it happened"
        write_note(problems_text([problem(INTERNAL, summary, hint=hint)], note_ink()))
        return _INTERNAL_EXIT


def _is_stop(error: Exception) -> bool:
    """Tell whether somebody stopped what waits for a cluster, wherever that was."""
    clock = sys.modules.get("generator.cluster.clock")  # loaded by whoever waits, and by nobody else
    return clock is not None and isinstance(error, clock.StopAsked)


def _exit_code(code: object) -> int:
    if code == 130:  # the library's own answer to SIGINT
        raise RefusedError([problem(INTERRUPTED, "stopped")])
    return code if isinstance(code, int) else 0


def _wrong_call(error: Exception, program: str, arguments: list[str]) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        write_note(f"{error}\n")
        return InputError.exit_code
    raise InputError([problem(USAGE, _summary(error), hint=_hint(error, program, arguments))])


def _summary(error: Exception) -> str:
    message = str(getattr(error, "message", error)) if _is_option_error(error) else _format(error)
    message = message.replace(": Value error, ", ": ")  # the library's own word for a value that is not in its list
    return message[:1].lower() + message[1:].rstrip(".")


def _format(error: Exception) -> str:
    format_message = getattr(error, "format_message", None)
    return " ".join(str(format_message() if format_message else error).split())


def _is_option_error(error: Exception) -> bool:
    return hasattr(error, "option_name")


def _hint(error: Exception, program: str, arguments: list[str]) -> str:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoSuchOption" and context is not None:
        parameters = context.command.get_params(context)
        known = [name for parameter in parameters for name in parameter.opts if name.startswith("--")]
        found = did_you_mean(str(getattr(error, "option_name", "")), known)
        if found:
            return found
    value = _WRONG_CHOICE.search(_format(error))
    found = did_you_mean(value["value"], _CHOICE.findall(value["choices"])) if value is not None else ""
    if found:
        return found
    if context is not None:
        return f"{context.command_path} --help"
    pair = " ".join(arguments[:2])
    command = pair if pair in COMMANDS else arguments[0] if arguments[:1] and arguments[0] in COMMANDS else ""
    return " ".join(filter(None, (program, command, "--help")))


def _program_name(called_as: str) -> str:
    return "kubectl ringfence" if Path(called_as).name.startswith("kubectl-") else "ringfence"
