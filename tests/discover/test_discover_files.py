"""Mounted files and replicas: who is named in lists and blocks, and what copies of one file say."""

from __future__ import annotations

import json
from typing import Any

from generator.discover import propose_intent
from generator.discover.proposal import Proposal, ProposedNeed
from generator.snapshot import load_snapshot


def pods(name: str, map_name: str = "", replicas: int = 1, **container: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": "c", **container}]}
    if map_name:
        spec["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": "/etc/x"}]
        spec["volumes"] = [{"name": "v", "configMap": {"name": map_name}}]
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    kind = "StatefulSet" if replicas > 1 else "Deployment"
    meta = {"name": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": meta,
        "spec": {"replicas": replicas, "template": template},
    }


def service(name: str, *ports: int, headless: bool = False) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "selector": {"app": name},
        "ports": [{"name": f"p{port}", "port": port} for port in ports],
    }
    if headless:
        spec["clusterIP"] = "None"
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def config(name: str, text: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"file": text}}


def propose(*objects: dict[str, Any]) -> Proposal:
    text = "---\n".join(json.dumps(item) + "\n" for item in objects)
    snapshot, problems = load_snapshot(["-"], stdin=text)
    assert not problems
    return propose_intent(snapshot, platform="generic", name="x")


def needs(proposal: Proposal, caller: str) -> list[tuple[str, tuple[int, ...], bool]]:
    found: tuple[ProposedNeed, ...] = next(item for item in proposal.services if item.name == caller).needs
    return [(need.target, tuple(port.first for port in need.ports), need.certain) for need in found]


def reads(text: str) -> list[tuple[str, tuple[int, ...], bool]]:
    others = [part for name in ("api", "web") for part in (service(name, 80, 81), pods(name))]
    return needs(propose(*others, config("m", text), pods("caller", "m")), "caller")


def test_list_items_of_a_file() -> None:
    assert reads("targets:\n- api:80\n- 'web:81'\n- gone:1\n") == [("api", (80,), True), ("web", (81,), True)]


def test_servers_of_haproxy_and_clusters_of_envoy() -> None:
    assert reads("backend x\n  server one web:80 check\n") == [("web", (80,), True)]
    assert reads("socket_address: { address: web, port_value: 81 }\n") == [("web", (81,), True)]
    assert reads("socket_address:\n  address: web\n  port_value: 81\n") == [("web", (81,), True)]


def test_the_nearest_port_belongs_to_a_host() -> None:
    assert reads("queue:\n  host: web\n  port: 81\nserver:\n  port: 80\n") == [("web", (81,), True)]
    assert reads("server:\n  port: 80\nqueue:\n  port: 81\n  host: web\n") == [("web", (81,), True)]


def test_copies_of_one_file_are_a_guess() -> None:
    text = '"db": {"addr": "db", "port": 5432},\n'
    alone = [service("db", 5432), pods("db"), config("a", text), pods("one", "a")]
    assert needs(propose(*alone), "one") == [("db", (), True)]
    proposal = propose(*alone, config("b", text), pods("two", "b"))
    assert needs(proposal, "one") == needs(proposal, "two") == [("db", (), False)]
    assert needs(propose(*alone, config("b", text + "x: y\n"), pods("two", "b")), "one") == [("db", (), True)]


def test_replicas_that_seek_each_other_may_use_every_port() -> None:
    several = service("n", 1, 2, headless=True)
    start = "exec start --join n-0.n,n-1.n"
    assert needs(propose(several, pods("n", replicas=3, args=["sh", "-c", start])), "n") == [("self", (), True)]
    seeds = [{"name": "SEED_HOSTS", "value": "n-0.n"}]
    assert needs(propose(several, pods("n", replicas=3, env=seeds)), "n") == [("self", (), True)]
    said = [{"name": "SEED_HOSTS", "value": "n-0.n:2"}]
    assert needs(propose(several, pods("n", replicas=3, env=said)), "n") == [("self", (2,), True)]


def test_ports_in_variables_of_the_same_stem() -> None:
    env = [{"name": "QUERY_HOST", "value": "web"}, {"name": "QUERY_UI_PORT", "value": "81"}]
    objects = [service("web", 80, 81), pods("web"), pods("caller", env=env)]
    assert needs(propose(*objects), "caller") == [("web", (81,), True)]


def test_where_users_come_from_is_a_guess() -> None:
    web = service("web", 80)
    url = [{"name": "FRONTEND_URL", "value": "http://web"}]
    own = [web, pods("web"), service("api", 80)]
    assert needs(propose(*own, pods("api", env=url)), "api") == [("web", (), True)]
    web["spec"]["type"] = "LoadBalancer"
    assert needs(propose(*own, pods("api", env=url)), "api") == [("web", (), False)]
    assert needs(propose(*own, pods("api"), pods("load", env=url)), "load") == [("web", (), True)]
    other = [{"name": "RENDERER_URL", "value": "http://web"}]
    assert needs(propose(*own, pods("api", env=other)), "api") == [("web", (), True)]


def test_two_that_name_each_other() -> None:
    back = [{"name": "API_URL", "value": "http://api"}]
    front = [{"name": "WebClient", "value": "http://web"}]
    objects = [service("web", 80), service("api", 80), pods("web", env=back), pods("api", env=front)]
    proposal = propose(*objects)
    assert needs(proposal, "web") == [("api", (), True)]
    assert needs(proposal, "api") == [("web", (), False)]
