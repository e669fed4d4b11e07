"""The two judges as processes: many questions in, as many answers out (tests/testbed/build.py makes the programs)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from tests.support.shared import shared_folder
from tests.testbed.build import Judges, judges

Manifest = dict[str, Any]
Labels = Mapping[str, str]


class GoAnswer(NamedTuple):
    """What Calico's Go validator says: the fields it refuses, "" for an object that it cannot decode."""

    fields: frozenset[str]


class SchemaAnswer(NamedTuple):
    """What kube-apiserver says with Calico's CRD: fields that it refuses, and fields that it does not know.

    `partly` says that it has not asked CEL, because values are of a wrong type.
    """

    fields: frozenset[str]
    unknown: frozenset[str]
    partly: bool


class SelectorAnswer(NamedTuple):
    """A selector in Calico's canonical form with its truth for each set of labels; None where it does not parse."""

    canonical: str | None
    values: tuple[bool, ...]


class NoAnswer(Exception):
    """A judge did not understand a question: a fault of these tests, or of Calico."""


@cache
def _programs() -> Judges:
    return judges()


def ask_go(objects: Sequence[Manifest]) -> list[GoAnswer]:
    """Ask Calico's Go validator about each object."""
    answers = _ask([str(_programs().calico)], [{"object": item} for item in objects])
    return [GoAnswer(frozenset([""] if "undecodable" in answer else answer["fields"])) for answer in answers]


def ask_schema(objects: Sequence[Manifest]) -> list[SchemaAnswer]:
    """Ask the CRDs of 3.32.1 about each object, as kube-apiserver reads them."""
    crds = shared_folder() / "calico-crds" / "3.32.1" / "projectcalico.org_v3"
    answers = _ask([str(_programs().schema), str(crds)], objects)
    return [
        SchemaAnswer(frozenset(answer["fields"]), frozenset(answer["unknown"] or ()), answer["partly"])
        for answer in answers
    ]


def ask_selectors(texts: Sequence[str], labels: Sequence[Labels]) -> list[SelectorAnswer]:
    """Ask Calico's parser about each text, and for its truth for each set of labels."""
    answers = _ask([str(_programs().calico)], [{"selector": text, "labels": labels} for text in texts])
    return [SelectorAnswer(answer.get("canonical"), tuple(answer.get("values", ()))) for answer in answers]


def ask_felix(policies: Sequence[Manifest], labels: Sequence[Labels]) -> list[dict[str, Any]]:
    """Ask what Felix gets of each stored policy: refused, undecodable, or the truth of its selectors for each set."""
    return _ask([str(_programs().calico)], [{"policy": item, "labels": labels} for item in policies])


def as_sent(value: Any) -> Any:
    """Return a value as clients send it: they write JSON anew, in which YAML's 4.0 is 4."""
    match value:
        case float() if value.is_integer() and abs(value) < 1e21:  # from there on Go writes an exponent
            return int(value)
        case dict():
            return {key: as_sent(item) for key, item in value.items()}
        case list() | tuple():
            return [as_sent(item) for item in value]
        case _:
            return value


def _ask(command: Sequence[str], questions: Sequence[Any]) -> list[dict[str, Any]]:
    text = "".join(json.dumps(as_sent(question)) + "\n" for question in questions)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    answers: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(questions):
        raise NoAnswer(f"{len(answers)} answers to {len(questions)} questions: {done.stderr[-300:]}")
    for question, answer in zip(questions, answers, strict=True):
        if "broken" in answer or "panic" in answer:
            raise NoAnswer(f"{answer} to {json.dumps(question)[:2000]}")
    return answers
