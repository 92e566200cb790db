"""Watches: lists that go on, as JSON lines.

Kubernetes API concepts, "Efficient detection of changes" and "Watch bookmarks"; what is sent when, and the
words of errors, as kube-apiserver 1.37 does it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from opsconsole.practice.kubernetes.selection import Item, fields_match, labels_match
from opsconsole.practice.kubernetes.status import Refusal, status
from opsconsole.practice.kubernetes.store import Change, Shelf

BOOKMARK_SECONDS = 60.0
_LAST_BOOKMARK = 2.0
"""Seconds before its end that a watch gets one more bookmark."""

_LONGEST = 1800.0
"""Seconds a watch lasts that says nothing (`--min-request-timeout`)."""


class Pace(Protocol):
    """How watches and followed logs pass the time."""

    async def wait(self, seconds: float) -> None:
        """Return after `seconds`, or earlier when something was written."""
        ...

    def wake(self) -> None:
        """Something was written: let those who wait look."""
        ...


class BellPace:
    """Real time, and a bell that ends all waiting."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return after `seconds`, or when the bell rings."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)

    def wake(self) -> None:
        """Ring."""
        self._rung.set()
        self._rung = asyncio.Event()


@dataclass(frozen=True)
class WatchedKind:
    """What a watch is of. `look` brings the shelf up to date and returns the newest version."""

    kind: str
    version: str
    fields: frozenset[str]
    shelf: Shelf
    look: Callable[[], int]


@dataclass(frozen=True)
class _Selector:
    namespace: str | None
    labels: str
    fields: str
    supported: frozenset[str]

    def passes(self, item: Item | None) -> bool:
        if item is None:
            return False
        metadata = item["metadata"]
        return (
            self.namespace in (None, metadata.get("namespace"))
            and labels_match(self.labels, metadata.get("labels") or {})
            and fields_match(self.fields, item, self.supported)
        )


def watches(query: Mapping[str, str]) -> bool:
    """Whether a list request asks to go on."""
    return query.get("watch", "") in ("1", "true", "True", "t", "T", "TRUE")


class Watch:
    """One watch. Making it raises `Refusal` for parameters that make no sense."""

    def __init__(
        self,
        watched: WatchedKind,
        query: Mapping[str, str],
        namespace: str | None,
        now: Callable[[], float],
        pace: Pace,
        bookmark_seconds: float = BOOKMARK_SECONDS,
    ) -> None:
        """`now` gives unix seconds."""
        self._watched, self._now, self._pace = watched, now, pace
        self._selector = _Selector(
            namespace, query.get("labelSelector", ""), query.get("fieldSelector", ""), watched.fields
        )
        labels_match(self._selector.labels, {})
        fields_match(self._selector.fields, {"metadata": {}}, watched.fields)
        self._from = _version(query.get("resourceVersion", ""))
        self._initial_end = query.get("sendInitialEvents") == "true"
        self._bookmarks = query.get("allowWatchBookmarks") in ("1", "true")
        seconds = _seconds(query.get("timeoutSeconds", ""))
        self._ends_at = now() + seconds
        self._bookmark_seconds = bookmark_seconds
        self._bookmark_at = self._next_bookmark()

    async def lines(self) -> AsyncIterator[bytes]:
        """One JSON object a line, until the watch's time is over."""
        newest = self._watched.look()
        shelf = self._watched.shelf
        if self._from and self._from < shelf.oldest():
            words = f"too old resource version: {self._from} ({shelf.oldest()})"
            yield _line("ERROR", status(410, words))
            return
        reader = shelf.follow()
        try:
            for line in self._first(newest):
                yield line
            while self._now() < self._ends_at:
                newest = self._watched.look()
                for change in reader.taken():
                    if line := self._told(change):
                        yield line
                if self._bookmarks and self._now() >= self._bookmark_at:
                    self._bookmark_at = self._next_bookmark()
                    yield self._bookmark(newest, {})
                await self._pace.wait(self._idle_seconds())
        finally:
            reader.close()

    def _first(self, newest: int) -> list[bytes]:
        shelf = self._watched.shelf
        if self._from and not self._initial_end:
            told = [self._told(change) for change in shelf.since(self._from)]
            return [line for line in told if line]
        made = [self._event("ADDED", item) for item in shelf.items if self._selector.passes(item)]
        if self._initial_end and self._bookmarks:
            made.append(self._bookmark(newest, {"k8s.io/initial-events-end": "true"}))
        return made

    def _idle_seconds(self) -> float:
        """Until the shop's next second, the next bookmark or the end."""
        now = self._now()
        until = min(math.floor(now) + 1.0, self._ends_at)
        return max(0.001, until - now)

    def _next_bookmark(self) -> float:
        now = self._now()
        before_end = self._ends_at - _LAST_BOOKMARK
        due = now + self._bookmark_seconds
        return min(due, before_end) if before_end > now else due

    def _told(self, change: Change) -> bytes:
        """The line for `change` as those see it who see only what the selector lets pass; may be none."""
        was, is_ = self._selector.passes(change.before), self._selector.passes(change.item)
        if change.kind == "DELETED":
            return self._event("DELETED", change.item) if was else b""
        if is_:
            return self._event("MODIFIED" if was else "ADDED", change.item)
        if was and change.before is not None:
            metadata = {**change.before["metadata"], "resourceVersion": str(change.version)}
            return self._event("DELETED", {**change.before, "metadata": metadata})
        return b""

    def _event(self, kind: str, item: Item) -> bytes:
        return _line(kind, {"kind": self._watched.kind, "apiVersion": self._watched.version, **item})

    def _bookmark(self, version: int, annotations: dict[str, str]) -> bytes:
        metadata: dict[str, Any] = {"resourceVersion": str(version)}
        if annotations:
            metadata["annotations"] = annotations
        return self._event("BOOKMARK", {"metadata": metadata})


def _line(kind: str, what: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": what}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _version(text: str) -> int:
    """0 for "from any state on", which unset and `0` ask for."""
    try:
        return int(text or 0)
    except ValueError:
        words = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        # The real server answers so: an error it did not think of, code 500 and no reason.
        raise Refusal(500, words, reason="") from None


def _seconds(text: str) -> float:
    try:
        return float(int(text)) if text and int(text) > 0 else _LONGEST
    except ValueError:
        raise Refusal(400, f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
