"""What nodes show, asked of a Prometheus that scrapes Felix, where the API server's proxy may not be used.

It answers with what it saw at its last scrape, so each look says of which scrape it is: nothing counts as still that
was not scraped again. A number that is too old shows too little and proves nothing.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from generator.apply.waits.fleet import Agent
from generator.apply.waits.metrics import NAMES, Reading, read_samples

_ANSWER: Final = 10.0  # seconds
_BACK: Final = "5m"
_LARGEST: Final = 1 << 26
_NODE_LABELS: Final = ("node", "nodename", "kubernetes_node")


def query(address: str, text: str) -> Any:
    """Return the `data` of an instant query; ValueError with a few words where there is none. Shows no address."""
    url = f"{address.rstrip('/')}/api/v1/query?{urlencode({'query': text})}"
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("the Prometheus is no http address")
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER) as answer:  # noqa: S310 - the scheme was looked at
            body = json.loads(answer.read(_LARGEST))
    except urllib.error.HTTPError as error:
        raise ValueError(f"the Prometheus answers {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException):
        raise ValueError("the Prometheus gives no answer") from None
    data = body.get("data") if isinstance(body, Mapping) and body.get("status") == "success" else None
    if not isinstance(data, Mapping):
        raise ValueError("the Prometheus answers with something else than samples")
    return data


class PrometheusMetrics:
    """Where the numbers of all nodes are asked for at once (`fleet.Metrics`)."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ask_all(self, agents: Mapping[str, Agent]) -> dict[str, Reading | str]:
        """Return what each node's Felix showed at its last scrape, or why that is not known."""
        try:
            series = query(self._address, f'{{__name__=~"{"|".join(NAMES)}"}}[{_BACK}]').get("result")
            found = [_Series(item) for item in series]
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            plain = type(error) is ValueError and str(error).startswith("the Prometheus")
            words = str(error) if plain else "the Prometheus answers with something else than samples"
            return dict.fromkeys(agents, words)
        return {node: _reading(agent, found) for node, agent in agents.items()}


class _Series:
    """One series with its last sample; a counter that was scraped earlier and is not there any more is too old."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        self.labels: Mapping[str, str] = item["metric"]
        at, value = item["values"][-1]
        self.at, self.value = float(at), str(value)

    @property
    def target(self) -> tuple[str, str]:
        """Return what tells one scraped process from another."""
        return str(self.labels.get("job", "")), str(self.labels.get("instance", ""))

    def is_of(self, agent: Agent) -> bool:
        """Tell whether it was scraped from this agent, by the labels that scrape configurations use."""
        labels = self.labels
        if labels.get("pod"):
            return labels["pod"] == agent.pod and labels.get("namespace", agent.namespace) == agent.namespace
        if any(labels.get(name) for name in _NODE_LABELS):
            return any(labels.get(name) == agent.node for name in _NODE_LABELS)
        host = str(labels.get("instance", "")).rpartition(":")[0].strip("[]")
        return bool(host) and host in (agent.node, *agent.addresses)


def _reading(agent: Agent, series: list[_Series]) -> Reading | str:
    mine = [item for item in series if item.is_of(agent)]
    targets = {item.target for item in mine if item.labels["__name__"].startswith("felix_")}
    if not targets:
        return "the Prometheus has no Felix of this node"
    if len(targets) > 1:
        return "the Prometheus has more than one Felix of this node"
    mine = [item for item in mine if item.target in targets]  # others of the node tell when they were started, too
    last = max(item.at for item in mine)
    # All that one scrape brought has its time; what has another is of a scrape before, by a process that is gone.
    samples = [(item.labels["__name__"], item.labels.get("type", ""), item.value) for item in mine if item.at == last]
    found = read_samples(samples)
    return replace(found, scrape=str(last)) if found is not None else "what the Prometheus scrapes there is not Felix"
