"""Reports of large results: text that can be read, and Markdown that a pull request takes as a comment."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from generator.calico.kinds import Kind
from generator.calico.objects import Identity
from generator.compare.model import FieldChange, ObjectChange, ObjectDiff, Status
from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Place, Severity, problem
from generator.packets.transport import TransportSet
from generator.plan.model import Write, WriteStep
from generator.plan.stages import Stage
from generator.reach.environment import Environment
from generator.reach.reachability import Reach
from generator.report.comment import MOST_BYTES, fit_comment
from generator.report.formats import markdown_table
from generator.report.object_diff import diff_json, diff_markdown, diff_text
from generator.report.plan import plan_markdown, plan_text
from generator.report.problems import folded_text, problems_markdown
from generator.report.reachability import reach_csv, reach_markdown, reach_text
from tests.report.test_plan_report import PLAN
from tests.report.test_reports import change

MANY = 10_000


def a_diff_of_many() -> ObjectDiff:
    wide = FieldChange("spec.nets", [], [f"10.0.{number // 256}.{number % 256}/32" for number in range(MANY)])
    changes: list[ObjectChange] = []
    for status in (Status.CREATED, Status.CHANGED, Status.REMOVED, Status.FOREIGN):
        changes += [change(status, f"{status.value}-{number:05}") for number in range(MANY // 4)]
    changes[MANY // 4] = change(Status.CHANGED, "wide", wide)
    return ObjectDiff("shop", tuple(changes))


def test_a_diff_of_many_objects_can_be_read() -> None:
    found = a_diff_of_many()
    lines = diff_text(found).splitlines()
    assert len(lines) < 3_000
    assert "  ... and 2,400 more to create; --format json lists all" in lines
    assert "  ... and 2,460 more to change; --format json lists all" in lines
    assert "  ... and 2,400 more foreign; --format json lists all" in lines
    assert "      ... and 9,940 more lines" in lines
    assert diff_json(found).count('"status"') == MANY


def test_a_diff_of_many_objects_fits_a_comment() -> None:
    text = fit_comment(diff_markdown(a_diff_of_many()))
    assert len(text.encode()) <= MOST_BYTES
    assert text.startswith("### ringfence diff: intent `shop`\n\n2,500 to create, 2,500 to change")
    assert "more; --format json lists all" in text
    assert text.count("```") == 2
    assert text.endswith("</details>\n")


def test_reach_of_many_groups() -> None:
    names = tuple(f"shop/web-{number}" for number in range(MANY))
    found = [Reach(names, (f"shop/db-{number}",), TransportSet.all(), True, (4, 6)) for number in range(MANY)]
    environment = Environment()
    lines = reach_text(found, "", environment).splitlines()
    assert len(lines) < 1_500
    assert lines[-1] == "... and 9,900 more groups; --format json or csv lists all"
    assert "and 9,980 more ->" in " ".join(lines)
    assert len(fit_comment(reach_markdown(found, "", environment)).encode()) <= MOST_BYTES
    assert reach_csv(found[:1]).count("\n") == MANY + 1


def test_a_plan_of_many_steps() -> None:
    def step(number: int) -> WriteStep:
        name = Identity(Kind.NETWORK_POLICY, "shop", f"ringfence.s{number}")
        return WriteStep(f"step-{number:05}", Stage.ALLOWS, "allows", Write(name, None, {}))

    plan = replace(PLAN, steps=tuple(step(number) for number in range(MANY)))
    text = plan_text(plan)
    assert len(text.splitlines()) < 200
    assert "  ... and 9,960 more steps of this stage; --format json lists all" in text
    assert "step-09999" in text
    assert len(fit_comment(plan_markdown(plan)).encode()) <= MOST_BYTES


def test_problems_of_many_files_fit_a_comment() -> None:
    found = [problem(FILE_UNREADABLE, "no such file", place=Place(f"live/{number}.yaml")) for number in range(MANY)]
    text = fit_comment(problems_markdown(found))
    shown = text.count("| error |")
    assert len(text.encode()) <= MOST_BYTES < len(fit_comment(text).encode()) + 200  # as many rows as there is room for
    assert text.endswith(f"\n\n... and {MANY - shown:,} more; --format json lists all\n")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n|`*"), max_size=12)
ROWS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6)


@given(tables=st.lists(ROWS, max_size=4), times=st.integers(1, 4_000), wide=st.booleans())
def test_a_comment_always_fits(tables: list[list[tuple[str, str]]], times: int, wide: bool) -> None:
    text = "### headline\n\n" + "\n".join(markdown_table(("a", "b"), rows * times) for rows in tables)
    text += f"\n```diff\n{'x' * 70_000}\n```\n" if wide else ""
    fitting = fit_comment(text)
    assert len(fitting.encode()) <= MOST_BYTES
    assert fitting.startswith("### headline\n")
    assert fitting.count("```") % 2 == 0
    assert fit_comment(fitting) == fitting
    assert (fitting == text) == (len(text.encode()) <= MOST_BYTES)


def test_of_many_problems_of_a_code_the_first_are_shown() -> None:
    found = [problem(FILE_UNREADABLE, f"no file {number}") for number in range(MANY)]
    found += [replace(item, severity=severity) for item in found[:25] for severity in (Severity.NOTE, Severity.WARNING)]
    found.append(replace(found[0], code="RF9999"))
    lines = folded_text(found).splitlines()
    assert len(lines) == 50 + 20 + 3 + 1 + 3
    assert lines[49] == "error RF0005: no file 49"
    assert "error RF9999: no file 0" in lines
    assert lines[-3:] == ["9,950 more errors RF0005", "22 more notes RF0005", "5 more warnings RF0005"]
    assert folded_text(found[:50]).splitlines() == lines[:50]
