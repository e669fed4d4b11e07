"""One object for each identity, out of a list that may hold it twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from generator.calico.metadata import is_stored_form
from generator.calico.names import effective_name, identity_of
from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject, Identity
from generator.compare.codes import INTENDED_TWICE, LIVE_TWICE
from generator.foundation.diagnostics import Diagnostic, Severity, problem


def index_intended(
    objects: Sequence[ApiObject], version: str | None
) -> tuple[dict[Identity, ApiObject], list[Diagnostic]]:
    """Return the intended objects by identity; the same one twice counts once if the two are equal."""
    result: dict[Identity, ApiObject] = {}
    problems: list[Diagnostic] = []
    for identity, group in _group(objects, version).items():
        result[identity] = group[0]
        for other in _differing(group, version):
            summary = f"{identity} is intended twice with different content"
            place = other.source.place(("metadata", "name"))
            problems.append(problem(INTENDED_TWICE, summary, place=place, path="metadata.name"))
    return result, problems


def index_live(
    objects: Sequence[ApiObject], version: str | None, *, ours: Callable[[Identity, ApiObject], bool]
) -> tuple[dict[Identity, ApiObject], list[Diagnostic]]:
    """Return the live objects by identity, and what stands twice and differs.

    A cluster can show one object in both API groups, and a Kubernetes policy as one of Calico's; that is one object.
    Of one that differs in the two places the last counts; an error where it is `ours`, else a warning.
    """
    result: dict[Identity, ApiObject] = {}
    problems: list[Diagnostic] = []
    for identity, group in _group(objects, version).items():
        for exact, same in _split_by_name(identity, _originals(identity, group)).items():
            differing = _differing(same, version)
            result[exact] = same[-1] if differing else _best(same)
            if differing:
                severity = Severity.ERROR if any(ours(exact, obj) for obj in same) else Severity.WARNING
                problems += [_live_twice(exact, same[0], obj, severity) for obj in differing]
    return result, problems


def rejoin_renamed(
    there: dict[Identity, ApiObject], wanted: Collection[Identity], *, ours: Callable[[ApiObject], bool]
) -> dict[Identity, ApiObject]:
    """Take a live `default.foo` that is ours for the `foo` that is wanted, where no `foo` is live.

    From 3.32 the two names can be two policies, but this tool never writes the long one: it comes from a server up to
    3.31, or from one that was upgraded since, and to delete it and create the short one would be for nothing (L8).
    """
    result = dict(there)
    for identity, obj in there.items():
        short = identity_of(obj)
        if identity not in wanted and short in wanted and short not in there and ours(obj):
            result[short] = result.pop(identity)
    return result


def _group(objects: Iterable[ApiObject], version: str | None) -> dict[Identity, list[ApiObject]]:
    groups: dict[Identity, list[ApiObject]] = {}
    for obj in objects:
        groups.setdefault(identity_of(obj, version), []).append(obj)
    return groups


def _originals(identity: Identity, group: list[ApiObject]) -> list[ApiObject]:
    """Leave out Calico's views of Kubernetes' own policies where the policy itself is there."""
    return [obj for obj in group if obj.kind is identity.kind] or group


def _split_by_name(identity: Identity, group: list[ApiObject]) -> dict[Identity, list[ApiObject]]:
    """Take `foo` and `default.foo` for two policies where one API shows both: only 3.32 and later can hold both."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for obj in group:
        names[is_stored_form(obj)].add(effective_name(obj))
    if max(len(shown) for shown in names.values()) == 1 or any(obj.kind is not identity.kind for obj in group):
        return {identity: group}
    result: dict[Identity, list[ApiObject]] = {}
    for obj in group:
        exact = Identity(identity.kind, identity.namespace, effective_name(obj))
        result.setdefault(exact, []).append(obj)
    return result


def _differing(group: list[ApiObject], version: str | None) -> list[ApiObject]:
    if len(group) == 1:
        return []
    first = normalize_object(group[0], version=version)
    return [obj for obj in group[1:] if normalize_object(obj, version=version) != first]


def _best(group: list[ApiObject]) -> ApiObject:
    """Of several equal forms the v3 one, which is what clients write."""
    return next((obj for obj in group if not is_stored_form(obj)), group[0])


def _live_twice(identity: Identity, first: ApiObject, other: ApiObject, severity: Severity) -> Diagnostic:
    return problem(
        LIVE_TWICE,
        f"{identity} stands twice in the live input with different content",
        place=other.source.place(("metadata", "name")),
        path="metadata.name",
        hint=f"the other one: {first.source.place(('metadata', 'name'))}",
        severity=severity,
    )
