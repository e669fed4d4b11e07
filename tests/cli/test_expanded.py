"""Options that commands share are one definition: each has all of them, as they are defined."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from generator.cli.commands import apply, rollback
from generator.cli.expanded import expands
from generator.cli.run_call import RunOptions

Loud = Annotated[bool, typer.Option("--loud", help="Say more.")]


@dataclass(frozen=True)
class Shared:
    loud: Loud = False
    times: Annotated[int, typer.Option("--times", min=1)] = 2


def test_fields_are_options_of_the_command() -> None:
    told: list[tuple[str, Shared]] = []

    @expands(Shared)
    def command(name: str, *, options: Shared) -> None:
        told.append((name, options))

    app = typer.Typer()
    app.command()(command)
    assert CliRunner().invoke(app, ["x", "--loud"]).exit_code == 0
    assert CliRunner().invoke(app, ["x", "--times", "0"]).exit_code == 2
    assert told == [("x", Shared(True, 2))]


def test_a_name_that_is_there_twice_and_a_missing_place_are_refused() -> None:
    def twice(loud: bool = False, *, options: Shared) -> None: ...

    def nowhere(name: str) -> None: ...

    for command in (twice, nowhere):
        with pytest.raises(ValueError, match=r"duplicate|not enough"):
            expands(Shared)(command)


def test_apply_and_rollback_share_all_that_a_run_is_told() -> None:
    of_apply, of_rollback = (inspect.signature(module.command).parameters for module in (apply, rollback))
    for field in fields(RunOptions):
        assert of_apply[field.name] == of_rollback[field.name]
    shared = {field.name for field in fields(RunOptions)}
    assert set(of_apply) - shared == {"going_on", "until", "namespaces", "dry_run", "force", "end_pauses"}
    assert set(of_rollback) - shared == {"accept"}
