"""Which format a log of flows has, by its first line with anything on it; the name of the file says nothing."""

from __future__ import annotations

from typing import Final

from generator.flows import whisker
from generator.flows.model import NEVER, BadLine, FlowFormat
from generator.flows.moments import read_kernel_time

FORMS: Final = "flows of Whisker, one JSON object a line, or a kernel log (journalctl -k) are read"


class OtherFormat(BadLine):
    """The file is of no format that is read."""


def recognise(text: str) -> FlowFormat:
    """Return what a file is by its first line with anything on it."""
    if whisker.is_event_noise(text) or text.startswith("data:"):
        return FlowFormat.WHISKER
    if not text.lstrip().startswith(("{", "[")):
        return FlowFormat.KERNEL
    if text.lstrip().startswith("[") and read_kernel_time(text.lstrip(), 1) != NEVER:
        return FlowFormat.KERNEL
    try:
        value = whisker.read_object(text)
    except BadLine:
        hint = f"{FORMS}; of JSON over several lines: jq -c '.items[]?'"
        raise OtherFormat("the first line is no JSON object of one line", hint) from None
    if whisker.is_flow(value):
        return FlowFormat.WHISKER
    if "items" in value:
        raise OtherFormat(
            "this is a whole answer of Whisker, not one flow a line", "jq -c '.items[]' makes lines of it"
        )
    if "flow" in value:
        raise OtherFormat("these are flows of Hubble, which are not read")
    if "MESSAGE" in value:
        raise OtherFormat("this is a journal as JSON, which is not read", "journalctl -k -o short-iso writes lines")
    raise OtherFormat("the first line is a JSON object, and no flow of Whisker")
