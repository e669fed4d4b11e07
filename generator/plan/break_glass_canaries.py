"""What a killed run leaves beside the set: canaries, which select nothing and are counted by waits.

A run that ends removes them, and so does the next one. The way out without ringfence does it last, and what of that
fails does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Final

from generator.calico.kinds import KINDS, KUBERNETES_NETWORKING, Kind
from generator.layers.names import canary_prefix

SWEPT: Final = (
    *(Kind.GLOBAL_NETWORK_POLICY, Kind.NETWORK_POLICY, Kind.KUBERNETES_NETWORK_POLICY),
    *(Kind.GLOBAL_NETWORK_SET, Kind.NETWORK_SET, Kind.TIER),
)
_LISTED: Final = '{range .items[*]}{.metadata.name}{" "}{.metadata.namespace}{"\\n"}{end}'


def write_sweep(intent: str) -> Iterator[str]:
    """Yield the lines that remove an intent's canaries; `k` and `group` are functions of the script."""
    prefix = quote(canary_prefix(intent))
    yield "# What a run that was killed has left to be counted selects nothing; it goes as well."
    yield "sweep() {"
    yield f"  k get \"$1\" --all-namespaces -o jsonpath='{_LISTED}' 2>/dev/null | while read -r NAME SPACE; do"
    yield '    case "${NAME#default.}" in  # as it is stored before 3.32'
    yield f"      {prefix}*[!0-9]*) ;;"
    yield f'      {prefix}?*) k delete "$1" "$NAME" ${{SPACE:+--namespace "$SPACE"}} --ignore-not-found --wait=false ;;'
    yield "    esac"
    yield "  done"
    yield "}"
    for kind in SWEPT:
        info = KINDS[kind]
        group = "$(group)" if info.calico else KUBERNETES_NETWORKING.partition("/")[0]
        yield f'sweep "{info.plural}.{group}"'
