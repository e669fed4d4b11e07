"""What the validator must know besides the object: version, dataplane, edition, and what else exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Dataplane = Literal["iptables", "nftables", "ebpf", "windows"]
OWNER_LABEL: Final = "ringfence/intent"


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """The target of the objects.

    `ours` says that every object comes from our renderer; an object with the label `ringfence/intent` counts as ours
    anyway. `windows_nodes` adds the checks of Windows nodes to those of the dataplane. `tiers` are tiers that exist
    besides those among the objects; `namespaces` maps each known namespace to its labels, None where nothing is known
    of namespaces; `pod_namespaces` are the namespaces in which pods run. `auto_host_endpoints` says that
    kube-controllers make a `*` host endpoint for each node.
    """

    version: str = "3.32"
    dataplane: Dataplane = "iptables"
    edition: Literal["oss", "enterprise"] = "oss"
    ours: bool = False
    datastore: Literal["kubernetes", "etcd"] = "kubernetes"
    windows_nodes: bool = False
    application_layer: bool = False
    auto_host_endpoints: bool = False
    tiers: frozenset[str] = frozenset()
    namespaces: Mapping[str, Mapping[str, str]] | None = None
    pod_namespaces: frozenset[str] = frozenset()

    @property
    def release(self) -> tuple[int, int, int]:
        """Return the version as numbers; a text without a patch number means the newest patch of that minor."""
        return parse_release(self.version)


@lru_cache(maxsize=64)
def parse_release(text: str) -> tuple[int, int, int]:
    """Read `3.32` or `v3.32.1`; a missing patch number is read as the newest one."""
    parts = text.removeprefix("v").split("-")[0].split("+")[0].split(".")
    numbers = [int(part) for part in parts]
    return numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 999
