"""Faults in what is not known: shown as if it were."""

from __future__ import annotations

from typing import Any

import pytest

from generator.reach import evaluate, flow_changes, host_path
from generator.reach.columns import Columns


def columns_forget_what_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take all that may get through for what does."""
    real = Columns.allowed_into

    def forget(self: Columns, place: Any) -> Any:
        self.pairs.sides.unsure = False
        return real(self, place)

    monkeypatch.setattr(Columns, "allowed_into", forget)


def a_rule_that_may_match_does(monkeypatch: pytest.MonkeyPatch) -> None:
    real = evaluate._decided

    def sure(op: Any, verdict: Any, why: str = "") -> Any:
        return real(op, evaluate._VERDICT.get(op.rule.action, verdict), why)

    monkeypatch.setattr(evaluate, "_decided", sure)


def two_pods_are_never_on_one_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay a row between two pods as if none that has no node could be where the other one is."""
    real = flow_changes.end_at
    monkeypatch.setattr(flow_changes, "end_at", lambda *args, **more: real(*args, **more | {"apart": True}))


def early_stages_may_decide_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    anything = {None, *evaluate._VERDICT.values()}
    monkeypatch.setattr(host_path, "possible_outcomes", lambda *_: anything)
