"""The records as a console has them: opened when they are first needed, never before the first paint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from opsconsole.domain.incident_event import Fact
from opsconsole.incidents.attachment import Attachment
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.records import Records


class LateRecords:
    """Opens the records at the first call, goes on with the incident of before, and returns the same ones ever after.

    What can't be opened is tried anew at the next call.
    """

    def __init__(
        self,
        open_records: Callable[[], Awaitable[Records]],
        attachment: Attachment,
        *,
        left: Callable[[], bool] = lambda: False,
    ) -> None:
        """`open_records` may raise `StoreError`; `attachment` tells whether there is an incident to go on with.

        `left` tells whether a process before this one left something unfinished; may block, and raise `StoreError`.
        """
        self._open = open_records
        self._attachment = attachment
        self._left = left
        self._opened: Records | None = None
        self._opening = asyncio.Lock()
        self._not_needed = False
        self._closed = False

    @property
    def opened(self) -> Records | None:
        """The records, if they are open."""
        return self._opened

    async def __call__(self) -> Records:
        """The records. Raises `StoreError`, also once they were given back."""
        async with self._opening:
            if self._closed:
                raise StoreError("the console ends; its records are closed")
            if self._opened is None:
                opened = await self._open()
                try:
                    await opened.book.resume()
                except StoreError:
                    await opened.store.close()
                    raise
                self._opened = opened
            return self._opened

    async def if_needed(self) -> Records | None:
        """The records if they are open, an incident was worked on before, or a process left something unfinished.

        None: there is nothing to record. So a console without an incident does not depend on them. What another
        console works on later is its own.
        Raises `StoreError`.
        """
        if self._opened is None:
            self._not_needed = self._not_needed or await asyncio.to_thread(self._is_needless)
            if self._not_needed:
                return None
        return await self()

    def _is_needless(self) -> bool:
        return self._attachment.read() is None and not self._left()

    async def close(self) -> None:
        """Give them back, if they were opened; they can't be had again."""
        async with self._opening:
            self._closed = True
            if self._opened is not None:
                opened, self._opened = self._opened, None
                if opened.notifier is not None:
                    await opened.notifier.close()
                await opened.store.close()


class IncidentJournal:
    """The timeline of the incident that is worked on, for the engine: its `Journal`."""

    def __init__(self, records: LateRecords) -> None:
        """Nothing is opened before the first operation."""
        self._records = records

    async def incident(self) -> str:
        """The id of the incident that is worked on; empty when there is none. Raises `StoreError`."""
        records = await self._records.if_needed()
        current = None if records is None else await records.book.refresh()
        return "" if current is None else current.id

    async def tell(self, incident: str, facts: Sequence[Fact]) -> None:
        """Add those of `facts` that `incident` does not have yet, or none. Raises `StoreError`."""
        book = (await self._records()).book
        for fact in facts:
            if fact.author is not None and fact.author.operator == book.author.operator:
                book.identify(fact.author.identity)
        await book.write_facts(facts, incident=incident)
