"""Online Boutique on a cluster that enforces: its pods, the flows of its intent and all others, and a plan for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import yaml

from generator.cli.main import run_command
from tests.testbed.client import Client
from tests.testbed.dataplane.cluster import API_VERSION, FelixCluster, Pod
from tests.testbed.dataplane.load import Flow
from tests.testbed.worlds import World, documents_of

BOUTIQUE: Final = Path(__file__).parents[2] / "examples" / "online-boutique"
INTENT: Final = BOUTIQUE / "intent.yaml"
AS_OF: Final = ("--as-of", "2026-11-01")
SPACE: Final = "boutique"
STATE: Final = "ringfence"


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(INTENT.read_text(encoding="utf-8"))["services"]
    return found


class Boutique:
    """The pods of the application and the flows between them: those of the intent, and all others."""

    def __init__(self, cluster: FelixCluster, world: World) -> None:
        files = ("namespace.yaml", "application.yaml")
        found = [item for file in files for item in documents_of(BOUTIQUE / "live" / file)]
        world.write([item for item in found if item["kind"] not in ("NetworkPolicy", "GlobalNetworkPolicy")])
        cluster.server.client().create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STATE}})
        cluster.plug(world.pods)
        self.pods: dict[str, Pod] = {}
        for name, service in services().items():
            self.pods[name] = cluster.pod(SPACE, f"{name}-").listen(*service.get("ports", ()))
        dns = cluster.pod("kube-system", "coredns").listen(53)
        self.needed = [Flow(pod, dns, 53) for pod in self.pods.values()]
        self.other: list[Flow] = []
        for caller, asking in services().items():
            for callee, asked in services().items():
                for port in asked.get("ports", ()) if callee != caller else ():
                    needed = callee in asking.get("needs", ())
                    (self.needed if needed else self.other).append(Flow(self.pods[caller], self.pods[callee], port))

    def wait_until_open(self) -> None:
        """Return when every packet comes through, as in a cluster without policies."""
        until = time.monotonic() + 20
        while late := [flow for flow in (*self.needed, *self.other) if not flow.answered(0.3)]:
            assert time.monotonic() < until, f"{late[0]} does not come through before anything was done"

    def is_as_intended(self) -> bool:
        """Tell whether what the intent says comes through, and nothing else does."""
        wrong = [flow for flow in self.needed if not flow.answered()]
        return not wrong and not any(flow.answered(0.3) for flow in self.other)

    def is_open(self) -> bool:
        """Tell whether everything comes through."""
        return all(flow.answered() for flow in (*self.needed, *self.other))


def policies_of(client: Client) -> list[str]:
    kinds = ("NetworkPolicy", "GlobalNetworkPolicy", "GlobalNetworkSet", "Tier")
    return sorted(f"{kind}/{obj['metadata']['name']}" for kind in kinds for obj in client.objects(API_VERSION, kind))


def write_plan(cluster: FelixCluster, layout: str, folder: Path) -> tuple[Path, Path, tuple[str, ...]]:
    """Plan the boutique's intent for a cluster: the plan, the overlay, and the options that name the cluster."""
    config = ("--kubeconfig", str(cluster.server.kubeconfig(folder / "kubeconfig")))
    overlay, plan = folder / "target.yaml", folder / "plan.json"
    overlay.write_text(f"layout: {layout}\ncalico: '3.31'\napiGroup: {API_VERSION}\nreplaces: []\n")
    live = ("-f", str(overlay), "--live", "cluster", *config, *AS_OF)
    assert run_command(["plan", str(INTENT), *live, "-o", str(plan)]) == 0
    return plan, overlay, config
