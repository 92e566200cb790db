"""Where listed and watched objects are kept."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from opsconsole.sources.kubernetes.objects import Metadata

SLICE = 50
"""Objects taken in between two turns of the event loop; 50 pods take 1 to 5 ms."""


class Named(Protocol):
    """Any object of the API."""

    @property
    def metadata(self) -> Metadata:
        """Who it is."""
        ...


T = TypeVar("T", bound=Named)
P = TypeVar("P")


class Keeper(ABC, Generic[T, P]):
    """Takes the pages of lists and the changes after them, by uid.

    The first list of a place shows as it comes. Later ones are held back until they are whole and then swapped in
    at once, what was not among them dropped. A place is a namespace, or None for all of them.
    """

    def __init__(self) -> None:
        """Empty."""
        self._shown: set[str | None] = set()
        self._staged: dict[str | None, list[P]] = {}
        self._listed: dict[str | None, set[str]] = {}

    def begin(self, place: str | None) -> None:
        """A list of `place` starts, anew when one was under way."""
        self._staged[place] = []
        self._listed[place] = set()

    async def page(self, place: str | None, items: Sequence[T]) -> None:
        """The next objects of the list, taken in slices so that nothing else waits long."""
        listed, staged = self._listed[place], self._staged[place]
        at_once = place not in self._shown
        for start in range(0, len(items), SLICE):
            for item in items[start : start + SLICE]:
                listed.add(item.metadata.uid)
                if self.is_known(item):
                    continue
                prepared = self.prepare(item)
                if at_once:
                    self.put(prepared)
                else:
                    staged.append(prepared)
            await asyncio.sleep(0)

    def complete(self, place: str | None) -> None:
        """The list is whole: swap it in."""
        self._shown.add(place)
        for prepared in self._staged.pop(place, ()):
            self.put(prepared)
        listed = self._listed.pop(place, set())
        for uid in [uid for uid in self.uids(place) if uid not in listed]:
            self.drop(uid)

    def changed(self, item: T) -> None:
        """An object was added or modified."""
        self.put(self.prepare(item))

    def forget(self, place: str) -> None:
        """A namespace is no longer looked at."""
        self._shown.discard(place)
        for uid in self.uids(place):
            self.drop(uid)

    @abstractmethod
    def is_known(self, item: T) -> bool:
        """Whether exactly this version of the object is kept."""

    @abstractmethod
    def prepare(self, item: T) -> P:
        """What is to be kept of the object; the costly part of taking it in."""

    @abstractmethod
    def put(self, prepared: P) -> None:
        """Keep it, instead of what was kept of the same uid."""

    @abstractmethod
    def drop(self, uid: str) -> None:
        """The object is gone; nothing happens when it was not there."""

    @abstractmethod
    def uids(self, place: str | None) -> list[str]:
        """Uids of all objects of `place`."""


class Table(Keeper[T, T]):
    """Objects as they are, by uid. `told` hears of every one that is new, other or gone (None)."""

    def __init__(self, told: Callable[[T | None, T | None], None]) -> None:
        """`told` gets the object before and after."""
        super().__init__()
        self.items: dict[str, T] = {}
        self._told = told

    def is_known(self, item: T) -> bool:
        """Whether exactly this version of the object is kept."""
        kept = self.items.get(item.metadata.uid)
        version = item.metadata.resource_version
        return kept is not None and bool(version) and kept.metadata.resource_version == version

    def prepare(self, item: T) -> T:
        """The object."""
        return item

    def put(self, prepared: T) -> None:
        """Keep it."""
        before = self.items.get(prepared.metadata.uid)
        self.items[prepared.metadata.uid] = prepared
        self._told(before, prepared)

    def drop(self, uid: str) -> None:
        """Drop it."""
        before = self.items.pop(uid, None)
        if before is not None:
            self._told(before, None)

    def uids(self, place: str | None) -> list[str]:
        """Uids of all objects of `place`."""
        return [uid for uid, item in self.items.items() if place is None or item.metadata.namespace == place]

    def of(self, namespace: str | None) -> Iterable[T]:
        """Objects of one namespace, or all."""
        return (item for item in self.items.values() if namespace is None or item.metadata.namespace == namespace)
