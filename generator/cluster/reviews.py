"""Asking the API server what whoever asks may do (SelfSubjectAccessReview)."""

from __future__ import annotations

from typing import Final

from generator.cluster.access import Request

_PATH: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def review_request(group: str, resource: str, verb: str, namespace: str = "", name: str = "") -> Request:
    """Return the question; `namespace` "" means cluster-wide, `name` "" all objects, `group` "" the core group."""
    wanted = {"verb": verb, "group": group, "resource": resource}
    wanted |= {"namespace": namespace} if namespace else {}
    wanted |= {"name": name} if name else {}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    return Request("POST", _PATH, body=body)


def says_yes(body: object) -> bool:
    """Tell whether the answer's body allows what was asked."""
    status = body.get("status") if isinstance(body, dict) else None
    return isinstance(status, dict) and status.get("allowed") is True
