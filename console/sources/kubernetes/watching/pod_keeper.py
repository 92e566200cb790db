"""Pods as the domain knows them, in order of health, kept with as little memory as they need."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable

import msgspec

from opsconsole.domain.pod import Pod
from opsconsole.sources.kubernetes.objects import PodObject
from opsconsole.sources.kubernetes.pods import Told, domain_pod, health_order
from opsconsole.sources.kubernetes.sharing import Shared
from opsconsole.sources.kubernetes.watching.keeper import Keeper

Order = tuple[int, str, str, str]


class Entry(msgspec.Struct, gc=False):
    """One pod: as the domain knows it, its place in the order, and packed what it was made from.

    `owner` is its controller's uid. At `review_at` (unix seconds) time alone may change how well it is.
    """

    pod: Pod
    order: Order
    packed: bytes
    owner: str
    review_at: float | None


class PodKeeper(Keeper[PodObject, Entry]):
    """All pods by uid, and in order of health.

    Objects of the API are turned into the domain's once, when they arrive; a pod that did not change stays the
    identical object, so that what is drawn from it can stay, too. Ten thousand pods take about 25 MB.
    """

    def __init__(
        self,
        tell: Callable[[PodObject], Told],
        changed: Callable[[Pod | None, Pod | None], None],
        now: Callable[[], float],
    ) -> None:
        """`tell` gives what other objects say of a pod, `changed` hears of it before and after.

        `now` is the server's unix seconds.
        """
        super().__init__()
        self._tell = tell
        self._changed = changed
        self._now = now
        self._entries: dict[str, Entry] = {}
        self._order: list[Order] = []
        self._ordered: list[Pod] = []
        self._by_owner: dict[str, set[str]] = {}
        self._reviews: list[tuple[float, str]] = []
        self._shared = Shared()
        self._pack = msgspec.msgpack.Encoder()
        self._unpack = msgspec.msgpack.Decoder(PodObject)

    def __len__(self) -> int:
        """How many pods there are."""
        return len(self._entries)

    def __contains__(self, uid: str) -> bool:
        """Whether the pod with `uid` is there."""
        return uid in self._entries

    def by_health(self) -> tuple[Pod, ...]:
        """All pods, those in trouble first."""
        return tuple(self._ordered)

    def owned_by(self, uid: str) -> tuple[Pod, ...]:
        """Pods whose controller has `uid`."""
        return tuple(self._entries[pod].pod for pod in self._by_owner.get(uid, ()))

    def on_node(self, name: str) -> list[str]:
        """Uids of the pods on a node."""
        return [uid for uid, entry in self._entries.items() if entry.pod.node == name]

    # -- as a keeper -----------------------------------------------------------------------------

    def is_known(self, item: PodObject) -> bool:
        """Whether exactly this version of the pod is kept."""
        entry = self._entries.get(item.metadata.uid)
        version = item.metadata.resource_version
        return entry is not None and bool(version) and entry.pod.resource_version == version

    def prepare(self, item: PodObject) -> Entry:
        """The pod as the domain knows it, judged as of now."""
        pod, judgement = domain_pod(item, self._tell(item), self._shared, self._now())
        owner = item.metadata.controller
        return Entry(pod, health_order(pod), self._pack.encode(item), owner.uid if owner else "", judgement.review_at)

    def put(self, prepared: Entry) -> None:
        """Keep the pod; the old object where nothing of it differs."""
        uid = prepared.pod.uid
        before = self._entries.get(uid)
        if prepared.review_at is not None:
            heapq.heappush(self._reviews, (prepared.review_at, uid))
        if before is not None and before.pod == prepared.pod:
            before.packed, before.review_at = prepared.packed, prepared.review_at
            return
        self._entries[uid] = prepared
        self._place(before, prepared)
        if before is None or before.owner != prepared.owner:
            self._disown(before)
            if prepared.owner:
                self._by_owner.setdefault(prepared.owner, set()).add(uid)
        self._changed(before.pod if before else None, prepared.pod)

    def drop(self, uid: str) -> None:
        """The pod is gone."""
        entry = self._entries.pop(uid, None)
        if entry is None:
            return
        at = bisect_left(self._order, entry.order)
        del self._order[at], self._ordered[at]
        self._disown(entry)
        self._changed(entry.pod, None)

    def uids(self, place: str | None) -> list[str]:
        """Uids of the pods in a namespace, or of all."""
        return [uid for uid, entry in self._entries.items() if place is None or entry.pod.namespace == place]

    # -- what others tell --------------------------------------------------------------------------

    def revise(self, uid: str, **fields: object) -> None:
        """Another object told something of the pod that does not bear on its health."""
        entry = self._entries.get(uid)
        if entry is None or all(getattr(entry.pod, name) == value for name, value in fields.items()):
            return
        before = entry.pod
        entry.pod = msgspec.structs.replace(before, **fields)
        self._ordered[bisect_left(self._order, entry.order)] = entry.pod
        self._changed(before, entry.pod)

    def rejudge(self, uid: str) -> None:
        """Something was learned of the pod that may bear on its health, or time has passed."""
        entry = self._entries.get(uid)
        if entry is not None:
            self.put(self.prepare(self._unpack.decode(entry.packed)))

    def review(self, limit: int) -> None:
        """Judge anew up to `limit` pods whose time has come."""
        now = self._now()
        for _ in range(limit):
            if not self._reviews or self._reviews[0][0] > now:
                return
            at, uid = heapq.heappop(self._reviews)
            entry = self._entries.get(uid)
            if entry is not None and entry.review_at == at:
                self.rejudge(uid)

    # -- inside ------------------------------------------------------------------------------------

    def _place(self, before: Entry | None, entry: Entry) -> None:
        if before is not None:
            at = bisect_left(self._order, before.order)
            if before.order == entry.order:
                self._order[at], self._ordered[at] = entry.order, entry.pod
                return
            del self._order[at], self._ordered[at]
        at = bisect_left(self._order, entry.order)
        self._order.insert(at, entry.order)
        self._ordered.insert(at, entry.pod)

    def _disown(self, entry: Entry | None) -> None:
        if entry is None or not entry.owner:
            return
        pods = self._by_owner.get(entry.owner)
        if pods is not None:
            pods.discard(entry.pod.uid)
            if not pods:
                del self._by_owner[entry.owner]
