"""A small migration in a cluster, and its export as commits of a repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.intent.model import Layout
from generator.plan.exports import Exported, Tool, export_plan
from generator.plan.exports.hooks import STATE_NAMESPACE
from generator.plan.model import Manifest
from tests.gitops.watching import Seen, seen_since, version_now
from tests.plan.exports.small import LIVE, SMALL_LIVE, small
from tests.plan.worlds import Planned
from tests.support.objects import api_object
from tests.testbed.client import Client
from tests.testbed.server import ApiServer

HOOKS = (("v1", "ConfigMap"), ("batch/v1", "Job"))


@dataclass
class Journey:
    """The way of one export; `moments` are versions of the server."""

    client: Client
    planned: Planned
    export: Exported

    @property
    def intent(self) -> str:
        return self.planned.plan.intent

    @property
    def path(self) -> str:
        return f"ringfence/{self.intent}"

    @cached_property
    def kinds(self) -> list[tuple[str, str]]:
        """Return what is written, as (apiVersion, kind)."""
        parts = (part for step in self.planned.plan.writes for part in (step.write.before, step.write.after))
        return sorted({(part["apiVersion"], part["kind"]) for part in parts if part is not None})

    def commit(self, number: int) -> dict[str, str]:
        """Return the repository whose `current` names a state."""
        names = self.export.course.names
        files = {
            name: text.replace(names[0], names[number]) if name.startswith("current/") else text
            for name, text in self.export.files.items()
        }
        return {f"{self.path}/{name}": text for name, text in files.items()}

    def now(self) -> str:
        return version_now(self.client)

    def since(self, moment: str) -> list[Seen]:
        """Return what was written of policies, Jobs and marks since a moment, in its order."""
        seen = seen_since(self.client, [*self.kinds, *HOOKS], moment)
        return [item for item in seen if item.kind not in ("ConfigMap", "Job") or _is_ours(item)]

    def policies_since(self, moment: str) -> list[str]:
        return [str(item) for item in self.since(moment) if item.kind not in ("ConfigMap", "Job")]

    def live(self) -> dict[Identity, Manifest]:
        """Return the objects that the export is about, as they are in the cluster."""
        about = {identity for state in self.export.course.states for identity in state}
        found = {identity_of(api_object(item)): item for kind in self.kinds for item in self.client.objects(*kind)}
        return {identity: item for identity, item in found.items() if identity in about}

    def job(self, what: str, number: int) -> str:
        return f"ringfence-{self.intent}-export-{what}-{number:02d}"

    def has_job(self, what: str, number: int) -> bool:
        return self.client.get("batch/v1", "Job", self.job(what, number), STATE_NAMESPACE) is not None


def journey(server: ApiServer, tool: Tool, layout: Layout = Layout.TIERS) -> Journey:
    """Put the start of a small migration into a clean cluster, and export it."""
    planned = small(layout)
    client = server.client()
    client.create(LIVE[0])
    for manifest in planned.start.values():
        client.create(manifest)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STATE_NAMESPACE}})
    return Journey(client, planned, export_plan(planned.plan, tool, SMALL_LIVE))


def place(seen: list[Seen], name: str, test: Mapping[str, str] | None = None, event: str = "") -> int:
    """Return at which place of what was seen an object was written first, with this data where it is given."""
    return next(
        number
        for number, item in enumerate(seen)
        if item.name.endswith(name)
        and event in ("", item.event)
        and (test is None or test.items() <= (item.manifest.get("data") or {}).items())
    )


def marks_of(seen: list[Seen], key: str) -> set[str]:
    """Return which marks were seen to permit something."""
    return {item.name[-6:] for item in seen if "mark-" in item.name and key in item.manifest["data"]}


def _is_ours(item: Seen) -> bool:
    return str(item.manifest["metadata"]["namespace"]) == STATE_NAMESPACE
