"""What a cluster keeps of an intent beside its objects: the run's state, the Lease, who has paused what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.apply.lease import watch_holder
from generator.apply.pauses import PauseBook
from generator.apply.ports import SavedRun
from generator.apply.run_codes import STATE_UNREADABLE
from generator.apply.state_copy import ClusterStateCopy, saved_intents
from generator.apply.status import IntentStatus, find_intents, find_status
from generator.apply.stopping import SystemClock
from generator.cli.attended import reach_cluster
from generator.cli.codes import USAGE
from generator.cli.leases import tell_of_watch
from generator.cli.live import gather_refusals
from generator.cli.screen import report_problems
from generator.cluster.access import Connection
from generator.cluster.attended import Attended
from generator.cluster.kubeconfig import Opened
from generator.cluster.snapshot import read_cluster
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure, InputError, RefusedError, RingfenceError
from generator.foundation.spelling import did_you_mean
from generator.plan.model import Plan
from generator.plan.plan_file import read_plan
from generator.snapshot.model import Snapshot


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster, and the namespace in which the state of runs is kept."""

    opened: Opened
    attended: Attended
    clock: SystemClock
    namespace: str

    @classmethod
    def open(cls, kubeconfig: str | None, context: str | None, namespace: str) -> Site:
        """Open the connection, and say what is odd about it."""
        reached = reach_cluster(kubeconfig, context)
        report_problems(reached.opened.notes)
        return cls(reached.opened, reached.attended, SystemClock(), namespace)

    @property
    def connection(self) -> Connection:
        """Return the way to the API server."""
        return self.opened.connection

    def read(self) -> Snapshot:
        """Read the cluster."""
        snapshot, problems = read_cluster(self.connection, self.clock, server=self.opened.server)
        report_problems(gather_refusals(problems))
        return snapshot

    def choose_intent(self, name: str | None) -> str:
        """Return the intent that is meant: the named one, or the only one of which a run is kept."""
        known = saved_intents(self.connection, self.clock, self.namespace)
        if name is not None and name in known:
            return name
        where = f"namespace '{self.namespace}' keeps runs of: {', '.join(known) or 'nobody'}"
        if name is not None:
            hint = did_you_mean(name, known) or where
            raise InputError([problem(USAGE, f"no run of intent '{name}' is kept", hint=hint)])
        if len(known) != 1:
            raise InputError([problem(USAGE, "name the intent with --intent", hint=where)])
        return known[0]

    def load_plan(self, intent: str) -> tuple[Plan, SavedRun]:
        """Return the plan that was carried out last, and where its run is."""
        saved = self.state_of(intent).load()
        if saved is None:
            raise InputError([problem(USAGE, f"no run of intent '{intent}' is kept", hint="apply keeps one")])
        return read_plan(saved.plan, "the state in the cluster"), saved

    def state_of(self, intent: str) -> ClusterStateCopy:
        """Return the copy of an intent's run."""
        return ClusterStateCopy(self.connection, self.clock, self.namespace, intent)

    def book_of(self, intent: str) -> PauseBook:
        """Return who has paused what of an intent."""
        return PauseBook(self.connection, self.clock, self.namespace, intent)


def statuses_of_cluster(site: Site, snapshot: Snapshot, intent: str | None) -> list[IntentStatus]:
    """Return where intents stand. What of the state may not be read is a warning, and what is live is told alone."""
    try:
        known = saved_intents(site.connection, site.clock, site.namespace)
    except (RefusedError, EnvironmentFailure) as error:
        _warn(error)
        return statuses_of_files(snapshot, intent)
    return [_status(site, snapshot, name, name in known) for name in _names(snapshot, known, intent)]


def statuses_of_files(snapshot: Snapshot, intent: str | None) -> list[IntentStatus]:
    """Return where intents stand by their objects alone."""
    return [find_status(snapshot, name) for name in _names(snapshot, (), intent)]


def _names(snapshot: Snapshot, known: Iterable[str], intent: str | None) -> list[str]:
    names = sorted({*find_intents(snapshot), *known})
    if intent is None:
        return names
    if intent not in names:
        hint = did_you_mean(intent, names) or f"there are: {', '.join(names) or 'none'}"
        raise InputError([problem(USAGE, f"nothing is known of intent '{intent}'", hint=hint)])
    return [intent]


def _status(site: Site, snapshot: Snapshot, intent: str, saved: bool) -> IntentStatus:
    try:
        run = site.state_of(intent).load() if saved else None
        holder = watch_holder(site.connection, site.clock, site.namespace, intent, tell_of_watch)
        return find_status(snapshot, intent, run, holder, site.book_of(intent).read())
    except (RefusedError, EnvironmentFailure) as error:
        _warn(error)
        return find_status(snapshot, intent)


def _warn(error: RingfenceError) -> None:
    summary = "; ".join(item.summary for item in error.diagnostics)
    hint = "what is enforced is told by the live objects alone"
    report_problems([problem(STATE_UNREADABLE, summary, hint=hint)])
