"""What stands before the library's own reading of a call gives each command what the library gives it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from generator.cli import plain_values
from generator.cli.catalog import COMMANDS
from generator.cli.group import _load

VALUES: tuple[Any, ...] = (
    None,
    "",
    "x",
    "shop",
    "Not A Name",
    "json",
    "JSON",
    "text",
    "nftables",
    "NFTables",
    "eBPF",
    "enforced",
    "2027-03-31",
    "3.32",
    "7",
    "70000",
    0,
    7,
    70000,
    True,
    date(2027, 3, 31),
    Path("x"),
    [],
    (),
    ["a", "b"],
    ("a",),
    [1],
)


def outcome(read: Any, parameter: Any, value: Any) -> tuple[str, Any]:
    try:
        found = read.coerce(value, param=parameter, ctx=None)
    except Exception as error:
        return type(error).__name__, str(getattr(error, "message", error))
    return type(found).__name__, found


def compare(names: list[str]) -> int:
    """Return how many values were compared."""
    compared = 0
    for name in names:
        for parameter in map(plain_values.take_plain_values, _load(name).params):
            if not hasattr(parameter, "type_descriptor"):
                continue
            library = type(parameter).get_runtime_param(parameter)
            for value in (*VALUES, parameter.default):
                found = outcome(parameter.get_runtime_param(), parameter, value)
                assert found == outcome(library, parameter, value), (name, parameter.name, value)
                compared += 1
    return compared


def test_every_parameter_of_every_command() -> None:
    command = _load("explain").params[0]
    if not hasattr(command, "get_runtime_param"):
        pytest.skip("this version of the library reads values without pydantic")
    assert compare(list(COMMANDS)) > 3000


def test_taking_too_much_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(_load("explain").params[0], "get_runtime_param"):
        pytest.skip("this version of the library reads values without pydantic")
    monkeypatch.setattr(plain_values.PlainValues, "_take", lambda self, value: value)
    with pytest.raises(AssertionError):
        compare(["explain"])


def test_a_plain_call_imports_no_pydantic() -> None:
    code = (
        "import sys\n"
        "from generator.cli.main import run_command\n"
        "run_command(['explain', 'shop/a', 'shop/b:80', '--live', '/nowhere', '--format', 'json', '--complete'])\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
