"""A finding: one problem of one manifest, with what Calico's two validators call the field they refuse."""

from __future__ import annotations

from typing import Any, NamedTuple

from generator.foundation.codes import Code
from generator.foundation.diagnostics import Diagnostic, Severity, problem
from generator.foundation.source import Path, SourceMap, print_path

ROOT = "<nil>"


class Finding(NamedTuple):
    """What is wrong at `path`; `go` and `crd` name the field as that validator does, None where it accepts.

    Calico's Go validator gives "" as the field of a value that it cannot decode; the CRD gives "<nil>" for the whole
    object. A finding that neither of them makes (`go` and `crd` None) is a trap or a check that is ours.
    """

    code: Code
    path: Path
    summary: str
    hint: str = ""
    go: str | None = None
    crd: str | None = None
    severity: Severity | None = None


Findings = list[Finding]


def crd_field(path: Path) -> str:
    """Name a field as kube-apiserver does: `spec.ingress[0].action`, the whole object `<nil>`."""
    return print_path(path) or ROOT


def merge_findings(found: Findings) -> Findings:
    """Join findings of one code at one place: the Go validator and the CRD often see the same problem."""
    by_place: dict[tuple[str, Path], Finding] = {}
    for item in found:
        key = (item.code.id, item.path)
        first = by_place.get(key)
        if first is None:
            by_place[key] = item
        else:
            # What reads the meaning says more than what reads the type.
            kept = item if first.go is None and item.go is not None else first
            go = first.go if first.go is not None else item.go
            crd = first.crd if first.crd is not None else item.crd
            by_place[key] = kept._replace(go=go, crd=crd)
    return list(by_place.values())


def to_diagnostic(finding: Finding, source: SourceMap, severity: Severity) -> Diagnostic:
    """Give a finding its place in the file."""
    return problem(
        finding.code,
        finding.summary,
        place=source.place(finding.path),
        path=print_path(finding.path),
        hint=finding.hint,
        severity=severity,
    )


def shown(value: Any) -> str:
    """Show an offending value in a summary: quoted, on one line, cut to a readable length."""
    text = value if isinstance(value, str) else _plain(value)
    text = text.replace("\n", "\\n").replace("\r", "\\r")
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"


def _plain(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
