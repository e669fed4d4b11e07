"""Reports of made-up results, as text, JSON and Markdown."""

from __future__ import annotations

import json
from pathlib import Path

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity
from generator.compare.model import FieldChange, ObjectChange, ObjectDiff, Status
from generator.equality.model import Proven
from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Diagnostic, Place, Severity, problem
from generator.foundation.source import SourceMap
from generator.intent.model import Layout
from generator.layers.model import ManifestSet, RenderedObject, Target
from generator.report.formats import Ink, count, markdown_table
from generator.report.object_diff import diff_headline, diff_json, diff_markdown, diff_text
from generator.report.problems import problems_markdown, problems_text, tally
from generator.report.rendering import rendering_json, rendering_markdown, rendering_text
from generator.report.validation import validation_json, validation_markdown, validation_text
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"


def api_object(kind: Kind, namespace: str, name: str) -> ApiObject:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    manifest = {"apiVersion": "projectcalico.org/v3", "kind": kind.value, "metadata": metadata}
    return ApiObject(kind, manifest, SourceMap("live/policies.yaml", "", 12))


def change(
    status: Status, name: str, *fields: FieldChange, owner: str = "", kind: Kind = Kind.NETWORK_POLICY
) -> ObjectChange:
    namespace = "shop" if kind is Kind.NETWORK_POLICY else ""
    found = api_object(kind, namespace, name)
    live = None if status is Status.CREATED else found
    return ObjectChange(Identity(kind, namespace, name), status, live, None, fields, owner)


DIFF = ObjectDiff(
    "shop",
    (
        change(Status.SAME, "ringfence", kind=Kind.TIER),
        change(
            Status.CHANGED,
            "ringfence.cart",
            FieldChange("spec.order", None, 200),
            FieldChange("spec.ingress[0].source.selector", "app == 'web' | app == 'x'", "app == 'web'"),
            FieldChange(
                "spec.egress[1]",
                {
                    "action": "Allow",
                    "destination": {"nets": ["10.20.0.0/16", "10.21.0.0/16"], "ports": [5432]},
                    "protocol": "TCP",
                },
                None,
            ),
            owner="shop",
        ),
        change(Status.CREATED, "ringfence.web"),
        change(Status.REMOVED, "ringfence.gone", owner="shop"),
        change(Status.FOREIGN, "by-hand"),
        change(Status.FOREIGN, "theirs", owner="billing"),
    ),
)

PROBLEMS = [
    problem(FILE_UNREADABLE, "no such file", place=Place("intent.yaml")),
    Diagnostic("RF1001", Severity.WARNING, "a | b", Place("intent.yaml", 3, 9), "services.web.ports[0]", "write 80"),
    Diagnostic("RF1002", Severity.NOTE, "nothing to do"),
]

RENDERED = ManifestSet(
    intent="shop",
    target=Target("3.32", "projectcalico.org/v3", Layout.TIERS, "ringfence"),
    scope=("shop",),
    objects=tuple(
        RenderedObject(Identity(kind, "", name), layer, api_object(kind, "", name), ())
        for kind, name, layer in (
            (Kind.TIER, "ringfence", "tier"),
            (Kind.GLOBAL_NETWORK_POLICY, "ringfence.a", "dns"),
            (Kind.GLOBAL_NETWORK_POLICY, "ringfence.b", "dns"),
        )
    ),
    files={},
    notes=(PROBLEMS[1],),
    digest="sha256:1",
    templates_digest="sha256:2",
    profile_digest="sha256:3",
    intent_digest="sha256:4",
    proof=Proven(3, 1200, ("endpoints for Service default/kubernetes",)),
)


def test_object_diff() -> None:
    assert diff_headline(DIFF) == "1 to create, 1 to change, 1 to remove, 1 the same, 2 foreign"
    check_golden(GOLDEN / "diff.txt", diff_text(DIFF))
    check_golden(GOLDEN / "diff.json", diff_json(DIFF))
    check_golden(GOLDEN / "diff.md", diff_markdown(DIFF))
    data = json.loads(diff_json(DIFF))
    assert (data["kind"], data["formatVersion"]) == ("ringfence.diff", 1)
    assert sum(data["summary"].values()) == len(DIFF.changes)


def test_what_is_taken_over_is_said() -> None:
    replaced = frozenset(change.identity for change in DIFF.changes if change.identity.name == "by-hand")
    assert "2 foreign (1 taken over)" in diff_headline(DIFF, replaced)
    for text in (diff_text(DIFF, replaced=replaced), diff_markdown(DIFF, replaced)):
        assert "taken over: plan removes it last" in text
    marked = [item["name"] for item in json.loads(diff_json(DIFF, replaced))["changes"] if item.get("takenOver")]
    assert marked == ["by-hand"]


def test_an_empty_diff() -> None:
    empty = ObjectDiff("shop", ())
    assert diff_text(empty) == "intent 'shop': 0 to create, 0 to change, 0 to remove, 0 the same, 0 foreign\n"
    assert diff_markdown(empty).count("\n") == 3


def test_colours_are_only_added() -> None:
    painted = diff_text(DIFF, Ink(True)) + problems_text(PROBLEMS, Ink(True))
    assert "\x1b[31m" in painted
    for code in ("0", "1", "2", "31", "32", "33"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted == diff_text(DIFF) + problems_text(PROBLEMS)


def test_validation() -> None:
    check_golden(GOLDEN / "validate.txt", validation_text("shop", PROBLEMS))
    check_golden(GOLDEN / "validate.json", validation_json("shop", PROBLEMS))
    check_golden(GOLDEN / "validate.md", validation_markdown("shop", PROBLEMS))
    assert tally(PROBLEMS) == "1 error, 1 warning, 1 note"
    assert validation_text("shop", []) == "intent 'shop': no problems\n"


def test_many_notes_of_one_code_are_folded_in_text_alone() -> None:
    notes = [Diagnostic("RF2005", Severity.NOTE, f"fact {number}") for number in range(5)]
    warnings = [Diagnostic("RF2006", Severity.WARNING, f"trap {number}") for number in range(5)]
    text = validation_text("shop", [*notes, *warnings])
    assert [f"fact {number}\n" in text for number in range(5)] == [True, True, True, False, False]
    assert all(f"trap {number}\n" in text for number in range(5))
    assert "2 more notes RF2005; --format json lists them\n" in text
    assert "fact 4" in validation_json("shop", notes)
    assert "fact 4" in validation_markdown("shop", notes)


def test_rendering() -> None:
    files = ["0000-tier.yaml", "0100-dns.yaml"]
    check_golden(GOLDEN / "render.txt", rendering_text(RENDERED, files, "out"))
    check_golden(GOLDEN / "render.json", rendering_json(RENDERED, files, "out"))
    check_golden(GOLDEN / "render.md", rendering_markdown(RENDERED, files, "out"))


def test_tables_keep_their_columns() -> None:
    assert markdown_table(("a", "b"), [("1|2", "x\ny")]) == "| a | b |\n| --- | --- |\n| 1\\|2 | x<br>y |\n"
    assert "a \\| b" in problems_markdown(PROBLEMS)
    assert [count(number, "policy", "policies") for number in (0, 1, 2000)] == [
        "0 policies",
        "1 policy",
        "2,000 policies",
    ]
