"""A team's store in memory, which several machines of a test share, and which can be down, lossy or lost."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import SharedRead

DOWN = SourceError(ErrorKind.UNREACHABLE, "the team's incident store", SafeText("connection refused"))


class MemoryShared:
    """Keeps events in the order in which they came. `down` makes every call fail with it."""

    def __init__(self) -> None:
        self.events: list[IncidentEvent] = []
        self.heads: dict[str, Incident] = {}
        self.down: SourceError | None = None
        self.answers_are_lost = False
        self.refused: set[str] = set()
        self.generation = 1
        self.asked = 0
        self.page = 100
        self.before_reading: Callable[[], None] = lambda: None
        self.closed = False

    def lose_everything(self) -> None:
        """It was deleted and made anew."""
        self.events.clear()
        self.heads.clear()
        self.generation += 1

    async def send(self, events: Sequence[IncidentEvent]) -> tuple[str, ...]:
        self._answer()
        there = {event.id for event in self.events}
        taken = [event for event in events if event.id not in self.refused]
        self.events += [event for event in taken if event.id not in there]
        if self.answers_are_lost:
            raise SourceError(ErrorKind.TIMEOUT, "the team's incident store")
        if events and not taken:
            raise SourceError(ErrorKind.UNPROCESSABLE, "the team's incident store", SafeText("refused"))
        return tuple(event.id for event in taken)

    async def tell(self, incident: Incident) -> None:
        self._answer()
        self.heads[incident.id] = incident

    def reader(self, watermark: int) -> _Reader:
        return _Reader(self, watermark)

    async def close(self) -> None:
        self.closed = True

    def _answer(self) -> None:
        self.asked += 1
        if self.down is not None:
            raise self.down


class _Reader:
    def __init__(self, shared: MemoryShared, watermark: int) -> None:
        self._shared = shared
        self._generation, self._read = divmod(watermark, 1_000_000)

    async def read(self, known: Container[str] = ()) -> SharedRead:
        self._shared._answer()
        self._shared.before_reading()
        anew = self._generation not in (0, self._shared.generation)
        if anew:
            self._read = 0
        self._generation = self._shared.generation
        found = self._shared.events[self._read :][: self._shared.page]
        self._read += len(found)
        more = self._read < len(self._shared.events)
        watermark = self._generation * 1_000_000 + self._read
        return SharedRead(tuple(event for event in found if event.id not in known), watermark, more, anew)
