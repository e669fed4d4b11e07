"""The states that `explain` and `reach` are asked of: the cluster as it is and, with an intent, as it would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from generator.calico.versions import NEWEST, Version, parse_version
from generator.cli.cluster_options import NOBODY, ClusterCall, FactsFrom
from generator.cli.live import read_whole_live
from generator.cli.progress import show_progress
from generator.foundation.diagnostics import Diagnostic, Place
from generator.packets.addresses import AddressSet
from generator.reach.environment import Dataplane, Environment, Staged
from generator.snapshot.facts import read_seen
from generator.snapshot.model import Snapshot

if TYPE_CHECKING:
    from generator.cli.target import Target
    from generator.intent import LoadedIntent


@dataclass(frozen=True, slots=True)
class States:
    """What is live and, where an intent is named, what would be; `problems` are those that stopped nothing.

    `rendered` are the templates of the intent's set, `target` is all that it was made from, and `as_of` the day.
    """

    snapshots: tuple[Snapshot, ...]
    version: Version
    problems: tuple[Diagnostic, ...]
    rendered: frozenset[str] = frozenset()
    target: Target | None = None
    as_of: date = date.min
    dataplane: Dataplane | None = None
    staged: Staged = Staged.IGNORED

    @property
    def loaded(self) -> LoadedIntent | None:
        """Return the intent, where one is named."""
        return self.target.loaded if self.target is not None else None

    @property
    def environment(self) -> Environment:
        """Return what verdicts hang on besides objects."""
        stated = self.loaded.intent.cluster.pod_cidrs if self.loaded is not None else ()
        ranges = AddressSet.of_cidrs(map(str, stated))
        return Environment(version=self.version, dataplane=self.dataplane, staged=self.staged, pod_ranges=ranges)

    def intent_place(self, why: str) -> Place | None:
        """Return the line of the intent that `services.web.needs[cart]` names; None for what does not come from it."""
        path = tuple(why.partition("[")[0].split("."))
        if self.loaded is None or path[0] not in self.loaded.effective:
            return None
        return self.loaded.source.place(path)


def read_states(
    intent: str | None,
    overlays: Sequence[str] | None,
    live: Sequence[str],
    namespace: str,
    complete: bool,
    as_of: date | None,
    calico: str | None,
    dataplane: Dataplane | None = None,
    staged: Staged = Staged.IGNORED,
    cluster: ClusterCall = NOBODY,
    facts: FactsFrom = FactsFrom.PROFILE,
) -> States:
    """Read what the call names; InputError where a document cannot be read, for it could be the one that decides."""
    version = parse_version(calico) if calico is not None else None
    if intent is None and not overlays:
        with show_progress("reading what is live"):
            snapshot, problems = read_whole_live(live, namespace, complete, cluster)
        seen = read_seen(snapshot).calico
        version = version or (parse_version(seen) if seen else NEWEST)
        return States((snapshot,), version, tuple(problems), dataplane=dataplane, staged=staged)
    # Only here, because whoever asks about what is live alone should not wait for all that renders.
    from generator.cli.target import Call, compare_with_live, read_both
    from generator.compare.applied import apply_diff

    day = as_of if as_of is not None else datetime.now(UTC).date()
    target, snapshot = read_both(Call(intent, overlays, live, namespace, complete, None, day, cluster, facts))
    diff, replaced, not_found = compare_with_live(target, snapshot)
    return States(
        (snapshot, apply_diff(snapshot, diff, replaced)),
        version or parse_version(target.rendered.target.version),
        (*target.problems, *diff.diagnostics, *not_found),
        frozenset(item.object.source.file for item in target.rendered.objects),
        target,
        day,
        dataplane,
        staged,
    )
