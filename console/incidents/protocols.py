"""What the parts of the record ask of each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from typing import Protocol

import msgspec

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import Author, Fact, IncidentEvent, What
from opsconsole.domain.text import SafeText


class StoreError(OpsConsoleError):
    """The record could not be written or read. `str()` says what happened and what to do; nothing was half done."""


class FieldConflictError(OpsConsoleError):
    """Somebody set the field in between. `str()` names both values; look at it, then set it anew."""

    def __init__(self, incident: Incident, field: IncidentField, wanted: SafeText) -> None:
        """`incident` is as it stands now."""
        self.incident = incident
        self.field = field
        self.wanted = wanted
        now = getattr(incident, field.value)
        shown = now.value if hasattr(now, "value") else now
        super().__init__(f"{incident.name}: {field.value} was set to {shown!r} in between; look, then decide anew")


class TransitionError(OpsConsoleError):
    """The state can't be entered from the present one; `str()` says which can."""


class IncidentQuery(msgspec.Struct, frozen=True):
    """Which incidents; None and empty let all pass. `words` are searched in everything that was written.

    Drills are left out unless `drills` is True (only drills) or None (both).
    """

    words: SafeText = SafeText("")
    open_only: bool = False
    severity: IncidentSeverity | None = None
    states: tuple[IncidentState, ...] = ()
    service: SafeText | None = None
    cluster: SafeText | None = None
    drills: bool | None = False
    limit: int = 200


OPEN_AND_PAST = IncidentQuery()
"""Every incident that is no drill."""


class SimilarIncident(msgspec.Struct, frozen=True):
    """A past incident that is like another one: `score` ratio 0 to 1, `reasons` what they have in common."""

    incident: Incident
    score: float
    reasons: tuple[SafeText, ...]


Decide = Callable[[Sequence[Incident]], Sequence[IncidentEvent]]
"""Which events to write, by the incidents there are."""


