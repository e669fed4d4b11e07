"""What all parts of resolving share: the file, places, what could not be read, and the problems found so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from generator.foundation.codes import Code
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import Path, Step, print_path
from generator.foundation.spelling import did_you_mean
from generator.intent.codes import EMPTY, NO_NAMESPACE
from generator.intent.file_model import IntentFile, PodsPart
from generator.intent.model import Labels, Origin, PodSelection, PortSpec
from generator.intent.overlay import MergedSource
from generator.intent.shape import Gaps

MAX_SPELLED: Final = 100


@dataclass(frozen=True, slots=True)
class Resolving:
    """One run over one file; `problems` is the only thing that grows."""

    file: IntentFile
    source: MergedSource
    gaps: Gaps
    problems: list[Diagnostic] = field(default_factory=list)
    spelled: list[str] = field(default_factory=list)

    def suggest(self, word: str, known: Collection[str]) -> str:
        """Return the nearest spelling as a hint; a file that is wrong all over gets it for its first words only.

        It costs a comparison with every name, and nobody reads a thousand of them.
        """
        if len(self.spelled) >= MAX_SPELLED:
            return ""
        self.spelled.append(word)
        return did_you_mean(word, known)

    def report(self, code: Code, summary: str, path: Path, hint: str = "", *, key: bool = False) -> None:
        """Add a problem with the place of `path`."""
        shown = print_path(self.source.original(path))
        self.problems.append(problem(code, summary, place=self.source.place(path, key=key), path=shown, hint=hint))

    def origin(self, stable: str, path: Path, *, key: bool = False) -> Origin:
        """Return where an item stands; `stable` is its way without positions in lists."""
        return Origin(stable, self.source.place(path, key=key))

    def incomplete(self, path: Path) -> bool:
        """Tell whether something at or below `path` could not be read, and was reported as such."""
        return bool(self.gaps.paths) and self.gaps.within(self.source.original(path))


def labels_of(select: dict[str, str]) -> Labels:
    """Return a selection by labels in its fixed sequence."""
    return tuple(sorted(select.items()))


def ports_of(ports: Iterable[PortSpec]) -> tuple[PortSpec, ...]:
    """Return each port once, sorted."""
    return tuple(sorted(set(ports)))


def select_labels(run: Resolving, select: dict[str, str] | None, path: Path, what: str) -> Labels:
    """Return the labels of pods; an empty mapping is refused, since it would select every pod unsaid."""
    if select is None:
        return ()
    if not select and not run.incomplete((*path, "select")):
        hint = f"name labels, or leave `select` out to mean {what}"
        run.report(EMPTY, "'select' is empty", (*path, "select"), hint)
    return labels_of(select)


def pods_of(run: Resolving, part: PodsPart, path: Path) -> PodSelection:
    """Return pods that are named by namespace and labels; without `select` all pods of the namespace."""
    labels = select_labels(run, part.select, path, f"every pod of {part.namespace}")
    return PodSelection(part.namespace, labels, part.service_account or "")


def refuse_empty(run: Resolving, items: object, path: Path, hint: str) -> None:
    """Report a list that is there but holds nothing."""
    if items is not None and not items and not run.incomplete(path):
        run.report(EMPTY, f"'{_last_name(path)}' is empty", path, hint)


def _last_name(path: tuple[Step, ...]) -> str:
    return str(next((step for step in reversed(path) if isinstance(step, str)), ""))


def service_namespace(run: Resolving, name: str) -> str:
    """Return the namespace of a service; a service without one, in an intent without one, is reported."""
    part = (run.file.services or {}).get(name)
    path: Path = ("services", name)
    found = (part.namespace if part is not None else None) or run.file.namespace
    if found is None:
        if not (run.incomplete((*path, "namespace")) or run.incomplete(("namespace",)) or path in run.gaps.paths):
            hint = "write `namespace:` at the service, or once at the top for all"
            run.report(NO_NAMESPACE, f"service '{name}' has no namespace", path, hint, key=True)
        return ""
    return found
