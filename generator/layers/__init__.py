"""The policy layers: which ones an intent calls for, their templates rendered, parsed again and assembled.

A template is never trusted: what it wrote is read back and validated before anybody sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.layers.render import render_set

__all__ = ["render_set"]


def __getattr__(name: str) -> Any:
    # Jinja takes its time to import, so it waits until a set is rendered.
    if name == "render_set":
        from generator.layers.render import render_set

        return render_set
    raise AttributeError(f"module 'generator.layers' has no attribute '{name}'")
