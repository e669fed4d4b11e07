"""What a command has written into files, and what comes next: a line or two beside the result."""

from __future__ import annotations

from shlex import quote

from generator.discover.proposal import Proposal
from generator.report.formats import count


def proposal_note(proposal: Proposal, file: str) -> str:
    """Say what was proposed, what is still to be decided, and how to check it."""
    found = f"{count(len(proposal.services), 'service')} proposed in {file}"
    if proposal.uncertain:
        found += f"; {count(proposal.uncertain, 'line')} commented out: uncomment what is true"
    return f"{found}\nnext: ringfence validate {quote(file)} --live {quote(proposal.origin)}\n"


def plan_note(file: str, bundle: str) -> str:
    """Say where the plan and its break-glass bundle are."""
    return f"saved: {file}; {bundle} takes it back with plain kubectl commands\n"
