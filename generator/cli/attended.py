"""The way to a cluster for a command: while the server is silent, standard error says what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from generator.cli.screen import write_note
from generator.cluster.attended import Attended
from generator.cluster.kubeconfig import Opened, open_connection


@dataclass(frozen=True, slots=True)
class Reached:
    """A cluster as it was opened; `attended` is its connection, which knows what the call is doing."""

    opened: Opened
    attended: Attended


def reach_cluster(kubeconfig: str | None, context: str | None, stops: Callable[[], int] = lambda: 0) -> Reached:
    """Open a connection as kubectl would; nothing is sent yet. `stops` says how often somebody asked for an end."""
    opened = open_connection(kubeconfig, context)
    attended = Attended(opened.connection, opened.server, write_note, stops)
    return Reached(replace(opened, connection=attended), attended)
