"""Writes a plan where the call says: as a file with the bundle beside it, or exported into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.cli.codes import USAGE
from generator.cli.output_folder import replace_folder
from generator.cli.outputs import write_output
from generator.cli.progress import show_progress
from generator.cli.screen import write_note
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError, RefusedError
from generator.plan.break_glass import write_break_glass
from generator.plan.check import Standing, check_plan
from generator.plan.codes import NOT_FOR_EXPORT
from generator.plan.exports import DEFAULT_IMAGE, Tool, export_plan
from generator.plan.model import Plan
from generator.plan.plan_file import write_plan
from generator.report.plan_export import Written
from generator.report.saved import plan_note
from generator.snapshot.model import Snapshot


@dataclass(frozen=True, slots=True)
class Saving:
    """Where a plan goes: a file with its break-glass bundle beside it, or with a tool a folder of files for that."""

    output: Path | None
    break_glass: Path | None = None
    tool: Tool | None = None
    single: bool = False
    image: str = DEFAULT_IMAGE

    def checked(self) -> Saving:
        """Return this; refuse a call that asks for an export without a place, or says how without asking for one."""
        if self.tool is None and self.single:
            hint = "give --as argo, flux, kubectl or kustomize"
            raise InputError([problem(USAGE, "--single is about an export", hint=hint)])
        if self.tool is not None and (self.output is None or str(self.output) == "-"):
            raise InputError([problem(USAGE, "an export is a folder of files", hint="give -o DIR")])
        return self

    def save(self, plan: Plan, snapshot: Snapshot | None) -> Written | None:
        """Write the plan, or export it unless something is unresolved; RefusedError as of `export_plan`."""
        if self.tool is not None and self.output is not None:
            return None if plan.errored else self.export(plan, self.tool, self.output, snapshot)
        if self.output is not None and str(self.output) != "-":
            bundle = self.break_glass or self.output.with_name(f"{self.output.stem}.break-glass")
            replace_folder(bundle, write_break_glass(plan), plan.intent)
            write_output(write_plan(plan), self.output)
            write_note(plan_note(str(self.output), f"{bundle}/"))
        return None

    def export(self, plan: Plan, tool: Tool, folder: Path, snapshot: Snapshot | None) -> Written:
        """Export a plan into a folder, which is replaced as a whole."""
        with show_progress("exporting"):
            exported = export_plan(plan, tool, snapshot, single=self.single, image=self.image)
        replace_folder(folder, exported.files, plan.intent)
        return Written(tool, exported.course, str(folder))


def check_fresh(plan: Plan, snapshot: Snapshot) -> None:
    """Refuse to export a saved plan that is not what it was on what is live now."""
    standing = check_plan(plan, snapshot).standing
    if standing is not Standing.FRESH:
        hint = "ringfence plan check says what has changed; make the plan anew"
        raise RefusedError([problem(NOT_FOR_EXPORT, f"the plan is {standing} on what is live", hint=hint)])
