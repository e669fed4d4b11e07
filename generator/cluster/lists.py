"""One kind as it was at one moment: a list in pages, all of one resourceVersion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generator.cluster.access import Connection, Request
from generator.cluster.backoff import Backoff, ask
from generator.cluster.faults import Fault, FaultKind
from generator.cluster.served import BackoffMaker, Resource

PAGE: Final = 500  # objects; what kubectl asks for
_AGAIN: Final = 5  # times that a list is begun anew, where its pages did not hold together
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_TIMEOUT: Final = 60.0

Manifest = dict[str, Any]
Keep = Callable[[Manifest], Manifest]


@dataclass(slots=True)
class Listing:
    """All objects of a kind, by uid, at one resourceVersion."""

    resource_version: str = ""
    items: dict[str, Manifest] = field(default_factory=dict)

    def versions(self) -> dict[str, str]:
        """Return by uid the resourceVersion of each object."""
        return {uid: str(item["metadata"].get("resourceVersion", "")) for uid, item in self.items.items()}


class _Torn(Exception):
    """The pages do not belong together; `counted` is how many objects there were, against how many were announced."""

    def __init__(self, fault: Fault, counted: tuple[int, int] | None = None) -> None:
        self.fault = fault
        self.counted = counted


def list_all(connection: Connection, resource: Resource, backoff: BackoffMaker, keep: Keep) -> Listing | Fault:
    """List a kind; what `keep` returns of each object is kept as soon as its page is there.

    A page that is not whole is asked for again, a list whose pages do not belong together is begun anew. A Fault where
    the server refuses; Unreachable where no answer comes.
    """
    return _list(connection, resource, backoff, keep, "application/json")


def list_versions(connection: Connection, resource: Resource, backoff: BackoffMaker) -> dict[str, str] | Fault:
    """Return by uid the resourceVersion of each object of a kind, without the rest of them."""
    found = _list(connection, resource, backoff, _version_only, _METADATA)
    return found if isinstance(found, Fault) else found.versions()


def _version_only(item: Manifest) -> Manifest:
    metadata = item.get("metadata") or {}
    return {"metadata": {key: metadata[key] for key in ("uid", "resourceVersion") if key in metadata}}


def _list(
    connection: Connection, resource: Resource, backoff: BackoffMaker, keep: Keep, accept: str
) -> Listing | Fault:
    counted: tuple[int, int] | None = None
    waiting = backoff()
    for _ in range(_AGAIN):
        found = Listing()
        try:
            for page in _pages(connection, resource, backoff, accept, counted):
                if isinstance(page, Fault):
                    return page
                found.resource_version = str(page["metadata"].get("resourceVersion", ""))
                for item in _items(page, resource):
                    found.items[str((item.get("metadata") or {}).get("uid") or len(found.items))] = keep(item)
            return found
        except _Torn as torn:
            # The announced number is an estimate by contract: the same difference twice is how this server counts.
            counted = torn.counted
            waiting.wait(torn.fault)
    return Fault(FaultKind.CONFLICT, f"the pages of {resource.plural} never belonged together")


def _pages(
    connection: Connection, resource: Resource, backoff: BackoffMaker, accept: str, known: tuple[int, int] | None
) -> Iterator[Mapping[str, Any] | Fault]:
    token, version, seen, announced = "", "", 0, None
    while True:
        query = (("limit", str(PAGE)), *((("continue", token),) if token else ()))
        page = _page(connection, Request("GET", resource.path, query, timeout=_TIMEOUT, accept=accept), backoff())
        if isinstance(page, Fault):
            if token and page.kind is FaultKind.CONFLICT:  # 410: the server has forgotten that moment
                raise _Torn(page)
            yield page
            return
        metadata = page["metadata"]
        here = str(metadata.get("resourceVersion", ""))
        if version and here != version:
            raise _Torn(Fault(FaultKind.PASSES, "a page of the list is of another moment"))
        version, seen = here, seen + len(page.get("items") or ())
        if announced is None:
            remaining = metadata.get("remainingItemCount")
            announced = seen + remaining if isinstance(remaining, int) else -1
        yield page
        token = str(metadata.get("continue") or "")
        if token:
            continue
        if announced >= 0 and announced != seen and known != (seen, announced):
            raise _Torn(Fault(FaultKind.PASSES, "a list held fewer objects than were announced"), (seen, announced))
        return


def _page(connection: Connection, request: Request, backoff: Backoff) -> Mapping[str, Any] | Fault:
    while True:
        answer = ask(connection, request, backoff)
        if isinstance(answer, Fault):
            return answer
        body = answer.body
        if (
            isinstance(body, Mapping)
            and str(body.get("kind", "")).endswith("List")
            and isinstance(body.get("metadata"), Mapping)
            and isinstance(body.get("items") or [], list)
        ):
            return body
        backoff.wait(Fault(FaultKind.PASSES, "the API server sent something that is no list"))


def _items(page: Mapping[str, Any], resource: Resource) -> Iterator[Manifest]:
    """Go through the objects; those of built-in kinds do not say themselves what they are."""
    for item in page.get("items") or ():
        if isinstance(item, dict):
            own = {key: part for key, part in item.items() if key not in ("apiVersion", "kind")}
            yield {"apiVersion": resource.api_version, "kind": resource.kind, **own}
