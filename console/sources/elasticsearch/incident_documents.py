"""Events of incidents as documents of the team's index, and back.

An event is a document of its own that never changes. What happened stands in `what`, which the server keeps and does
not look into, so that a newer console can write what an older one has no name for.
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import Author, IncidentEvent, Opened, Unreadable, What
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.clauses import Json
from opsconsole.sources.elasticsearch.incident_cutting import cut_down

EVENT, INCIDENT, INDEX = "event", "incident", "index"
"""What a document is: an event, an incident as it stands for people who look, or the index's own name tag."""

WORDS_LIMIT = 2000
"""Characters of an event's words that are searched."""

LATEST = 253_402_300_799.0
"""The end of the year 9999 in unix seconds: no time of an event lies outside of this, before 1970 or later."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""Ids of events and incidents as consoles make them; others could be taken for a path or a command."""

_SPOKEN = ("title", "words", "name", "summary", "value", "service", "person", "recipient", "runbook")


def document(event: IncidentEvent, cluster: SafeText) -> bytes:
    """The event as JSON on one line, cut down where it is too large."""
    what = cut_down(event.what)
    raw = _raw(what)
    made: Json = {
        "doc": EVENT,
        "@timestamp": milliseconds(event.at),
        "cluster": cluster,
        "incident": event.incident,
        "type": _type(what),
        "words": _words(what),
        "at": event.at,
        "recorded_at": event.recorded_at,
        "author": event.author,
        "origin": event.origin,
        "replaces": event.replaces,
        "size": len(raw),
        "what": msgspec.Raw(raw),
    }
    return msgspec.json.encode(made)


def head(incident: Incident, cluster: SafeText) -> Json:
    """The incident as it stands, for people: no console reads it."""
    return {
        "doc": INCIDENT,
        "@timestamp": milliseconds(incident.begins_at),
        "cluster": cluster,
        "incident": incident.id,
        "name": incident.name,
        "title": incident.title,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "namespace": incident.namespace,
        "services": incident.services,
        "alerts": [alert.name for alert in incident.alerts],
        "owner": incident.owner,
        "summary": incident.summary,
        "impact": incident.impact,
        "cause": incident.cause,
        "healing": incident.healing,
        "drill": incident.drill,
        "opened": milliseconds(incident.opened_at),
        "ended": None if incident.ends_at is None else milliseconds(incident.ends_at),
        "changed": milliseconds(incident.changed_at),
        "milestones": {one.name.lower(): milliseconds(at) for one, at in incident.milestones.items()},
        "conflicts": [conflict.field.value for conflict in incident.conflicts],
        "events": incident.events,
    }


class Stored(msgspec.Struct, frozen=True):
    """The part of an event's document that is read."""

    incident: str
    at: float
    recorded_at: float
    what: msgspec.Raw
    author: dict[str, Any] = {}
    origin: str = ""
    replaces: list[str] = []


class Found(msgspec.Struct, frozen=True):
    """A document that was found."""

    id: str = msgspec.field(name="_id")
    source: Stored = msgspec.field(name="_source")


_FOUND = msgspec.json.Decoder(Found)


def event_of(raw: bytes, cluster: SafeText) -> IncidentEvent | None:
    """The event in a hit of a search; None when it is none.

    What this console has no name for is `Unreadable`. The index is one cluster's, which each console may call
    otherwise, so an incident is of the cluster that this one calls `cluster`.
    """
    try:
        found = _FOUND.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    stored = found.source
    named = all(_NAME.fullmatch(one) for one in (found.id, stored.incident, *stored.replaces))
    if not named or not all(_is_time(one) for one in (stored.at, stored.recorded_at)):
        return None
    what = _what_of(bytes(stored.what))
    if what is None:
        return None
    return IncidentEvent(
        id=found.id,
        incident=stored.incident,
        at=stored.at,
        recorded_at=stored.recorded_at,
        author=Author(*(safe_text(stored.author.get(key) or "") for key in ("operator", "identity"))),
        origin=safe_text(stored.origin),
        what=msgspec.structs.replace(what, cluster=cluster) if isinstance(what, Opened) else what,
        replaces=tuple(stored.replaces),
    )


def _what_of(raw: bytes) -> What | None:
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(plain, dict) or not isinstance(plain.get("type"), str):
        return None
    unreadable = Unreadable(safe_text(plain["type"], 64), raw.decode("utf-8", "replace"))
    try:
        what: What = msgspec.convert(_safe(plain), What)
    except (msgspec.ValidationError, RecursionError):
        return unreadable
    return unreadable if isinstance(what, Unreadable) else what


def _safe(value: Any) -> Any:
    """A decoded JSON value with every string in it made safe."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, list):
        return [_safe(one) for one in value]
    if isinstance(value, dict):
        return {safe_text(key): _safe(one) for key, one in value.items()}
    return value


def milliseconds(at: float) -> int:
    """Unix milliseconds that the server takes for a date."""
    return round(min(max(at, 0.0), LATEST) * 1000)


def is_name(name: str) -> bool:
    """Whether it may be the id of an event or an incident."""
    return _NAME.fullmatch(name) is not None


def _is_time(at: float) -> bool:
    return math.isfinite(at) and 0.0 <= at <= LATEST


def _raw(what: What) -> bytes:
    if isinstance(what, Unreadable):
        return msgspec.json.format(what.raw.encode(), indent=-1)  # a document is one line
    return msgspec.json.encode(what)


def _type(what: What) -> str:
    return str(what.kind) if isinstance(what, Unreadable) else str(what.__struct_config__.tag)


def _words(what: What) -> SafeText:
    told = (getattr(what, name, "") for name in _SPOKEN)
    return safe_text(" ".join(dict.fromkeys(one for one in told if isinstance(one, str) and one)), WORDS_LIMIT)
