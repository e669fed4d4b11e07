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


def reach_cluster(
    kubeconfig: str | None, context: str | None, stop_asked: Callable[[], bool] = lambda: False
) -> Reached:
    """Open a connection as kubectl would; nothing is sent yet. `stop_asked` says whether the call shall end."""
    opened = open_connection(kubeconfig, context)
    attended = Attended(opened.connection, opened.server, write_note, stop_asked)
    return Reached(replace(opened, connection=attended), attended)
