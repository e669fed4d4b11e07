"""A run's waits: confirmed by the sign where there is one, a pause by time where there is none, then the gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from generator.apply.events import NotConfirmed, Waiting
from generator.apply.ports import Certainty, NodeWait, Tell, WaitResult
from generator.apply.run_codes import NOT_ON_ALL_NODES
from generator.apply.waits.faults import NoSign
from generator.apply.waits.fleet import FleetWatch
from generator.apply.waits.gates import Gate
from generator.apply.waits.kinds import MEASURES
from generator.apply.waits.sign import OnLook, Sign
from generator.calico.kinds import Kind
from generator.cluster.clock import Clock, StopAsked
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure
from generator.plan.model import WaitStep

# Seconds. The longest that a write was seen to take to a packet was 0.54 (dataplane.md 5: two small nodes, no Typha);
# a node that lags has no bound, which is why every pause is a guess.
PAUSE: Final = 10.0


class NodeWaits:
    """Waits and watch of one run (`apply.ports.Waits` and `apply.ports.Watch`).

    `sign` None: by time alone, for the reason given. The first `remember`, before the first write, finds the moment
    from which the sign counts.
    """

    def __init__(
        self,
        sign: Sign | None,
        watch: FleetWatch,
        clock: Clock,
        tell: Tell,
        *,
        pause: float = PAUSE,
        gates: Sequence[Gate] = (),
        reason: str = "as asked for",
    ) -> None:
        self._sign = sign
        self._watch = watch
        self._clock = clock
        self._tell = tell
        self._pause = pause
        self._gates = tuple(gates)
        self._reason = reason
        self._begun = False

    def remember(self) -> None:
        """Take what runs now as what later looks are compared with; EnvironmentFailure where nodes are behind."""
        self._watch.remember()
        if self._begun:
            return
        self._begun = True
        behind = self._ask_sign(self._on_look("", self._tell))
        fleet = self._sign.fleet if self._sign is not None else None
        if fleet is not None and fleet.remedies:
            reasons = "; ".join(f"{node}: {words}" for node, words in sorted(fleet.blind.items()))
            self._tell(NotConfirmed(reasons, fleet.remedies))
        if behind:
            lacking = "; ".join(f"{node or 'all nodes'}: {words}" for node, words in sorted(behind.items()))
            hint = "mend these nodes first, or wait longer with --timeout; --wait-by pause goes by time alone"
            raise EnvironmentFailure([problem(NOT_ON_ALL_NODES, lacking, hint=hint)])

    def troubles(self) -> tuple[str, ...]:
        """Return who is not ready or has restarted."""
        return self._watch.troubles()

    def confirm(self, step: WaitStep, tell: Tell) -> WaitResult:
        """Wait for the kinds of the step."""
        self._begun = True
        behind = self._ask_sign(self._on_look(step.id, tell))
        nodes: list[NodeWait] = []
        unseen = dict(self._unseen(step.kinds))
        fleet = self._sign.fleet if self._sign is not None else None
        if fleet is not None:
            nodes += [NodeWait(name, Certainty.CONFIRMED) for name in fleet.agents if name not in (behind or {})]
        nodes += [NodeWait(name, Certainty.MISSING, words) for name, words in sorted((behind or {}).items())]
        if behind:
            return WaitResult(tuple(nodes), limit=self._sign.limit if self._sign is not None else 0.0)
        if unseen:
            reasons = "; ".join(sorted(set(unseen.values())))
            tell(Waiting(step.id, f"pausing for {self._pause:g} s, which is a guess: {reasons}"))
            self._clock.sleep(self._pause)
            words = f"a pause of {self._pause:g} s"
            nodes += [NodeWait(name, Certainty.GUESSED, f"{words}: {unseen[name]}") for name in sorted(unseen)]
        return WaitResult(tuple(nodes), self._refusal(step, tell))

    def close(self) -> None:
        """Remove the canaries; what cannot be removed now is removed by the next run."""
        if self._sign is not None:
            with suppress(NoSign, EnvironmentFailure, StopAsked):  # why the run ended is told, not this
                self._sign.end()

    def _ask_sign(self, on_look: OnLook) -> Mapping[str, str] | None:
        """Return the nodes that are behind; None where there is no sign."""
        if self._sign is None:
            return None
        try:
            return self._sign.confirm(on_look)
        except NoSign as error:
            self.close()
            self._sign, self._reason = None, error.reason
            if error.remedies:
                self._tell(NotConfirmed(error.reason, error.remedies))
            return None

    def _unseen(self, kinds: Sequence[Kind]) -> Mapping[str, str]:
        """Return whom or what nothing confirms, with the reason; "" stands for all nodes."""
        if self._sign is None:
            return {"": self._reason}
        fleet = self._sign.fleet
        found = dict(fleet.blind) if fleet is not None else {}
        without = sorted(kind.value for kind in kinds if kind not in MEASURES)
        if without:
            found[""] = f"{', '.join(without)} {'gives' if len(without) == 1 else 'give'} no sign"
        return found

    def _refusal(self, step: WaitStep, tell: Tell) -> str:
        for gate in self._gates:
            tell(Waiting(step.id, "asking the gate"))
            reason = gate.refusal()
            if reason:
                return reason
        return ""

    def _on_look(self, step: str, tell: Tell) -> OnLook:
        last: list[Waiting] = []

        def on_look(behind: Mapping[str, str], of: int) -> None:
            first = next((f"{node}: {behind[node]}" for node in sorted(behind)), "")
            event = Waiting(step, first, of - len(behind), of)
            if last != [event]:
                last[:] = [event]
                tell(event)

        return on_look
