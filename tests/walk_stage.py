"""A runbook on the disk, an incident in memory, and walkers on them: every `again` is a console started afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from book_stage import PROD, BookStage
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.operation import AuditRecord
from opsconsole.domain.runbook import Runbook
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Walk
from opsconsole.incidents.folding import walks
from opsconsole.incidents.records import Records
from opsconsole.runbooks.bookcase import Bookcase
from opsconsole.runbooks.parsing import load
from opsconsole.runbooks.walking.walker import RunbookWalker
from runbook_files import WHOLE
from still_sources import Backends, backends

ANSWERS = {"service": "checkout", "namespace": "shop"}


class WalkStage:
    """`told` are the sources; a metric is what `told.metrics.instant_values` says."""

    def __init__(self, folder: Path, text: str = WHOLE) -> None:
        self.records = BookStage(folder)
        self.clock = self.records.clock
        self.book = self.records.book(cluster=PROD)
        self.told: Backends = backends()
        self.path = folder / "case.md"
        self.path.write_text(text)
        self.settled = 0
        self.audit: tuple[AuditRecord, ...] = ()
        self.bookcase = self.again()

    def again(self) -> Bookcase:
        async def records() -> Records:
            return Records(self.records.store, self.book)

        async def look_up(operation: str) -> tuple[AuditRecord, ...]:
            self.settled += 1
            return tuple(one for one in self.audit if one.operation == operation)

        return Bookcase((self.path.parent,), self.told.sources(), self.clock, PROD, records=records, look_up=look_up)

    async def open_incident(self) -> None:
        await self.book.open([], title=SafeText("trouble"), severity=IncidentSeverity.P2)

    @property
    def runbook(self) -> Runbook:
        return load(self.path)

    async def begun(self, answers: Mapping[str, str] = ANSWERS) -> RunbookWalker:
        walker = await self.bookcase.begin(self.runbook, answers)
        await walker.begin()
        await quiet(walker)
        return walker

    async def resumed(self, operator: str = "jane@laptop") -> RunbookWalker:
        """The walk taken up by another console of `operator`, from the record alone."""
        incident, self.book = self.book.current, self.records.book(operator, PROD)
        await self.book.attach(incident.id if incident is not None else None)
        (walk,) = await self.again().unfinished()
        walker = await self.again().resume(walk)
        await walker.begin()
        await quiet(walker)
        return walker

    @property
    def recorded(self) -> Walk:
        """The one walk of the record."""
        (walk,) = walks(self.records.store.written)
        return walk


async def quiet(walker: RunbookWalker) -> None:
    """Returns once no check is being asked."""
    async with asyncio.timeout(30):
        while walker.running:
            changed = asyncio.Event()
            walker.listen(changed.set)
            if walker.running:
                await changed.wait()


def outcomes(walk: Walk) -> list[tuple[int, StepOutcome]]:
    """Each result that counts."""
    return [(one.number, one.outcome) for one in walk.results]
