"""The options of pause and resume."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Way(StrEnum):
    """A direction, as people write it."""

    EGRESS = "egress"
    INGRESS = "ingress"

    @property
    def field(self) -> str:
        """Return the direction as policies write it."""
        return self.value.capitalize()


Namespaces = Annotated[list[str], typer.Argument(metavar="NAMESPACE", help="The namespaces that are meant.")]
OneDirection = Annotated[
    Way | None, typer.Option("--direction", metavar="WAY", help="egress or ingress; default: both.")
]
PausedIntent = Annotated[
    str | None, typer.Option("--intent", metavar="NAME", help="The intent; default: the only one that has a run.")
]
