"""Small applications of our own, written as real ones are; what is proposed of each is a golden file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.discover import propose_intent, write_proposal
from generator.foundation.errors import InputError
from generator.intent import load_intent
from generator.snapshot import load_snapshot
from tests.support.golden import check_golden
from tests.support.shared import shared_folder

HERE = Path(__file__).parent
APPS = {"shop": "shop", "configured": "default", "platform": "default", "popular": "demo"}


def proposal_text(name: str) -> str:
    snapshot, problems = load_snapshot(["-"], stdin=(HERE / "apps" / f"{name}.yaml").read_text(), namespace=APPS[name])
    assert not problems
    return write_proposal(propose_intent(snapshot, platform="generic", name=name))


@pytest.mark.parametrize("name", sorted(APPS))
def test_proposals(name: str) -> None:
    check_golden(HERE / "golden" / f"{name}.txt", proposal_text(name))


@pytest.mark.parametrize("name", sorted(APPS))
def test_a_proposal_loads_as_it_is_and_with_everything_uncommented(name: str) -> None:
    text = proposal_text(name)
    loaded = load_intent(["-"], stdin=text)
    assert loaded.intent.name == name
    body = re.split(r"\n# (?:Uncertain|Named, but|What these)", text)[0]
    body = re.sub(r"\n# shared:.*", "", body, flags=re.DOTALL)
    lines = [line if line.startswith(("# P", "# W")) else uncomment(line) for line in body.split("\n")]
    more = load_intent(["-"], stdin="\n".join(lines))
    assert len(more.intent.externals) >= len(loaded.intent.externals)
    assert sum(len(service.needs) for service in more.intent.services.values()) >= sum(
        len(service.needs) for service in loaded.intent.services.values()
    )


def uncomment(line: str) -> str:
    """Do what a reader does who takes every uncertain line for true."""
    before = None
    while before != line and not line.lstrip().startswith(("# uncertain:", "# nothing")):
        before, line = line, re.sub(r"^(\s*)# ", r"\1", line)
    return line


def test_published_applications_load_without_an_edit() -> None:
    for folder in sorted((shared_folder() / "corpora" / "apps").iterdir()):
        snapshot, _ = load_snapshot([str(folder)])
        proposal = propose_intent(snapshot, platform="generic")
        loaded = load_intent(["-"], stdin=write_proposal(proposal))
        certain = sum(need.certain for service in proposal.services for need in service.needs)
        assert sum(len(service.needs) for service in loaded.intent.services.values()) == certain
        assert not loaded.diagnostics


def test_nothing_to_propose_is_an_error() -> None:
    snapshot, _ = load_snapshot(["-"], stdin="apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    with pytest.raises(InputError) as caught:
        propose_intent(snapshot, platform="generic")
    assert caught.value.diagnostics[0].code == "RF6001"
