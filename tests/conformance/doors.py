"""The doors through which a flow is answered; each engine has one or more, and all must agree with the vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from tests.conformance.compare import FIELDS
from tests.conformance.reach_doors import DiffDoor, FlowDoor, SetsDoor
from tests.conformance.worlds import Entry, World
from tests.obvious import Cluster, answer_flow, read_cluster


class Door(Protocol):
    """One way to ask an engine; `fields` are those of `compare.FIELDS` that it can tell, the others are not compared.

    `load` is called once for a world, `answer` once for each flow with what `load` gave. An answer has the form of an
    expected entry, without `convertedRule`. An exception, or a verdict that is neither allow nor deny, disagrees.
    """

    @property
    def fields(self) -> frozenset[str]: ...

    def load(self, world: World) -> Any: ...

    def answer(self, loaded: Any, flow: Entry) -> Mapping[str, Any]: ...


class ObviousDoor:
    """The slow, obvious evaluator of one packet."""

    fields = FIELDS

    def load(self, world: World) -> Cluster:
        return read_cluster(world.objects, defaults=world.defaulted)

    def answer(self, loaded: Cluster, flow: Entry) -> Mapping[str, Any]:
        return answer_flow(loaded, flow)


# By engine and way in: `flow` (the single flow), `sets` (membership in the all-pairs packet set), `diff` (membership
# in the differential against the same world without policies). What is listed here is what the command line offers.
ENGINES: Final[dict[str, dict[str, Door]]] = {
    "obvious": {"flow": ObviousDoor()},
    "reach": {"flow": FlowDoor(), "sets": SetsDoor(), "diff": DiffDoor()},
}
