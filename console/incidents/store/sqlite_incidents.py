"""The store that consoles use. Imports nothing slow: SQLite is loaded with the first call, in the store's thread."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import OPEN_AND_PAST, Decide, IncidentQuery, SimilarIncident, StoreError

if TYPE_CHECKING:
    from opsconsole.incidents.store.bringing_back import BroughtBack
    from opsconsole.incidents.store.opening import Opening
    from opsconsole.incidents.store.record_file import RecordFile

T = TypeVar("T")


class SqliteIncidents:
    """Implements `IncidentStore` over one file. Several stores, in several processes, may have it at once."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        opener: Callable[[Path], Opening] | None = None,
        refuges: Sequence[Path] | None = None,
    ) -> None:
        """`path` None is the user's own record. Nothing is opened before the first call, by `opener` where given.

        `refuges` are folders for words that can't be written, when the folder of the record takes none;
        None for the user's folder of run-time files.
        """
        self._path = path
        self._opener = opener
        self._refuges = refuges
        self._thread = ThreadPoolExecutor(1, "incidents")
        self._file: RecordFile | None = None
        self._closed = False
        self.read_only = SafeText("")
        """Why nothing can be written, once the file was opened; empty when it can."""

    async def append(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.append`."""
        return await self._ask(lambda file: file.append(events), doing="written", words=events)

    async def append_decided(self, query: IncidentQuery, decide: Decide) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.append_decided`."""
        return await self._ask(lambda file: file.append_decided(query, decide), doing="written", words=decide(()))

    async def merge(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.merge`."""
        return await self._ask(lambda file: file.merge(events), doing="written")

    async def incident(self, incident: str) -> Incident:
        """As `IncidentStore.incident`."""
        return await self._ask(lambda file: file.incident(incident))

    async def events(self, incident: str) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.events`."""
        return await self._ask(lambda file: file.events(incident))

    async def incidents(self, query: IncidentQuery = OPEN_AND_PAST) -> tuple[Incident, ...]:
        """As `IncidentStore.incidents`."""
        return await self._ask(lambda file: file.incidents(query))

    async def similar(self, incident: Incident, limit: int = 5) -> tuple[SimilarIncident, ...]:
        """As `IncidentStore.similar`."""
        return await self._ask(lambda file: file.similar(incident, limit))

    async def changed(self, since: int = 0) -> int:  # noqa: ARG002 - one look at an index tells, whatever was known
        """As `IncidentStore.changed`."""
        return await self._ask(lambda file: file.changed())

    async def unshared(self, cluster: SafeText, limit: int = 500) -> tuple[IncidentEvent, ...]:
        """As `IncidentStore.unshared`."""
        return await self._ask(lambda file: file.unshared(cluster, limit))

    async def mark_shared(self, events: Sequence[str]) -> None:
        """As `IncidentStore.mark_shared`."""
        await self._ask(lambda file: file.mark_shared(events), doing="written")

    async def watermark(self, cluster: SafeText) -> int:
        """As `IncidentStore.watermark`."""
        return await self._ask(lambda file: file.watermark(cluster))

    async def set_watermark(self, cluster: SafeText, value: int) -> None:
        """As `IncidentStore.set_watermark`."""
        await self._ask(lambda file: file.set_watermark(cluster, value), doing="written")

    async def bring_back(self) -> BroughtBack | None:
        """Bring back the words that were put aside; None where there are none, and then nothing is opened.

        Raises `StoreError`; what is not in the record yet stays where it is.
        """
        folders = await asyncio.to_thread(self._asides)
        if not folders:
            return None
        from opsconsole.incidents.store.bringing_back import bring_back  # noqa: PLC0415

        return await self._ask(lambda file: bring_back(file, folders), doing="written")

    def _asides(self) -> tuple[Path, ...]:
        """Folders in which words were put aside. Blocks."""
        from opsconsole.incidents.store.unwritten import folders_with_notes  # noqa: PLC0415

        return folders_with_notes(self._path, self._refuges)

    async def close(self) -> None:
        """As `IncidentStore.close`. What was asked before is finished first."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._dropped)
            self._thread.shutdown()

    async def _ask(
        self, call: Callable[[RecordFile], T], *, doing: str = "read", words: Sequence[IncidentEvent] = ()
    ) -> T:
        if self._closed:
            raise StoreError("the incident record is closed; open the console again")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._called, call, doing, words)

    # -- in the thread ---------------------------------------------------------------------------

    def _called(self, call: Callable[[RecordFile], T], doing: str, words: Sequence[IncidentEvent]) -> T:
        from opsconsole.incidents.store.failure import FAILURES, what_happened  # noqa: PLC0415 - brings SQLite
        from opsconsole.incidents.store.opening import open_record  # noqa: PLC0415
        from opsconsole.incidents.store.place import usual_path  # noqa: PLC0415
        from opsconsole.incidents.store.record_file import RecordFile  # noqa: PLC0415
        from opsconsole.incidents.store.unwritten import folders_of, own_words, put_aside  # noqa: PLC0415

        path = self._path or usual_path()
        try:
            if self._file is None:
                self._file = RecordFile(self._opener(path) if self._opener else open_record(path, time.time))
                self.read_only = self._file.newer
            return call(self._file)
        except FAILURES as error:
            self._dropped()
            lost = own_words(words)
            kept = put_aside(lost, folders_of(path, self._refuges)) if lost else None
            lost_for_good = bool(lost) and kept is None
            raise what_happened(error, path, doing=doing, kept=kept, lost=lost_for_good) from error

    def _dropped(self) -> None:
        """Close the file; the next call opens it anew, on whatever is there then."""
        from opsconsole.incidents.store.failure import FAILURES  # noqa: PLC0415 - brings SQLite

        file, self._file = self._file, None
        if file is not None:
            # What fails now is tidying up: what was committed stands in the log, and is tidied at the next opening.
            with contextlib.suppress(*FAILURES):
                file.close()
