"""What a command has written into files, and what comes next: a line or two beside the result."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from generator.discover.proposal import Proposal
from generator.report.formats import count


def proposal_note(proposal: Proposal, file: str, live: Sequence[str]) -> str:
    """Say what was proposed from what is `live`, what is still to be decided, and how to check it."""
    found = f"{count(len(proposal.services), 'service')} proposed in {file}"
    if proposal.uncertain:
        found += f"; {count(proposal.uncertain, 'line')} commented out: uncomment what is true"
    if proposal.unseen or proposal.notes:
        found += "\nwhat manifests cannot show stands at its end; a need that is missing will be cut"
    if "-" in live:
        return f"{found}\n"
    return f"{found}\nnext: ringfence validate {quote(file)}{''.join(f' --live {quote(path)}' for path in live)}\n"


def plan_note(file: str, bundle: str) -> str:
    """Say where the plan and its break-glass bundle are."""
    return f"saved: {file}; {bundle} takes it back with plain kubectl commands\n"
