"""The end of a walk that nobody goes on with."""

from __future__ import annotations

import asyncio

from opsconsole.clock import SystemClock
from opsconsole.config.settings import Settings
from opsconsole.domain.walk import Walk
from opsconsole.record_keeping import late_records
from opsconsole.runbooks.protocols import WalkError
from opsconsole.runbooks.walking.record import WalkRecord, unfinished_walks


def give_up(settings: Settings, runbook: str | None, incident: str | None, reason: str) -> Walk:
    """Give up the one walk that was left, of `runbook` (its name), in `incident` (None: the one worked on).

    Returns it as it was left. Raises `WalkError` when there is none, or several, and `StoreError`.
    """

    async def given_up() -> Walk:
        late = late_records(settings, SystemClock())
        try:
            records = await late()
            wanted = records.book.current if incident is None else await records.store.incident(incident)
            if wanted is None:
                raise WalkError("no incident is worked on; name one with --incident")
            left = await unfinished_walks(records, wanted.id)
            walk = _the_one([one for one in left if runbook in (None, one.runbook)], runbook, wanted.name)
            await WalkRecord(records).given_up(walk, reason)
            return walk
        finally:
            await late.close()

    return asyncio.run(given_up())


def _the_one(walks: list[Walk], runbook: str | None, incident: str) -> Walk:
    of = f" of {runbook!r}" if runbook else ""
    if not walks:
        raise WalkError(f"{incident} has no walk{of} that was left")
    names = ", ".join(dict.fromkeys(one.runbook for one in walks))
    if len(walks) > 1 and runbook is None:
        raise WalkError(f"{incident} has {len(walks)} walks that were left; name one of {names}")
    return walks[0]
