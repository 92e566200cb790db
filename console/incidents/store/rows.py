"""Rows of the record as values. The file may have been written by anybody: what makes no sense is shown as such."""

from __future__ import annotations

import msgspec

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import Author, IncidentEvent, Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.incidents.admission import is_a_moment
from opsconsole.incidents.event_json import NO_JSON, decode_event, safe_json
from opsconsole.safe_text import safe_text

EVENT_COLUMNS = "event.seq, event.id, event.incident, event.at, event.recorded_at, event.body"

DAMAGED = SafeText("damaged")
"""The kind of a row that is no event of this incident."""


def event_of_row(row: tuple[object, ...]) -> IncidentEvent:
    """The event of a row of `EVENT_COLUMNS`; `Unreadable` where it can't be read, never an error."""
    _, name, incident, at, recorded_at, body = row
    raw = body if isinstance(body, bytes) else str(body).encode(errors="replace")
    try:
        event = decode_event(raw)
    except ValueError:
        event = None
    if event is not None and _belongs(event, name, incident):
        return event
    return IncidentEvent(
        id=safe_text(name),
        incident=safe_text(incident),
        at=_moment(at),
        recorded_at=_moment(recorded_at),
        author=Author(SafeText("?")),
        origin=SafeText("store"),
        what=Unreadable(DAMAGED, raw.decode(errors="replace")),
    )


def _belongs(event: IncidentEvent, name: object, incident: object) -> bool:
    return (
        (event.id, event.incident) == (safe_text(name), safe_text(incident))
        and is_a_moment(event.at)
        and is_a_moment(event.recorded_at)
    )


def incident_of_row(body: object) -> Incident | None:
    """The incident in a row of the cache; None where it can't be read."""
    try:
        return msgspec.convert(safe_json(msgspec.json.decode(body)), Incident) if isinstance(body, bytes) else None
    except NO_JSON:
        return None


def _moment(value: object) -> float:
    return float(value) if isinstance(value, int | float) and is_a_moment(value) else 0.0
