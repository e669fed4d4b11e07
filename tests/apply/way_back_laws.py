"""What has to hold of a rollback on a cluster that others have changed since; planted faults break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from generator.apply.journal import read_journal
from generator.apply.records import HarmAccepted
from generator.apply.way_back import UNPROVEN
from generator.foundation.diagnostics import Diagnostic
from generator.intent.model import Layout
from generator.plan.model import Plan
from generator.snapshot.model import Snapshot
from tests.apply.history import states_planned
from tests.apply.memory_runs import Trial, folder
from tests.apply.worlds import FewWaits, shop_objects, shop_plan, shop_shape
from tests.plan.worlds import kubernetes_policy

# The bridge, which the way back builds again, passes for pods that nothing isolated when the plan was made.
ISOLATES_LATER = kubernetes_policy("shop-a", "theirs", {"matchLabels": {"app": "web"}}, "Ingress")
HARMLESS = kubernetes_policy("elsewhere", "theirs", {}, "Ingress")
NAMED = " to shop-a/web"


@cache
def bridged_plan() -> Plan:
    """Return a plan of the layout without a tier of its own."""
    names = ("shop-a", "shop-b")
    return shop_plan(shop_objects(*names), replace(shop_shape(*names), layout=Layout.SINGLE_TIER, tier="default"))


def carried_out(*later: dict[str, Any]) -> Trial:
    """Return a run that is over, and a cluster in which others have made something since."""
    trial = Trial(folder(), bridged_plan())
    assert trial.run("apply") == 0, trial.refusal
    trial.api.around += later
    return trial


def of_code(trial: Trial, code: str) -> list[Diagnostic]:
    """Return what the last refusal says under a code."""
    assert trial.refusal is not None
    return [item for item in trial.refusal.diagnostics if item.code == code]


def journalled_harm(trial: Trial) -> set[str]:
    """Return the harm that the journal says somebody has accepted, and by whom it must say too."""
    found = [entry.record for entry in read_journal(trial.folder) if isinstance(entry.record, HarmAccepted)]
    assert all(item.who for item in found)
    return {item.harm for item in found}


def way_back_that_opens_is_refused() -> None:
    """With a policy that came later the bridge would open what neither side allows: nothing is written."""
    trial = carried_out(ISOLATES_LATER)
    seen = trial.api.states(trial.plan)
    log = len(trial.api.log)
    assert trial.run("rollback") == 3
    (told,) = of_code(trial, "RF8323")
    assert "break-glass" in told.hint
    assert f"--accept {UNPROVEN}" in told.hint
    flows = of_code(trial, "RF8023")
    assert flows
    assert all(NAMED in flow.summary and "--accept opened:" in flow.hint for flow in flows)
    assert (trial.api.states(trial.plan), len(trial.api.log)) == (seen, log)
    trial.api.around.remove(ISOLATES_LATER)  # who mends it may go
    assert trial.run("rollback") == 0


def harm_that_is_accepted_by_name_is_no_obstacle() -> None:
    """Name by name, or at once, the way back is open, and it ends at the start."""
    trial = carried_out(ISOLATES_LATER)
    accepted: set[str] = set()
    asked = 0
    while (code := trial.run("rollback", accepted=tuple(sorted(accepted)))) == 3:
        more = {item.hint.split("--accept ")[1] for item in of_code(trial, "RF8023")}
        assert more - accepted
        accepted |= more
        asked += 1
        assert asked < 30
    assert (code, asked > 0) == (0, True)
    assert journalled_harm(trial) == accepted
    forward = states_planned(trial.plan)
    assert trial.api.states(trial.plan) == forward + forward[-2::-1]


def emergency_needs_no_proof() -> None:
    """With `unproven` accepted nothing is even read, so that a cluster that cannot be read can be taken back."""
    trial = carried_out(ISOLATES_LATER)

    def read(snapshot: Snapshot) -> Snapshot:
        raise AssertionError("it was read")

    trial.api.seen_as = read
    assert trial.run("rollback", accepted=(UNPROVEN,)) == 0
    assert journalled_harm(trial) == {UNPROVEN}
    assert trial.api.states(trial.plan)[-1] == states_planned(trial.plan)[0]


def harmless_change_is_no_obstacle() -> None:
    """What others have made elsewhere keeps nobody from going back, from any step."""
    steps = [step.id for step in bridged_plan().writes]
    for step in steps[1::4]:
        trial = Trial(folder(), bridged_plan())
        assert trial.run("apply", until=step) == 0
        trial.api.around.append(HARMLESS)
        assert trial.run("rollback") == 0, (step, trial.refusal)


def what_was_not_read_proves_nothing() -> None:
    """A cluster of which a part may not be read is no ground for a proof."""
    trial = carried_out()
    trial.api.seen_as = lambda snapshot: replace(snapshot, complete=False)
    assert trial.run("rollback") == 3
    assert any("could not be read as a whole" in item.summary for item in of_code(trial, "RF8323"))


def rest_of_a_way_back_is_proven_too() -> None:
    """A rollback that was stopped is held against what is there when it goes on."""
    trial = carried_out()
    waits = 0

    def stop() -> None:
        nonlocal waits
        waits += 1
        if waits == 2:
            trial.ask_to_stop()

    assert trial.run("rollback", waits=FewWaits(meanwhile=stop)) == 3
    trial.api.around.append(ISOLATES_LATER)
    seen = trial.api.states(trial.plan)
    assert trial.run("rollback") == 3
    assert trial.api.states(trial.plan) == seen
    assert trial.run("rollback", accepted=(UNPROVEN,)) == 0


LAWS: tuple[Callable[[], None], ...] = (
    way_back_that_opens_is_refused,
    harm_that_is_accepted_by_name_is_no_obstacle,
    emergency_needs_no_proof,
    harmless_change_is_no_obstacle,
    what_was_not_read_proves_nothing,
    rest_of_a_way_back_is_proven_too,
)
