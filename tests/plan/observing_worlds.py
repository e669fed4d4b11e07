"""Plans that only observe, of the small worlds: made, carried out, and gone on from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from generator.calico.objects import Identity
from generator.compare import compute_diff
from generator.plan.model import Manifest
from generator.plan.observe import make_observing_plan
from generator.plan.observed import Form
from generator.plan.simulate import carry_out
from generator.snapshot.model import Snapshot
from tests.plan.worlds import Planned, Shape, intent_of, manifests_of, plan_of, rendered, snapshot_of, start_of

CLUSTER_KINDS = ("Namespace", "Pod", "Node", "FelixConfiguration", "ServiceAccount")
World = Iterable[Mapping[str, Any]]


def observing_plan_of(
    live: World,
    shape: Shape,
    *,
    replaces: Sequence[str] = (),
    until: str = "",
    extra: Mapping[str, Any] | None = None,
    complete: bool = True,
    form: Form = Form.LOG,
) -> Planned:
    """Return the plan that only observes a set, from what is live."""
    snapshot = seen(live, extra, complete=complete)
    manifests = rendered(shape)
    diff = compute_diff([item.object for item in manifests.objects], snapshot.policies, shape.intent)
    plan = make_observing_plan(manifests, snapshot, intent_of(shape.intent, replaces), diff, until=until, form=form)
    return Planned(plan, diff, manifests, start_of(diff))


def seen(live: World, extra: Mapping[str, Any] | None = None, *, complete: bool = True) -> Snapshot:
    snapshot = snapshot_of(live, complete=complete)
    return replace(snapshot, extra={**snapshot.extra, **(extra or {})})


def after(live: World, planned: Planned) -> list[Mapping[str, Any]]:
    """Return the world once a plan has been carried out."""
    end = carry_out(planned.start, planned.plan.steps)
    return [item for item in live if item["kind"] in CLUSTER_KINDS] + manifests_of(end)


def end_of(planned: Planned) -> dict[Identity, Manifest]:
    return dict(carry_out(planned.start, planned.plan.steps))


def go_on(live: World, planned: Planned, shape: Shape | None, **more: Any) -> Planned:
    """Return the plan that is made where another one has ended."""
    return plan_of(after(live, planned), shape, to_none=shape is None, **more)
