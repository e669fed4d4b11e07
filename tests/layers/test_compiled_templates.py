"""A template is compiled once for each text of it: another text is never taken for the one that was compiled before."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from jinja2 import Environment
from jinja2.sandbox import ImmutableSandboxedEnvironment, unsafe

from generator.foundation.errors import InputError
from generator.layers import environment
from generator.layers.environment import TemplateRenderer, bundled_templates

NAME = "exceptions.yaml.j2"


def written(text: str, others: Mapping[str, str] | None = None, **values: object) -> str:
    return TemplateRenderer({**bundled_templates(), **(others or {}), NAME: text}).render(NAME, values)


def test_another_text_under_the_same_name_is_compiled_anew() -> None:
    assert [written(text) for text in ("one", "two", "one")] == ["one", "two", "one"]


def test_a_changed_piece_is_seen_by_a_template_that_did_not_change() -> None:
    text = '{% from "_policy.yaml.j2" import piece %}{{ piece() }}'
    pieces = [{"_policy.yaml.j2": f"{{% macro piece() %}}{word}{{% endmacro %}}"} for word in ("one", "two")]
    assert [written(text, piece) for piece in pieces] == ["one", "two"]


def test_what_was_compiled_without_the_sandbox_is_not_used_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    @unsafe
    def dangerous() -> str:
        return "done"

    ours = {**bundled_templates(), NAME: "{{ dangerous() }}"}
    with monkeypatch.context() as patch:
        patch.setattr(environment, "bundled_templates", lambda: ours)
        assert written(ours[NAME], dangerous=dangerous) == "done"
    with pytest.raises(InputError, match="not safely callable"):
        written(ours[NAME], dangerous=dangerous)


def test_a_text_compiled_once_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    written("once")
    monkeypatch.setattr(ImmutableSandboxedEnvironment, "compile", lambda *_: pytest.fail("compiled"))
    assert written("once") == "once"


def _by_name_alone(patch: pytest.MonkeyPatch) -> None:
    kinds = (Environment, ImmutableSandboxedEnvironment)
    patch.setattr(environment, "_COMPILED", {kind: environment._Compiled() for kind in kinds})
    patch.setattr(environment._Compiled, "get_source_checksum", lambda self, source: "")


def test_code_that_is_kept_by_name_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    _by_name_alone(monkeypatch)
    with pytest.raises(AssertionError):
        test_another_text_under_the_same_name_is_compiled_anew()


def test_code_that_both_kinds_share_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = (Environment, ImmutableSandboxedEnvironment)
    monkeypatch.setattr(environment, "_COMPILED", dict.fromkeys(kinds, environment._Compiled()))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_what_was_compiled_without_the_sandbox_is_not_used_in_it(monkeypatch)
