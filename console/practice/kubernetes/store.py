"""What the API server keeps: every object with its resourceVersion, and what has happened to it lately.

The shop makes its objects on demand. A shelf compares them with those it made before, whenever somebody
asks: what differs gets a new version and becomes a change that watches tell. While nobody asks, nothing is made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from opsconsole.practice.kubernetes.selection import Item

WINDOW = 300.0
"""Seconds that changes are remembered: the API server has etcd compacted every five minutes."""

CAPACITY = 4000
"""Changes remembered of one kind, however young."""


@dataclass(frozen=True)
class Change:
    """One object added, modified or deleted at `version`. `before` is None for one that is new."""

    kind: str
    version: int
    item: Item
    before: Item | None
    at: float


@dataclass
class _Entry:
    made: Item
    """As the shop makes it, without a resourceVersion."""
    item: Item


class Shelf:
    """The objects of one kind."""

    def __init__(self, make: Callable[[], list[Item]], next_version: Callable[[], int]) -> None:
        """`make` gives all objects as they are now, without resourceVersion."""
        self._make = make
        self._next_version = next_version
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._changes: deque[Change] = deque()
        self._readers: list[deque[Change]] = []
        self._stamp: Hashable = None
        self._floor: int | None = None

    @property
    def items(self) -> list[Item]:
        """All objects as of the last look."""
        return [entry.item for entry in self._entries.values()]

    def get(self, namespace: str, name: str) -> Item | None:
        """The object of that name (`namespace` empty for kinds without) as of the last look."""
        entry = self._entries.get((namespace, name))
        return None if entry is None else entry.item

    def look(self, stamp: Hashable, now: float) -> None:
        """Compare with what the shop makes now (unix seconds). The same `stamp` again: nothing can have changed."""
        if stamp == self._stamp:
            return
        self._stamp = stamp
        first = self._floor is None
        found: dict[tuple[str, str], _Entry] = {}
        for made in self._make():
            metadata = made["metadata"]
            key = (metadata.get("namespace", ""), metadata["name"])
            known = self._entries.get(key)
            if known is not None and known.made == made:
                found[key] = known
                continue
            if known is not None and known.made["metadata"]["uid"] != metadata["uid"]:
                self._gone(known, now)
                known = None
            found[key] = self._new(made, known, now)
        for key, entry in self._entries.items():
            if key not in found:
                self._gone(entry, now)
        self._entries = dict(sorted(found.items()))
        if first:
            self._floor = self._next_version()
            self._changes.clear()
        self._forget(now)

    def _new(self, made: Item, known: _Entry | None, now: float) -> _Entry:
        version = self._next_version()
        entry = _Entry(made, _versioned(made, version))
        kind, before = ("ADDED", None) if known is None else ("MODIFIED", known.item)
        self._tell(Change(kind, version, entry.item, before, now))
        return entry

    def _gone(self, entry: _Entry, now: float) -> None:
        version = self._next_version()
        self._tell(Change("DELETED", version, _versioned(entry.made, version), entry.item, now))

    def _tell(self, change: Change) -> None:
        self._changes.append(change)
        for reader in self._readers:
            reader.append(change)

    def _forget(self, now: float) -> None:
        while self._changes and (self._changes[0].at < now - WINDOW or len(self._changes) > CAPACITY):
            self._floor = self._changes.popleft().version

    def compact(self) -> None:
        """Forget every change so far: all versions handed out until now are too old to watch from."""
        if self._floor is not None:
            self._changes.clear()
            self._floor = self._next_version()

    def oldest(self) -> int:
        """The oldest version from which changes are still known."""
        return self._floor or 0

    def since(self, version: int) -> list[Change]:
        """Changes after `version`, which must not be older than `oldest`."""
        return [change for change in self._changes if change.version > version]

    def follow(self) -> Reader:
        """A queue of the changes to come; close it when done."""
        queue: deque[Change] = deque()
        self._readers.append(queue)
        return Reader(queue, self._readers)


class Reader:
    """Changes that came since they were last taken."""

    def __init__(self, queue: deque[Change], readers: list[deque[Change]]) -> None:
        """`readers` is where the queue is filled from."""
        self._queue = queue
        self._readers = readers

    def taken(self) -> Iterator[Change]:
        """All that waits, oldest first."""
        while self._queue:
            yield self._queue.popleft()

    def close(self) -> None:
        """No more, please."""
        self._readers[:] = [one for one in self._readers if one is not self._queue]


def _versioned(made: Item, version: int) -> Item:
    return {**made, "metadata": {**made["metadata"], "resourceVersion": str(version)}}
