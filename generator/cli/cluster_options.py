"""Which cluster `--live cluster` means, as kubectl is told, and whether its facts go before those of the profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

Context = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="With --live cluster: the kubeconfig's context.")
]
Kubeconfig = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="With --live cluster: the kubeconfig to use.")
]
Calico = Annotated[
    str | None,
    typer.Option(metavar="VERSION", help="Version of Calico; default: the intent's, the cluster's own, the newest."),
]


class FactsFrom(StrEnum):
    """Who is right where the platform profile and the cluster do not say the same."""

    PROFILE = "profile"
    CLUSTER = "cluster"


Facts = Annotated[
    FactsFrom,
    typer.Option("--facts", metavar="WHOSE", help="profile, or cluster: what the cluster shows of itself goes first."),
]


@dataclass(frozen=True, slots=True)
class ClusterCall:
    """What the call says of the cluster; None where it says nothing."""

    context: str | None = None
    kubeconfig: str | None = None

    @property
    def is_given(self) -> bool:
        """Tell whether anything is said."""
        return self.context is not None or self.kubeconfig is not None


NOBODY = ClusterCall()
