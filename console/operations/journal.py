"""The timeline of the incident that is worked on, as operations tell it theirs.

Every line of the audit log has its event there, with an id made of the line: telling a line twice writes one event. So
whatever a crash or a full disk kept from being told is told again at the next start (`retold`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from opsconsole.domain.incident_event import Author, Fact, OperationTold
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import Entry

TELL_SECONDS = 5.0
"""Wall seconds after which the timeline counts as one that can't be written now, unless somebody says otherwise."""

RETOLD_WITHIN = 7 * 86_400.0
"""Lines older than these seconds are not told again."""

ENGINE = SafeText("engine")


class Journal(Protocol):
    """Where the engine writes beside the audit log. Every method raises `OpsConsoleError`."""

    async def incident(self) -> str:
        """The id of the incident that is worked on; empty when there is none."""
        ...

    async def tell(self, incident: str, facts: Sequence[Fact]) -> None:
        """Add those of `facts` to the incident's timeline that are not there yet, or none."""
        ...


def fact_of(entry: Entry) -> Fact:
    """What a line of the audit log says, for the timeline."""
    told = OperationTold(
        entry.operation,
        entry.kind,
        entry.target,
        entry.state,
        entry.words,
        entry.identity,
        entry.order.reason if entry.order is not None else SafeText(""),
    )
    author = Author(entry.operator, entry.identity)
    return Fact(told, entry.at, ENGINE, f"operation/{entry.operation}", entry.sequence, author)


def retold(entries: Sequence[Entry], now: float) -> dict[str, list[Fact]]:
    """What has to stand in the timelines of incidents by now, by incident."""
    facts: dict[str, list[Fact]] = {}
    for entry in entries:
        if entry.incident and entry.at > now - RETOLD_WITHIN:
            facts.setdefault(entry.incident, []).append(fact_of(entry))
    return facts
