"""Random migrations: each plan is proven and the checker finds nothing in it, or it is refused with a true witness.

Two runs, so that two workers share them; each draws other worlds, and too few of a sort fail it.
"""

from __future__ import annotations

import sys

from tests.plan.random_migrations_run import Tally, run

WORLDS = 510


def check(tally: Tally) -> None:
    """Print what a run was like, and hold it against what it must be like."""
    shown = "\n".join(f"  {name}: {count}" for name, count in sorted(tally.counts.items()))
    refused = f"refused: {tally.share('refused'):.1%}, of plain clusters {tally.share('plain refused', 'plain'):.1%}"
    sys.stdout.write(f"\n{shown}\n  {refused}\n")
    assert tally.wrong == []
    assert tally.counts["worlds"] == WORLDS
    assert tally.share("one direction") >= 0.8
    assert tally.share("cut and opened") >= 0.5
    assert tally.share("both ends") >= 0.2
    assert tally.counts["plain"] >= 100
    assert tally.counts["witnesses followed"] >= 20
    assert tally.share("refused") < 0.02
    assert tally.share("plain refused", "plain") < 0.05


def test_the_first_half() -> None:
    check(run(range(WORLDS)))


def test_the_second_half() -> None:
    check(run(range(WORLDS, 2 * WORLDS)))
