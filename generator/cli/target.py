"""From what the call names to the rendered set: intent, profile, what is live, templates, day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from generator.calico.kinds import CALICO_GROUPS, KINDS
from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.checks.cluster_facts import check_cluster_facts, with_cluster_facts
from generator.cli.cluster_options import NOBODY, ClusterCall, FactsFrom
from generator.cli.codes import USAGE
from generator.cli.live import read_live, read_stdin, read_whole_live
from generator.cli.options import no_live
from generator.cli.progress import show_progress
from generator.compare import compute_diff
from generator.compare.model import ObjectDiff
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import EnvironmentFailure, InputError, RefusedError
from generator.intent import LoadedIntent, load_intent
from generator.layers import render_set
from generator.layers.model import ManifestSet
from generator.plan.claims import find_claims
from generator.plan.replace import find_replaced
from generator.platforms import load_profile
from generator.platforms.model import PlatformProfile
from generator.snapshot.codes import KIND_UNREAD
from generator.snapshot.model import Snapshot
from generator.snapshot.unread import unread_kinds

Reader = Callable[[Sequence[str], str, bool, ClusterCall], tuple[Snapshot, list[Diagnostic]]]


@dataclass(frozen=True, slots=True)
class Call:
    """What the call names; `overlays` are laid over the intent in their order."""

    intent: str | None
    overlays: Sequence[str] | None = None
    live: Sequence[str] | None = None
    namespace: str = "default"
    complete: bool = False
    templates: Path | None = None
    as_of: date | None = None
    cluster: ClusterCall = NOBODY
    facts: FactsFrom = FactsFrom.PROFILE


@dataclass(frozen=True, slots=True)
class Target:
    """The intent with all that it is judged by; `problems` are those that stopped nothing, also of the rendering."""

    loaded: LoadedIntent
    profile: PlatformProfile
    snapshot: Snapshot | None
    rendered: ManifestSet
    problems: list[Diagnostic] = field(default_factory=list)


def read_intent(call: Call) -> LoadedIntent:
    """Load the intent and what is laid over it."""
    paths = [*([call.intent] if call.intent is not None else []), *(call.overlays or [])]
    if not paths:
        raise InputError([problem(USAGE, "no intent is named", hint="give the intent file, or - for standard input")])
    if "-" in paths and "-" in (call.live or []):
        raise InputError([problem(USAGE, "standard input cannot be both the intent and what is live")])
    return load_intent(paths, stdin=read_stdin(paths))


def read_target(call: Call, read: Reader = read_live) -> Target:
    """Load all that the call names and render the set; raises InputError with all problems of the first that fails."""
    loaded = read_intent(call)
    with _placed(loaded, "platform"):
        profile = load_profile(loaded.intent.platform)
    with show_progress("reading what is live"):
        snapshot, found = (
            read(call.live, call.namespace, call.complete, call.cluster) if call.live else _nothing_live(call)
        )
    if snapshot is not None:
        loaded, contradicted = _with_facts(loaded, profile, snapshot, call.facts)
        found = [*found, *contradicted]
    day = call.as_of if call.as_of is not None else datetime.now(UTC).date()  # the only clock; nothing below knows one
    with show_progress("rendering"), _placed(loaded):
        rendered = render_set(loaded.intent, profile, snapshot=snapshot, templates=call.templates, as_of=day)
    notes = [loaded.placed(item) for item in rendered.notes]
    return Target(loaded, profile, snapshot, rendered, [*loaded.diagnostics, *found, *notes])


def _nothing_live(call: Call) -> tuple[None, list[Diagnostic]]:
    if call.cluster.is_given or call.facts is FactsFrom.CLUSTER:
        summary = "--context, --kubeconfig and --facts are of what is live"
        raise InputError([problem(USAGE, summary, hint="give --live cluster")])
    return None, []


def _with_facts(
    loaded: LoadedIntent, profile: PlatformProfile, snapshot: Snapshot, facts: FactsFrom
) -> tuple[LoadedIntent, list[Diagnostic]]:
    """Hold what is stated of the cluster against what it shows, or let the cluster win."""
    if facts is FactsFrom.CLUSTER:
        return replace(loaded, intent=with_cluster_facts(loaded.intent, profile, snapshot)), []
    return loaded, [loaded.placed(item) for item in check_cluster_facts(loaded.intent, profile, snapshot)]


@contextmanager
def _placed(loaded: LoadedIntent, about: str = "") -> Iterator[None]:
    """Give problems that name a key of the intent the place of that key; those that name nothing are `about` one."""
    try:
        yield
    except (InputError, RefusedError) as error:
        raise type(error)(
            [
                loaded.placed(item if item.path or item.place.file else replace(item, path=about))
                for item in error.diagnostics
            ]
        ) from None


def read_both(call: Call) -> tuple[Target, Snapshot]:
    """Do the same for a command that needs what is live, all of it: a document that cannot be read is an InputError."""
    if not call.live:
        raise InputError([no_live()])
    target = read_target(call, read_whole_live)
    assert target.snapshot is not None
    return target, target.snapshot


def compare_with_live(
    target: Target, snapshot: Snapshot, replace: Sequence[str] = (), *, leaving: bool = False
) -> tuple[ObjectDiff, frozenset[Identity], list[Diagnostic]]:
    """Compare the set with what is live; also what the intent and `replace` take over, and what they do not find.

    An object that is taken over may also be one that the set itself writes. InputError where another intent owns one of
    the namespaces too, unless the set is only `leaving`; EnvironmentFailure where a kind of the set may not be read.
    """
    rendered = target.rendered
    version = rendered.target.version
    _require_kinds(rendered, snapshot)
    there = [(identity_of(obj, version), obj) for obj in snapshot.policies]
    replaced, not_found = find_replaced(target.loaded.intent, there, replace)
    intended = [item.object for item in rendered.objects]
    diff = compute_diff(intended, snapshot.policies, rendered.intent, adopt=replaced, version=version)
    claims = [] if leaving else find_claims(diff, rendered.scope)
    if claims:
        raise InputError(claims)
    return diff, replaced, not_found


def _require_kinds(rendered: ManifestSet, snapshot: Snapshot) -> None:
    """Refuse to compare kinds that the cluster did not show: all of ours would seem to be absent."""
    wanted = {KINDS[item.object.kind] for item in rendered.objects}
    plurals = {info.plural for info in wanted if info.calico}
    hidden = [
        kind.name
        for kind in unread_kinds(snapshot)
        if (parts := kind.name.partition("."))[0] in plurals and parts[2] in CALICO_GROUPS
    ]
    if hidden:
        hint = "ask for the right to list them"
        raise EnvironmentFailure(
            [problem(KIND_UNREAD, f"{name} may not be read, so it cannot be compared", hint=hint) for name in hidden]
        )
