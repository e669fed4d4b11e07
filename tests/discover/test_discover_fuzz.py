"""However manifests are bent, a proposal is made or refused with a diagnostic, and what is written loads."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.discover import propose_intent, write_proposal
from generator.foundation.errors import InputError
from generator.foundation.yaml_reader import read_documents
from generator.intent import load_intent
from generator.snapshot import load_snapshot
from tests.discover.test_discover_apps import APPS, HERE

DOCUMENTS = [
    item.value for name in sorted(APPS) for item in read_documents((HERE / "apps" / f"{name}.yaml").read_text(), "x")[0]
]
STRANGE = st.one_of(
    st.sampled_from([None, 0, -1, True, "", [], {}, [None], [{}], {"a": None}, 70000, "db:1", "http://api", "self"]),
    st.text(max_size=12),
)


def _ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, item in parts for found in _ways(item, (*way, key)))]


@settings(max_examples=150)
@given(st.data())
def test_bent_manifests(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(DOCUMENTS))), min_size=1, max_size=12, unique=True))
    objects = copy.deepcopy([DOCUMENTS[number] for number in chosen])
    for _ in range(data.draw(st.integers(0, 4))):
        document = data.draw(st.sampled_from(objects))
        way = data.draw(st.sampled_from(_ways(document)[1:] or [()]))
        at = document
        for step in way[:-1]:
            at = at[step]
        if way:
            at[way[-1]] = copy.deepcopy(data.draw(STRANGE))
    text = "---\n".join(json.dumps(item) + "\n" for item in objects)
    snapshot, _ = load_snapshot(["-"], stdin=text)
    try:
        proposal = propose_intent(snapshot, platform="generic", name="x")
    except InputError:
        return
    written = write_proposal(proposal)
    loaded = load_intent(["-"], stdin=written)
    certain = sum(need.certain for item in proposal.services if not item.why for need in item.needs)
    assert sum(len(item.needs) for item in loaded.intent.services.values()) <= certain
