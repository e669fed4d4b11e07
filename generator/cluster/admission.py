"""Refusals of an API server whose admission policies are not at work yet, as after its start: they pass by themselves.

Until the server has found the kind of a policy's parameters (Calico 3.32 ships such a policy), which it looks for every
30 s, it answers with 403 or 422, as if the policy had said no. Only the Status tells the two apart, and only where each
cause of the refusal is of this sort: a policy that really denies stands beside the others as a cause of its own. The
words are those of Kubernetes 1.36 (apiserver/pkg/admission/plugin/policy).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from generator.cluster.access import Response

_POLICY: Final = re.compile(
    r"policy (?:'[^']*'|\"[^\"]*\") (?:with binding '[^']*' )?denied request: failed to configure (?:policy|binding): "
    r"(?:failed to find resource referenced by paramKind: |paramKind kind `[^`]*` not known"
    r"|paramKind kind `[^`]*` not yet synced to use for admission)",
    re.IGNORECASE,
)
_PLUGIN: Final = re.compile(r"^\S+ \"[^\"]*\" is forbidden: not yet ready to handle request$")


def is_not_at_work_yet(answer: Response) -> bool:
    """Tell whether an answer refuses a write only because admission is still starting; the write did not happen."""
    body = answer.body
    if answer.status not in (403, 422) or not isinstance(body, Mapping):
        return False
    causes = _cause_messages(body)
    if causes:
        return all(_POLICY.search(message) is not None for message in causes)
    return answer.status == 403 and _PLUGIN.search(str(body.get("message") or "")) is not None


def _cause_messages(body: Mapping[str, Any]) -> list[str]:
    details = body.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    return [str(cause.get("message") or "") if isinstance(cause, Mapping) else "" for cause in causes or ()]
