"""The ends of a flow in the words of a plan: workloads rather than pods."""

from __future__ import annotations

from generator.packets.addresses import format_address
from generator.reach.flow import End
from generator.reach.inventory import UNKNOWN_ADDRESS
from generator.reach.place_names import workload_name


def end_name(end: End) -> str:
    """Return how people call an end: its workload, its node, or its address."""
    if end.pod is not None:
        return workload_name(end.pod).partition(" #")[0]
    if end.node:
        return f"host:{end.node}"
    return format_address(*end.address) if end.address[1] < UNKNOWN_ADDRESS else end.name
