"""What a watcher saw of a plan's objects: every state that the server was ever in, in the order of its writes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from generator.apply.course import start_of
from generator.calico.kinds import KINDS, Kind
from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.cluster.sameness import comparison_form
from generator.plan.model import Manifest, Plan, WriteStep
from tests.support.objects import api_object
from tests.testbed.client import Client

State = dict[Identity, str]


def paths_of(plan: Plan) -> dict[str, Kind]:
    """Return the path of each kind that a plan writes."""
    found = {}
    for step in plan.writes:
        like = step.write.after or step.write.before
        assert like is not None
        found[f"/apis/{like['apiVersion']}/{KINDS[step.write.identity.kind].plural}"] = step.write.identity.kind
    return found


def version_now(client: Client) -> str:
    answer = client.ask("GET", "/api/v1/namespaces")
    return str(answer.body["metadata"]["resourceVersion"])


def state_now(client: Client, plan: Plan) -> State:
    """Return what the plan's objects are now."""
    mine = start_of(plan.steps)
    found: list[tuple[Identity, Manifest | None]] = []
    for path, kind in paths_of(plan).items():
        group = path.removeprefix("/apis/").rpartition("/")[0]
        for item in client.ask("GET", path).body["items"]:
            manifest = {"apiVersion": group, "kind": KINDS[kind].manifest_kind, **item}
            identity = identity_of(api_object(manifest), plan.target.version)
            if identity in mine:
                found.append((identity, manifest))
    return meanings(plan, found)


def states_seen(client: Client, plan: Plan, since: str) -> list[State]:
    """Return each state of the plan's objects after a version of the server, one for each of its writes."""
    events: list[tuple[int, str, dict[str, Any]]] = []
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda path: _watch(client.as_user(client.user), path, since), paths_of(plan)))
    for answer in answers:
        for line in answer.splitlines():
            event = json.loads(line)
            events.append((int(event["object"]["metadata"]["resourceVersion"]), event["type"], event["object"]))
    assert all(kind in ("ADDED", "MODIFIED", "DELETED") for _, kind, _ in events), events
    state = meanings(plan, start_of(plan.steps).items())
    found = [dict(state)]
    for _, kind, manifest in sorted(events, key=lambda event: event[0]):
        identity = identity_of(api_object(manifest), plan.target.version)
        if identity not in start_of(plan.steps):
            continue
        if kind == "DELETED":
            state.pop(identity, None)
        else:
            state |= meanings(plan, [(identity, manifest)])
        found.append(dict(state))
    return found


def _watch(client: Client, path: str, since: str) -> str:
    answer = client.ask("GET", path, query={"watch": "true", "resourceVersion": since, "timeoutSeconds": "1"})
    client.close()
    assert answer.status == 200, answer
    return answer.body if isinstance(answer.body, str) else json.dumps(answer.body)


def states_planned(plan: Plan) -> list[State]:
    """Return the states between the writes of a plan."""
    state = meanings(plan, start_of(plan.steps).items())
    found = [dict(state)]
    for step in plan.steps:
        if isinstance(step, WriteStep):
            state.pop(step.write.identity, None)
            state |= meanings(plan, [(step.write.identity, step.write.after)])
            found.append(dict(state))
    return found


def meanings(plan: Plan, contents: Iterable[tuple[Identity, Manifest | None]]) -> State:
    """Return the comparison forms of objects that are there."""
    return {
        identity: json.dumps(comparison_form(identity.kind, manifest, plan.target.version), sort_keys=True)
        for identity, manifest in contents
        if manifest is not None
    }