class IncidentStore(Protocol):
    """Keeps events. What `append` returned has survived: the process may be killed.

    Every method raises `StoreError`.
    """

    async def append(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        """Write all of `events`, or none; those that were new. An event whose id is there already is left out.

        Raises `FieldConflictError` where an event sets a field and does not replace the values in force, and
        `TransitionError` for a state that can't be entered.
        """
        ...

    async def append_decided(self, query: IncidentQuery, decide: Decide) -> tuple[IncidentEvent, ...]:
        """As `append`, of what `decide` makes of the incidents that match `query`; nobody writes in between.

        `decide` may be called several times and in another thread. What it says of none is what would be lost.
        """
        ...

    async def merge(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        """As `append`, for events that another machine has already written: conflicts are kept, and shown."""
        ...

    async def incident(self, incident: str) -> Incident:
        """The incident of that id, or whose id or name ends so. Raises `StoreError` when there is none, or several."""
        ...

    async def events(self, incident: str) -> tuple[IncidentEvent, ...]:
        """All events, by the time they happened, then by the time they were recorded, then by id."""
        ...

    async def incidents(self, query: IncidentQuery = OPEN_AND_PAST) -> tuple[Incident, ...]:
        """Incidents that match: open ones first by severity, then the newest."""
        ...

    async def similar(self, incident: Incident, limit: int = 5) -> tuple[SimilarIncident, ...]:
        """Past incidents (resolved or closed, no drills) that are like it, best first."""
        ...

    async def changed(self, since: int = 0) -> int:
        """A number that grows with every event written by anybody on this machine; the same as `since` when none was.

        Cheap enough to be asked every second.
        """
        ...

    async def unshared(self, cluster: SafeText, limit: int = 500) -> tuple[IncidentEvent, ...]:
        """Events of incidents of `cluster` that the team's store does not have yet, oldest first."""
        ...

    async def mark_shared(self, events: Sequence[str]) -> None:
        """The team's store has these events."""
        ...

    async def watermark(self, cluster: SafeText) -> int:
        """Up to where the team's store was read; 0 at first."""
        ...

    async def set_watermark(self, cluster: SafeText, value: int) -> None:
        """It was read up to `value`."""
        ...

    async def close(self) -> None:
        """Give the file back."""
        ...


class SharedRead(msgspec.Struct, frozen=True):
    """What came from the team's store: `events`, and the `watermark` to read on from once they are kept.

    `more`: there is more to be had at once. `anew`: it is another store than was read before, or has lost what it
    had, so that what was shared has to be sent again. `skipped` counts what was no event, or too large to read.
    """

    events: tuple[IncidentEvent, ...]
    watermark: int
    more: bool = False
    anew: bool = False
    skipped: int = 0


class SharedReader(Protocol):
    """Reads the team's store from a watermark on, and knows where it is. Raises `SourceError`.

    When what it gave could not be kept, a new one has to begin at the last watermark that was.
    """

    async def read(self, known: Container[str] = ()) -> SharedRead:
        """Events that came since the last call, without those whose ids are in `known`; some may come again."""
        ...


class SharedIncidents(Protocol):
    """The team's store. Every method that waits raises `SourceError`."""

    async def send(self, events: Sequence[IncidentEvent]) -> tuple[str, ...]:
        """Write events; the ids that are there now, also those that were there before."""
        ...

    async def tell(self, incident: Incident) -> None:
        """Let people who look at the store itself see `incident` as it stands, unless they see a newer one."""
        ...

    def reader(self, watermark: int) -> SharedReader:
        """Reads what came after `watermark`; 0 for everything. Nothing is asked yet."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class Opening(msgspec.Struct, frozen=True):
    """What came of opening an incident: a new one, or one that was there, which it `joined`."""

    incident: Incident
    joined: bool


class IncidentBook(Protocol):
    """The one door by which screens, the engine and runbooks write to the record of a cluster.

    Knows the author and the clock, makes ids, and names what a new value replaces. Raises what the store raises.
    """

    @property
    def author(self) -> Author:
        """Who writes."""
        ...

    def identify(self, identity: SafeText) -> None:
        """Whom the API server takes the operator for: from now on it stands with everything that is written."""
        ...

    @property
    def current(self) -> Incident | None:
        """The incident that is worked on in this console, as last read; None when none is, or it was closed."""
        ...

    async def resume(self) -> Incident | None:
        """Go on with the incident that was worked on before the console ended, unless it is closed by now."""
        ...

    async def attach(self, incident: str | None) -> Incident | None:
        """Work on that incident from now on, also after the next start; None: on none.

        Raises `StoreError` for one of another cluster, and for one that is closed or cancelled.
        """
        ...

    async def open_for(self, fingerprints: Collection[SafeText], *, drill: bool = False) -> Incident | None:
        """The incident of this cluster, not over yet, that one of these alerts belongs to; None when there is none."""
        ...

    async def open(
        self,
        facts: Sequence[What | Fact],
        *,
        title: SafeText,
        severity: IncidentSeverity,
        namespace: SafeText = SafeText(""),
        services: Sequence[SafeText] = (),
        drill: bool = False,
    ) -> Incident:
        """Open an incident, attached, with `facts` as its first events beside `Opened` and ACKNOWLEDGED.

        Where one of them is an alert of an incident that is not over, that one is attached instead, and `facts` join
        it; title, severity and services are then left as they are there. Looking and writing are one: of two consoles
        on one machine that open for the same alert in the same instant, the second joins the first.
        """
        ...

    async def open_or_join(
        self,
        facts: Sequence[What | Fact],
        *,
        title: SafeText,
        severity: IncidentSeverity,
        namespace: SafeText = SafeText(""),
        services: Sequence[SafeText] = (),
        drill: bool = False,
    ) -> Opening:
        """As `open`, and says which of the two it was."""
        ...

    async def write(
        self, what: What, *, at: float | None = None, origin: SafeText = SafeText("operator"), key: str = ""
    ) -> IncidentEvent | None:
        """Add an event to the current incident; None when there is none, or it was written already.

        `at` None: now. `key` names the fact: whoever sees the same one writes the same event.
        """
        ...

    async def write_facts(self, facts: Sequence[Fact], *, incident: str | None = None) -> tuple[IncidentEvent, ...]:
        """Add all of `facts`, or none, to the current incident or to the one of that id; those that were new."""
        ...

    async def set_field(
        self,
        field: IncidentField,
        value: SafeText,
        words: SafeText = SafeText(""),
        *,
        shown: Incident | None = None,
        at: float | None = None,
    ) -> Incident:
        """Set a field of `shown`, the incident as the operator saw it (None: the current one), and read it anew.

        Replaces the values that `shown` tells. Raises `FieldConflictError` when others are in force by now, and
        `TransitionError` for a state that can't be entered. `at` (unix seconds, None: now) is when it happened.
        """
        ...

    async def refresh(self) -> Incident | None:
        """Read the current incident anew, if anything was written since; cheap enough to be asked every second."""
        ...
