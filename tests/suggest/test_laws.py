"""Laws over random intents: a suggestion, applied, allows the flow, cuts nothing, and opens no more than it says."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.cli.explained import explain_flow
from generator.foundation.errors import InputError
from generator.reach.flow_changes import ChangeKind
from generator.suggest import Refusal, Suggestion
from tests.layers.test_render_laws import intents
from tests.suggest.clusters import Cluster, prove

_PORTS = (53, 80, 443, 7000, 8005, 9090)
_NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132}
_OUTSIDE = ("198.51.100.7", "203.0.113.9", "10.20.0.5")


def pod(namespace: str, name: str, number: int, labels: dict[str, str], account: str = "") -> dict[str, Any]:
    address = f"10.1.0.{number}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "nodeName": "n1",
            "serviceAccountName": account or "default",
            "containers": [{"name": name, "image": name}],
        },
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def live_of(intent: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a pod for each service, one that no service covers, and some in namespaces of others."""
    found = [
        pod(
            body.get("namespace", intent["namespace"]),
            name,
            10 + number,
            body.get("select", {"app": name}),
            body.get("serviceAccount", ""),
        )
        for number, (name, body) in enumerate(sorted(intent["services"].items()))
    ]
    found += [
        pod("shop", "stray", 50, {"app": "stray"}),
        pod("legacy", "erp", 51, {"app": "erp"}),
        pod("monitoring", "prometheus", 52, {"app": "prometheus"}),
    ]
    spaces = sorted({item["metadata"]["namespace"] for item in found})
    found += [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in spaces]
    return found


@st.composite
def asked(draw: st.DrawFn) -> tuple[dict[str, Any], str, str]:
    """Draw an intent, and a flow with a pod at one end at least."""
    intent = draw(intents())
    pods = [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in live_of(intent) if "spec" in item]
    ends = st.sampled_from([*pods, *_OUTSIDE])
    source, destination = draw(ends), draw(ends)
    if source in _OUTSIDE and destination in _OUTSIDE:
        destination = draw(st.sampled_from(pods))
    protocol = draw(st.sampled_from(("TCP", "TCP", "UDP", "SCTP")))
    return intent, source, f"{destination}:{draw(st.sampled_from(_PORTS))}/{protocol}"


def check(case: tuple[dict[str, Any], str, str]) -> str:
    """Hold what is suggested for one flow against what it does; return what it was."""
    intent, source, destination = case
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "intent.yaml").write_text(json.dumps(intent))
        (folder / "live.yaml").write_text("\n---\n".join(map(json.dumps, live_of(intent))))
        cluster = Cluster.read(folder / "intent.yaml", folder / "live.yaml")
        found = explain_flow(cluster.states, source, destination, False, 40000).after
        assert found is not None
        if found.remedy is None:
            assert found.verdict.verdict != "deny"
            return "not denied"
        if isinstance(found.remedy, Refusal):
            return f"refused: {found.remedy.obstacle}"
        changes = prove(cluster, found, folder)
        check_opened(found.remedy, source, destination, changes)
        return "more" if found.remedy.beyond else "tight"


def check_opened(remedy: Suggestion, source: str, destination: str, changes: list[Any]) -> None:
    """A tight one names a single caller, a single callee and one port, both ways round the asked flow."""
    assert changes
    assert all(change.kind is ChangeKind.ALLOWED for change in changes)
    if remedy.beyond:
        return
    end, _, port = destination.rpartition(":")
    number, protocol = port.split("/")
    named = "dns" in remedy.edits[0].way
    for change in changes:
        if source not in _OUTSIDE:
            assert change.sources == (source,)
        if end not in _OUTSIDE and not named:
            assert change.destinations == (end,)
        packet = change.witness.flow.transport
        if not named:
            assert (packet.destination_port, packet.protocol) == (
                int(number),
                _NUMBERS[protocol],
            )


_seen: dict[str, int] = {}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked())
def test_what_is_suggested_does_what_it_says(case: tuple[dict[str, Any], str, str]) -> None:
    try:
        result = check(case)
    except InputError as error:  # two services of which one selects the other's pods, and the like
        result = f"no intent: {error.diagnostics[0].code}"
    _seen[result] = _seen.get(result, 0) + 1


def test_most_random_flows_have_a_suggestion() -> None:
    """Without this the law could hold because nothing was ever suggested."""
    test_what_is_suggested_does_what_it_says()
    assert _seen.get("tight", 0) >= 15, _seen
