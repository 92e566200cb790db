"""The audit log as operations use it: without blocking the screen, with who and where filled in.

What stands in it is told to the incident that is worked on, too.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AbstractContextManager

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.journal import TELL_SECONDS, Journal, fact_of, retold
from opsconsole.safe_text import safe_text


class UntoldError(OpsConsoleError):
    """Which incident is worked on can't be told. `str()` says why; nothing may be sent on it."""


class Trail:
    """Appends what happens to operations on one cluster. Methods raise `AuditError`, those of the incident do not."""

    def __init__(
        self,
        log: AuditLog,
        clock: Clock,
        *,
        cluster: SafeText,
        operator: SafeText,
        journal: Journal | None = None,
        patience: float = TELL_SECONDS,
    ) -> None:
        """`operator` is the user of this machine, who need not be whom the cluster sees. No `journal`, no incidents.

        `patience`: wall seconds after which the timeline counts as one that can't be written now.
        """
        self._log = log
        self._clock = clock
        self._cluster = cluster
        self._operator = operator
        self._journal = journal
        self._patience = patience

    async def append(self, entry: Entry) -> Entry:
        """Write a line, on the disk before this returns."""
        named = msgspec.structs.replace(
            entry, at=self._clock.now(), cluster=self._cluster, operator=entry.operator or self._operator
        )
        return await asyncio.to_thread(self._log.append, named)

    async def outcome(self, recorded: Entry, state: OperationState, words: SafeText, *, closed: bool = False) -> Entry:
        """A later line about what `recorded` began; `closed` as in `Entry`."""
        later = Entry(
            recorded.operation,
            0.0,
            state,
            recorded.kind,
            recorded.target,
            words,
            operator=self._operator,
            identity=recorded.identity,
            closed=closed,
            incident=recorded.incident,
        )
        return await self.append(later)

    async def entries(self) -> tuple[Entry, ...]:
        """All lines, oldest first."""
        return await asyncio.to_thread(self._log.entries)

    def hold(self, operation: str) -> AbstractContextManager[bool]:
        """As `AuditLog.hold`."""
        return self._log.hold(operation)

    # -- the incident ----------------------------------------------------------------------------

    async def incident(self) -> str:
        """The incident that is worked on; empty when there is none. Raises `UntoldError`."""
        if self._journal is None:
            return ""
        try:
            async with asyncio.timeout(self._patience):
                return await self._journal.incident()
        except TimeoutError:
            raise UntoldError(self._slow) from None
        except OpsConsoleError as error:
            raise UntoldError(str(error)) from error

    async def tell(self, *entries: Entry) -> SafeText:
        """Have the timeline of their incident tell `entries`, lines of one operation; why not, empty when it does."""
        incident = entries[0].incident
        if self._journal is None or not incident:
            return SafeText("")
        try:
            async with asyncio.timeout(self._patience):
                await self._journal.tell(incident, [fact_of(one) for one in entries])
        except TimeoutError:
            return self._slow
        except OpsConsoleError as error:
            return safe_text(error)
        return SafeText("")

    async def tell_again(self) -> None:
        """Make up for whatever was not told. What can't be told now either is left to the next time."""
        if self._journal is None:
            return
        for incident, facts in retold(await self.entries(), self._clock.now()).items():
            # One record that can't be written does not keep the others from it.
            with contextlib.suppress(OpsConsoleError, TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._journal.tell(incident, facts)

    @property
    def _slow(self) -> SafeText:
        return SafeText(f"the incident's record did not answer within {self._patience:g} s")
