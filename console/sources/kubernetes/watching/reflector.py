"""One list kept up to date: list in pages, then watch, and begin again where that is needed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.listing import EXPIRED, PAGE_SIZE, PAGES_READ, Query
from opsconsole.sources.kubernetes.watching.keeper import Keeper, Named
from opsconsole.sources.kubernetes.watching.patience import Patience
from opsconsole.sources.kubernetes.watching.stream import EventDecoder, VersionExpiredError, lines_of
from opsconsole.sources.wire import Answer, Wire
from opsconsole.sources.wire.failures import of_answer

WATCH_SECONDS = 45
"""A watch ends after so many seconds and is opened anew from where it was.

API servers send a bookmark two seconds before a watch ends (apiserver, `cacher.go`, `nextBookmarkTime`), so each
watch is heard of within `SILENCE` even when nothing happens.
"""

SILENCE = 60.0
"""Seconds without a byte after which a connection is taken for dead, and what it told for stale."""

POLL_INTERVAL = 10.0
"""Seconds between two lists where watching is refused."""

SHORTEST = 1.0
"""Seconds; a watch that ends sooner without a word is treated as failed, or it would be opened in a tight loop."""

RARELY = 10.0
"""Seconds; versions too old to watch from so soon after they were listed, twice in a row, are treated as a failure."""

EVENTS_AT_ONCE = 20
"""Changes taken in between two turns of the event loop."""

UNKNOWN_RESOURCE = 404

_NO_WATCH = frozenset({400, 403, 404, 405, 406, 415, 501})

T = TypeVar("T", bound=Named)


@dataclass
class Standing:
    """How one reflector does. Times are unix seconds.

    `begun`: there was an answer or a failure; `whole`: the list has been complete once; `arriving`: its first pages
    are there. `heard` is when the server was last heard.
    `cut` says that the list was too long, `polled` that the server does not watch it.
    """

    begun: bool = False
    arriving: bool = False
    whole: bool = False
    heard: float | None = None
    problem: SourceError | None = None
    next_try: float | None = None
    cut: SafeText = SafeText("")
    polled: SafeText = SafeText("")

    @property
    def has_items(self) -> bool:
        """Whether there is anything to show, if only in part."""
        return self.whole or self.arriving


@dataclass(frozen=True)
class Way:
    """How reflectors reach a cluster. `refused` turns an error into one with better advice."""

    source: str
    connect: Callable[[], Awaitable[Wire]]
    refused: Callable[[SourceError], SourceError]
    clock: Clock
    chance: random.Random


@dataclass(frozen=True)
class News:
    """Who hears of a reflector: `moved` whenever its standing changes, `told_time` by how much the server is ahead."""

    moved: Callable[[], None]
    told_time: Callable[[float], None]


class Reflector(Generic[T]):
    """Keeps `keeper` in step with what `query` selects in `place` (a namespace, or None for all)."""

    def __init__(
        self,
        query: Query[T],
        place: str | None,
        keeper: Keeper[T, Any],
        way: Way,
        news: News,
        *,
        instead: Query[T] | None = None,
    ) -> None:
        """Idle until `run` or `once`. `instead` is asked where the server does not know what `query` asks for."""
        self.query = query
        self._instead = instead
        self.place = place
        self.keeper = keeper
        self.standing = Standing()
        self._way = way
        self._news = news
        self._patience = Patience(way.clock, way.chance)
        self._events = EventDecoder(query.kind, way.source)

    async def run(self) -> None:
        """List and watch until cancelled. Failures are told by `standing` and never end it."""
        listed, soon = self._way.clock.monotonic(), False
        while True:
            try:
                version = await self._listed()
                listed = self._way.clock.monotonic()
                await self._follow(version)
            except VersionExpiredError:
                before, soon = soon, self._way.clock.monotonic() - listed < RARELY
                if before and soon:
                    words = SafeText("what it lists is too old to watch from")
                    await self._wait_after(SourceError(ErrorKind.SERVER, self._way.source, words))
            except SourceError as error:
                await self._wait_after(error)

    async def once(self) -> None:
        """List a single time; a failure is told by `standing`."""
        try:
            await self._listed()
        except SourceError as error:
            self._failed(error)

    def nudge(self) -> None:
        """Try at once where it waits after a failure."""
        self._patience.nudge()

    # -- the list --------------------------------------------------------------------------------

    async def _listed(self) -> str:
        try:
            return await self._list()
        except SourceError as error:
            if error.status != UNKNOWN_RESOURCE or self._instead is None:
                raise
            self.query, self._instead = self._instead, None
            self._events = EventDecoder(self.query.kind, self._way.source)
            return await self._list()

    async def _list(self) -> str:
        """Read all pages into the keeper. Returns the version from which to watch."""
        wire = await self._way.connect()
        version = await self._pages_of(wire)
        if version is None:
            # The list changed too much between two pages. Once more from its beginning.
            version = await self._pages_of(wire)
        if version is None:
            words = SafeText(f"the list of {self.query.plural} expires before it is read")
            raise SourceError(ErrorKind.SERVER, self._way.source, words)
        standing = self.standing
        standing.whole, standing.arriving = True, False
        self._heard()
        self._news.moved()
        return version

    async def _pages_of(self, wire: Wire) -> str | None:
        """The list's version, None when it expired on the way."""
        self.keeper.begin(self.place)
        asked = asyncio.ensure_future(self._ask_page(wire, ""))
        try:
            for number in range(1, PAGES_READ + 1):
                answer = await asked
                if answer.status == EXPIRED:
                    if number == 1:
                        raise of_answer(answer)
                    return None
                page = answer.decode(self.query.page)
                if answer.clock_skew is not None:
                    self._news.told_time(answer.clock_skew)
                token = page.metadata.next_page
                if token and number < PAGES_READ:
                    # The server makes the next page while this one is taken in.
                    asked = asyncio.ensure_future(self._ask_page(wire, token))
                await self.keeper.page(self.place, page.items or ())
                self._arrived(more=bool(token))
                if not token or number == PAGES_READ:
                    words = f"only the first {number * PAGE_SIZE:,} {self.query.plural} were read" if token else ""
                    self.standing.cut = SafeText(words)
                    self.keeper.complete(self.place)
                    return page.metadata.resource_version
        finally:
            asked.cancel()
        return None

    async def _ask_page(self, wire: Wire, token: str) -> Answer:
        params = {**self.query.params, "limit": str(PAGE_SIZE)} | ({"continue": token} if token else {})
        path = self.query.path(self.place)
        return await wire.request("GET", path, params=params, accept=(EXPIRED,))

    def _arrived(self, *, more: bool) -> None:
        standing = self.standing
        standing.begun = True
        if more and not standing.whole:
            standing.arriving = True
            self._heard()
            self._news.moved()

    # -- the watch -------------------------------------------------------------------------------

    async def _follow(self, version: str) -> None:
        """Watch from `version` on, over as many connections as it takes. Returns when a new list is needed."""
        while True:
            began = self._way.clock.monotonic()
            progress = _Progress(version)
            try:
                await self._watch(progress)
            except SourceError as error:
                version = progress.version
                if error.status == EXPIRED:
                    raise VersionExpiredError from error
                if error.status in _NO_WATCH and not progress.opened:
                    await self._poll(error)
                    return
                if error.kind is ErrorKind.MALFORMED or (progress.opened and error.status is not None):
                    raise  # what was sent can't be trusted, or the server itself says no: list again
                await self._wait_after(error)
                continue
            version = progress.version
            if not progress.heard and self._way.clock.monotonic() - began < SHORTEST:
                words = SafeText("it ends every watch at once")
                await self._wait_after(SourceError(ErrorKind.SERVER, self._way.source, words))

    async def _watch(self, progress: _Progress) -> None:
        """One connection, until the server ends it."""
        wire = await self._way.connect()
        params = {
            **self.query.params,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": progress.version,
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        headers = {"Accept": "application/json"}
        path = self.query.path(self.place)
        async with wire.stream("GET", path, params=params, headers=headers, silence=SILENCE) as chunks:
            progress.opened = True
            self._opened()
            async for lines in lines_of(chunks, self._way.source):
                for start in range(0, len(lines), EVENTS_AT_ONCE):
                    for line in lines[start : start + EVENTS_AT_ONCE]:
                        self._take(line, progress)
                    await asyncio.sleep(0)
                self._heard()

    def _take(self, line: bytes, progress: _Progress) -> None:
        event = self._events.event(line)
        if event.item is not None and event.gone:
            self.keeper.drop(event.item.metadata.uid)
        elif event.item is not None:
            self.keeper.changed(event.item)
        progress.version = event.version or progress.version
        progress.heard = True

    async def _poll(self, error: SourceError) -> None:
        words = "refuses to watch" if error.status == 403 else "does not watch"
        self.standing.polled = SafeText(f"the server {words} {self.query.plural}: listed every {POLL_INTERVAL:g} s")
        self._news.moved()
        await self._patience.wait(POLL_INTERVAL)

    # -- how it does -----------------------------------------------------------------------------

    def _opened(self) -> None:
        if self.standing.polled:
            self.standing.polled = SafeText("")
            self._news.moved()
        self._heard()

    def _heard(self) -> None:
        standing = self.standing
        standing.heard = self._way.clock.now()
        if standing.problem is not None:
            standing.problem = standing.next_try = None
            self._news.moved()

    def _failed(self, error: SourceError) -> None:
        # It is kept for as long as it lasts; the frames it came through hold answers of many megabytes.
        error.__traceback__ = error.__cause__ = error.__context__ = None
        self.standing.problem = self._way.refused(error)
        self.standing.begun = True
        self._news.moved()

    async def _wait_after(self, error: SourceError) -> None:
        delay = self._patience.delay(error)
        self.standing.next_try = self._way.clock.now() + delay
        self._failed(error)
        await self._patience.wait(delay)


@dataclass
class _Progress:
    """How far one watch has come."""

    version: str
    opened: bool = False
    heard: bool = False
