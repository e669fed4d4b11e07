"""Every content of every object once, and a Kustomize overlay for each state that puts together what stands in it.

kustomize takes files only from below an overlay's own folder, and other folders as bases. So contents that come and go
with the same commits share a base under `versions/`, and the overlay of a state under `stages/` names the bases that
stand in it. Which state is wanted is one line, in `current/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from generator.foundation.yaml_writer import write_document
from generator.plan.exports.contents import file_names, sent
from generator.plan.exports.model import Course, Span

KUSTOMIZATION: Final = "kustomization.yaml"


def write_versions(course: Course, dress: Callable[[Span, dict[str, Any]], dict[str, Any]]) -> dict[str, str]:
    """Return the bases: the files of all contents, each as `dress` makes it, and the kustomizations over them."""
    names = file_names({span.identity for span in course.spans})
    files: dict[str, str] = {}
    listed: dict[str, list[str]] = {}
    for span in course.spans:
        base = base_of(span, course)
        files[f"{base}/{names[span.identity]}"] = write_document(dress(span, sent(span.content)))
        listed.setdefault(base, []).append(names[span.identity])
    return files | {f"{base}/{KUSTOMIZATION}": kustomization(sorted(found)) for base, found in listed.items()}


def base_of(span: Span, course: Course) -> str:
    """Return the folder of a content: of the first state in which it stands, and the first in which it does not."""
    width = max(2, len(str(len(course.commits))))
    until = "end" if span.until is None else f"{span.until:0{width}d}"
    return f"versions/{span.since:0{width}d}-to-{until}"


def bases_of(number: int, course: Course) -> list[str]:
    """Return the bases that stand in a state."""
    return sorted({base_of(span, course) for span in course.spans if span.stands_in(number)})


def kustomization(resources: Iterable[str]) -> str:
    """Write a kustomization over files and folders."""
    body = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(resources)}
    return write_document(body)


def overlay(folder: str, bases: Iterable[str], own: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return an overlay: bases, given from the root of the export, and objects of its own by file name."""
    up = "../" * (folder.count("/") + 1)
    files = {f"{folder}/{name}": write_document(manifest) for name, manifest in own.items()}
    return files | {f"{folder}/{KUSTOMIZATION}": kustomization([*(up + base for base in bases), *sorted(own)])}
