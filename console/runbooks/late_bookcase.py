"""The runbooks as a console has them: read when they are first asked for, never before the first paint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from opsconsole.clock import Clock
from opsconsole.config.settings import Settings
from opsconsole.domain.operation import AuditRecord
from opsconsole.runbooks.protocols import Runbooks
from opsconsole.safe_text import safe_text

if TYPE_CHECKING:
    from opsconsole.incidents.records import Records
    from opsconsole.sources.protocols import Sources

LookUp = Callable[[str], Awaitable[tuple[AuditRecord, ...]]]
"""Settles operations that a crash left open, then tells what the audit log has about one."""


class LateBookcase:
    """Makes the runbooks of `settings`, the team's and our own."""

    def __init__(self, settings: Settings, clock: Clock, records: Callable[[], Awaitable[Records | None]]) -> None:
        """`records` are those of the incident that is worked on, None where none is."""
        self._settings = settings
        self._clock = clock
        self._records = records

    async def __call__(self, sources: Sources, look_up: LookUp | None) -> Runbooks:
        """Runbooks whose checks ask `sources`."""

        def made() -> Runbooks:
            from opsconsole.runbooks.bookcase import Bookcase  # noqa: PLC0415 - brings a Markdown parser

            folders, cluster = self._settings.runbooks, safe_text(self._settings.cluster.name)
            return Bookcase(folders, sources, self._clock, cluster, records=self._records, look_up=look_up)

        # In a thread: the import costs more than a key may wait.
        return await asyncio.to_thread(made)
