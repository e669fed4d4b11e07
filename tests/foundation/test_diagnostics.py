from __future__ import annotations

import pytest

from generator.foundation import codes
from generator.foundation.codes import YAML_SYNTAX, Code, register, registered_codes
from generator.foundation.diagnostics import (
    NOWHERE,
    Diagnostic,
    Place,
    Severity,
    has_errors,
    problem,
    sort_diagnostics,
)
from generator.foundation.errors import EnvironmentFailure, InputError, RefusedError, RingfenceError


def test_places_for_people() -> None:
    assert str(Place("a.yaml", 3, 5)) == "a.yaml:3:5"
    assert str(Place("a.yaml")) == "a.yaml"
    assert str(NOWHERE) == ""


def test_a_problem_has_its_codes_severity() -> None:
    found = problem(YAML_SYNTAX, "x", path="a.b", hint="h")
    assert found == Diagnostic("RF0001", Severity.ERROR, "x", NOWHERE, "a.b", "h")
    assert problem(YAML_SYNTAX, "x", severity=Severity.NOTE).severity is Severity.NOTE


def test_order_for_people() -> None:
    def at(line: int, severity: Severity, summary: str, file: str = "b.yaml") -> Diagnostic:
        return problem(YAML_SYNTAX, summary, place=Place(file, line, 1), severity=severity)

    items = [
        at(10, Severity.ERROR, "e"),
        at(9, Severity.NOTE, "d"),
        at(9, Severity.WARNING, "c"),
        at(9, Severity.ERROR, "b"),
        at(50, Severity.NOTE, "a", "a.yaml"),
    ]
    assert [item.summary for item in sort_diagnostics([*items, *items])] == ["a", "b", "c", "d", "e"]
    assert sort_diagnostics(items) == sort_diagnostics(reversed(items))


def test_has_errors() -> None:
    warning = problem(YAML_SYNTAX, "x", severity=Severity.WARNING)
    assert not has_errors([])
    assert not has_errors([warning])
    assert has_errors([warning, problem(YAML_SYNTAX, "y")])


def test_a_code_is_given_once() -> None:
    with pytest.raises(ValueError, match="RF0001 is registered twice"):
        register("RF0001", "again", Severity.NOTE, "again")


def test_a_new_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "_REGISTER", dict(codes._REGISTER))
    code = register("RF0999", "for this test", Severity.NOTE, "Nothing.")
    assert code in registered_codes()
    assert [item.id for item in registered_codes()] == sorted(item.id for item in registered_codes())


def test_codes_read_well() -> None:
    for code in registered_codes():
        assert isinstance(code, Code)
        assert code.id.startswith("RF")
        assert len(code.id) == 6
        assert not code.title.endswith(".")
        assert code.meaning.endswith(".")


@pytest.mark.parametrize(("error", "exit_code"), [(InputError, 2), (RefusedError, 3), (EnvironmentFailure, 4)])
def test_errors_end_a_command(error: type[RingfenceError], exit_code: int) -> None:
    later = problem(YAML_SYNTAX, "later", place=Place("a", 9, 1))
    first = problem(YAML_SYNTAX, "first", place=Place("a", 2, 1))
    raised = error([later, first, later])
    assert raised.exit_code == exit_code
    assert raised.diagnostics == [first, later]
    assert str(raised) == "a:2:1: first; a:9:1: later"
