"""The runbooks there are, and walks through them: what the screens and the command line work with."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from opsconsole.clock import Clock
from opsconsole.domain.alert import Alert
from opsconsole.domain.runbook import Lint, Runbook, RunbookOffer
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import Walk
from opsconsole.incidents.records import Records
from opsconsole.runbooks.faults import RunbookError
from opsconsole.runbooks.file_reading import hash_of
from opsconsole.runbooks.input_values import objection
from opsconsole.runbooks.matching import offers
from opsconsole.runbooks.parsing import load
from opsconsole.runbooks.protocols import RunbookChangedError, WalkError
from opsconsole.runbooks.shelf import Shelf, read_shelf
from opsconsole.runbooks.walking.deciding import asked_on_the_way
from opsconsole.runbooks.walking.record import LookUp, WalkRecord, unfinished_walks
from opsconsole.runbooks.walking.walker import Ground, RunbookWalker
from opsconsole.safe_text import safe_text
from opsconsole.sources.protocols import Sources

OpenRecords = Callable[[], Awaitable[Records | None]]
"""The records where an incident is, or was, worked on. Raises `StoreError`."""

_CHANGED = "the runbook was changed in between; look at it again, then begin"


async def _no_records() -> Records | None:
    return None


class Bookcase:
    """Implements `Runbooks` for one cluster."""

    def __init__(
        self,
        folders: Sequence[Path],
        sources: Sources,
        clock: Clock,
        cluster: SafeText,
        *,
        records: OpenRecords = _no_records,
        look_up: LookUp | None = None,
        new_id: Callable[[], str] = lambda: f"walk-{secrets.token_hex(8)}",
    ) -> None:
        """The team's `folders` stand before our own. `look_up` tells what became of operations."""
        self._folders = tuple(folders)
        self._sources = sources
        self._clock = clock
        self._cluster = cluster
        self._records = records
        self._look_up = look_up
        self._new_id = new_id

    async def shelf(self) -> Shelf:
        """All files, read now."""
        return await asyncio.to_thread(read_shelf, self._folders)

    async def offers(
        self, alert: Alert | None, selection: Selection, others: Sequence[Alert] = ()
    ) -> tuple[RunbookOffer, ...]:
        """As `Runbooks.offers`."""
        return offers((await self.shelf()).runbooks, alert, selection, others)

    async def refused(self) -> tuple[Lint, ...]:
        """As `Runbooks.refused`."""
        return tuple(fault for fault in (await self.shelf()).faults if fault.grave)

    def prefilled(self, runbook: Runbook, alert: Alert | None, selection: Selection) -> dict[str, SafeText]:
        """As `Runbooks.prefilled`; what the runbook would refuse is left out."""
        labels = alert.labels if alert is not None else {}
        selected = {
            "service": (alert.service if alert is not None else None) or selection.service,
            "namespace": (alert.namespace if alert is not None else None) or selection.namespace,
            "pod": selection.pod,
        }
        found: dict[str, SafeText] = {}
        for asked in runbook.inputs:
            candidates = (labels.get(asked.label), selected.get(asked.label or asked.name), asked.default)
            value = next((one for one in candidates if one and objection(asked, one) is None), None)
            if value:
                found[asked.name] = value
        return found

    def complaints(self, runbook: Runbook, inputs: Mapping[str, str]) -> dict[str, SafeText]:
        """As `Runbooks.complaints`; what a question on the way answers may be left empty."""
        later = asked_on_the_way(runbook)
        found: dict[str, SafeText] = {}
        for asked in runbook.inputs:
            value = inputs.get(asked.name, "")
            words = None if not value and asked.name in later else objection(asked, value)
            if words is not None:
                found[asked.name] = words
        known = {asked.name for asked in runbook.inputs}
        for name in inputs:
            if name not in known:
                found[name] = safe_text(f"no input is called {name}; there are {', '.join(sorted(known))}", 300)
        return found

    async def begin(self, runbook: Runbook, inputs: Mapping[str, str]) -> RunbookWalker:
        """As `Runbooks.begin`. Raises `StoreError`, too."""
        wrong = self.complaints(runbook, inputs)
        if wrong:
            raise WalkError("; ".join(wrong.values()))
        try:
            now = await asyncio.to_thread(hash_of, Path(runbook.path))
        except RunbookError as error:
            raise WalkError(str(error)) from error
        if now != runbook.sha256:
            raise RunbookChangedError(_CHANGED)
        records = await self._records()
        current = None if records is None else await records.book.refresh()
        walk = Walk(
            id=self._new_id(),
            incident="" if current is None else current.id,
            runbook=runbook.name,
            title=runbook.title,
            sha256=runbook.sha256,
            path=runbook.path,
            begun_at=self._clock.now(),
            position=1,
            inputs={name: SafeText(value) for name, value in inputs.items() if value},
        )
        return RunbookWalker(runbook, walk, self._ground(records, None if current is None else current.begins_at))

    async def unfinished(self) -> tuple[Walk, ...]:
        """As `Runbooks.unfinished`, without those begun anew since. Raises `StoreError`."""
        records = await self._records()
        current = None if records is None else await records.book.refresh()
        if records is None or current is None:
            return ()
        return await unfinished_walks(records, current.id)

    async def give_up(self, walk: Walk, reason: str) -> None:
        """As `Runbooks.give_up`. Raises `StoreError`, too."""
        await WalkRecord(await self._records()).given_up(walk, reason)

    async def resume(self, walk: Walk) -> RunbookWalker:
        """As `Runbooks.resume`. Raises `StoreError`, too."""
        try:
            runbook = await asyncio.to_thread(load, Path(walk.path))
        except RunbookError as error:
            raise WalkError(f"the runbook of this walk can't be walked any more: {error}") from error
        if runbook.sha256 != walk.sha256:
            raise RunbookChangedError("the runbook was changed since this walk began; begin a new one")
        records = await self._records()
        since = None
        if records is not None and walk.incident:
            since = (await records.store.incident(walk.incident)).begins_at
        return RunbookWalker(runbook, walk, self._ground(records, since), resumed=True)

    def _ground(self, records: Records | None, since: float | None) -> Ground:
        record = WalkRecord(records, self._look_up)
        return Ground(self._sources, self._clock, self._cluster, record, since)
