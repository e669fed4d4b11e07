"""The right to write, as the command line takes it: whoever waits for a Lease is told whose it is and how long."""

from __future__ import annotations

from generator.apply.lease import LeaseFence, new_holder
from generator.cli.screen import write_note
from generator.cluster.access import Connection
from generator.cluster.clock import Clock
from generator.cluster.faults import quote_server


def open_fence(connection: Connection, clock: Clock, namespace: str, intent: str) -> LeaseFence:
    """Return the fence of an intent's runs, for a process that tells on standard error what it waits for."""
    return LeaseFence(connection, clock, namespace, intent, new_holder(), on_watch=tell_of_watch)


def tell_of_watch(holder: str, seconds: float) -> None:
    """Say that somebody's Lease is watched."""
    whose = f"{quote_server(holder)} has the Lease of this intent"
    write_note(f"{whose}: watching for up to {seconds:g} s whether that run goes on; one that was killed does not\n")
