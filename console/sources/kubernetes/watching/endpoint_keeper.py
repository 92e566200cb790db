"""Which pods a Service sends traffic to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import msgspec

from opsconsole.sources.kubernetes.watching.keeper import Keeper
from opsconsole.sources.kubernetes.workload_objects import EndpointSliceObject, EndpointsObject


class Members(msgspec.Struct, frozen=True, gc=False):
    """The pods of one EndpointSlice or Endpoints object, by uid, and whether traffic is sent to each."""

    uid: str
    namespace: str
    version: str
    pods: tuple[tuple[str, bool], ...]


class EndpointKeeper(Keeper[EndpointSliceObject | EndpointsObject, Members]):
    """For each pod, in how many slices it stands and in how many of those it takes traffic."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        """`changed` hears the uid of each pod whose traffic changed."""
        super().__init__()
        self._changed = changed
        self._slices: dict[str, Members] = {}
        self._counts: dict[str, tuple[int, int]] = {}

    def takes_traffic(self, uid: str) -> bool | None:
        """Whether a Service sends the pod traffic; None when none selects it, or nobody told."""
        counts = self._counts.get(uid)
        return None if counts is None else counts[1] > 0

    def is_known(self, item: EndpointSliceObject | EndpointsObject) -> bool:
        """Whether exactly this version is kept."""
        kept = self._slices.get(item.metadata.uid)
        return kept is not None and bool(kept.version) and kept.version == item.metadata.resource_version

    def prepare(self, item: EndpointSliceObject | EndpointsObject) -> Members:
        """Its pods."""
        metadata = item.metadata
        pods = _of_slice(item) if isinstance(item, EndpointSliceObject) else _of_endpoints(item)
        return Members(metadata.uid, sys.intern(metadata.namespace), metadata.resource_version, tuple(pods))

    def put(self, prepared: Members) -> None:
        """Keep it."""
        before = self._slices.get(prepared.uid)
        self._slices[prepared.uid] = prepared
        self._recount(before.pods if before else (), prepared.pods)

    def drop(self, uid: str) -> None:
        """It is gone."""
        before = self._slices.pop(uid, None)
        if before is not None:
            self._recount(before.pods, ())

    def uids(self, place: str | None) -> list[str]:
        """Uids of all in a namespace, or of all."""
        return [uid for uid, members in self._slices.items() if place is None or members.namespace == place]

    def _recount(self, before: tuple[tuple[str, bool], ...], after: tuple[tuple[str, bool], ...]) -> None:
        then, now = set(before), set(after)
        for pods, step in ((then - now, -1), (now - then, 1)):
            for uid, ready in pods:
                places, serving = self._counts.get(uid, (0, 0))
                self._counts[uid] = (places + step, serving + step * ready)
        for uid, _ in then ^ now:
            if self._counts.get(uid, (0, 0))[0] <= 0:
                self._counts.pop(uid, None)
            self._changed(uid)


def _of_slice(item: EndpointSliceObject) -> Iterable[tuple[str, bool]]:
    for endpoint in item.endpoints or ():
        target = endpoint.target_ref
        if target is not None and target.kind == "Pod":
            yield sys.intern(target.uid), endpoint.conditions.ready is not False


def _of_endpoints(item: EndpointsObject) -> Iterable[tuple[str, bool]]:
    for subset in item.subsets or ():
        for addresses, ready in ((subset.addresses, True), (subset.not_ready_addresses, False)):
            for address in addresses or ():
                if address.target_ref is not None and address.target_ref.kind == "Pod":
                    yield sys.intern(address.target_ref.uid), ready
