"""The commands, in the order of a first hour; each lives in a module of its own, imported only when it is called."""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """Where a command lives below `generator.cli.commands`, and its line in the help."""

    module: str
    summary: str


COMMANDS: Final[dict[str, Command]] = {
    "init": Command("init", "Propose an intent from manifests."),
    "validate": Command("validate", "Check an intent, and with --live what it selects."),
    "render": Command("render", "Write the layered policy set."),
    "diff": Command("diff", "Compare the policy set with what is live."),
    "plan": Command("plan", "Order the steps from what is live to the policy set."),
    "plan show": Command("plan_show", "Print a saved plan, or export it."),
    "plan check": Command("plan_check", "Prove a saved plan again on what is live now."),
    "apply": Command("apply", "Carry a plan out on a cluster."),
    "rollback": Command("rollback", "Take back what apply has written."),
    "status": Command("status", "Say what is enforced where, who has paused what, and what a run is doing."),
    "pause": Command("pause", "Take namespaces out of enforcement, without taking anything of the set away."),
    "resume": Command("resume", "End a pause, and do nothing else."),
    "explain": Command("explain", "Say which rule of which policy decides on one flow."),
    "reach": Command("reach", "Say who can reach what."),
    "snapshot": Command("snapshot", "Save what was read as one JSON file."),
    "schema": Command("schema", "Print the JSON Schema of a file or a report."),
    "templates copy": Command("templates_copy", "Copy the layer templates, to change them."),
}
