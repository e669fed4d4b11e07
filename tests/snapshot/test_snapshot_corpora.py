"""Every file of the corpora is read: objects, or a diagnostic with its place; counts as the corpora's page has them."""

from __future__ import annotations

import re
from collections import Counter

from generator.calico.kinds import KINDS, Kind, find_kind
from generator.foundation.diagnostics import Diagnostic, Severity
from generator.foundation.yaml_reader import read_documents
from generator.snapshot import load_snapshot
from generator.snapshot.documents import split_items
from generator.snapshot.files import read_texts
from tests.support.shared import shared_folder

GLOBAL = (Kind.GLOBAL_NETWORK_POLICY,)
NAMESPACED = (Kind.NETWORK_POLICY,)
STAGED = (Kind.STAGED_NETWORK_POLICY, Kind.STAGED_GLOBAL_NETWORK_POLICY, Kind.STAGED_KUBERNETES_NETWORK_POLICY)
SETS = (Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET)
ROW = re.compile(r"^\| ([\w-]+) \| (\d+) / (\d+) / (\d+) \| (\d+) \| (\d+) \| (\d+) \|", re.MULTILINE)
# Files that no reader takes, and why.
UNREADABLE = {"networking_configuring_qos-controls.yaml": "a tab cannot indent YAML"}


def _kinds(folder: str) -> tuple[Counter[Kind], list[Diagnostic]]:
    texts, problems = read_texts([str(shared_folder() / "corpora" / "calico" / folder)])
    counts: Counter[Kind] = Counter()
    for file, text in texts:
        documents, wrong = read_documents(text, file)
        problems.extend(wrong)
        for item in split_items(documents, []):
            kind = find_kind(item.api_version, item.kind)
            if kind is not None and KINDS[kind].calico:
                counts[kind] += 1
    return counts, problems


def test_counts_of_the_calico_corpora() -> None:
    rows = ROW.findall((shared_folder() / "corpora" / "README.md").read_text())
    assert len(rows) == 11
    total = policies = 0
    for folder, *numbers in rows:
        counts, problems = _kinds(folder)
        groups = (GLOBAL, NAMESPACED, STAGED, SETS, (Kind.HOST_ENDPOINT,), (Kind.TIER,))
        found = [sum(counts[kind] for kind in group) for group in groups]
        assert found == [int(number) for number in numbers], folder
        total += sum(found)
        policies += sum(found[:3])
        files = {item.place.file.rpartition("/")[2]: item.summary for item in problems}
        assert files == {file: why for file, why in UNREADABLE.items() if file in files}
        assert all(item.place.line for item in problems)
    assert (total, policies) == (403, 341)


def test_every_folder_loads_with_places() -> None:
    for folder in sorted((shared_folder() / "corpora").iterdir()):
        if folder.is_dir():
            _, problems = load_snapshot([str(folder)])
            for item in problems:
                assert item.place.file, item
                assert item.place.line or item.code == "RF5004", item
                assert item.severity is not Severity.ERROR or item.code.startswith("RF0"), item
