"""Events as JSON, the form in which they are stored for years and sent to a team's store."""

from __future__ import annotations

import math

import msgspec

from opsconsole.domain.incident_event import Author, IncidentEvent, Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import LINE_LIMIT, safe_text

NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for what is not of the type, or no JSON at all."""


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What every event has, whoever wrote it, with what happened as it came."""

    id: str
    incident: str
    at: float
    recorded_at: float
    author: Author = Author(SafeText("?"))
    origin: str = "?"
    what: msgspec.Raw
    replaces: tuple[str, ...] = ()


class _Tag(msgspec.Struct, frozen=True):
    type: str = "?"


def encode_event(event: IncidentEvent) -> bytes:
    """`event` as one line of JSON. What could not be read when it came goes on as it came."""
    if isinstance(event.what, Unreadable) and _tag(event.what.raw.encode(errors="replace")) is not None:
        envelope = _Envelope(
            id=event.id,
            incident=event.incident,
            at=event.at,
            recorded_at=event.recorded_at,
            author=event.author,
            origin=event.origin,
            what=msgspec.Raw(msgspec.json.format(event.what.raw.encode(errors="replace"), indent=-1)),
            replaces=event.replaces,
        )
        return msgspec.json.encode(envelope)
    return msgspec.json.encode(event)


def decode_event(body: bytes) -> IncidentEvent:
    """The event in `body`, every text in it made safe; what a newer console wrote is `Unreadable`, with its kind.

    Raises `ValueError` where not even id, incident and times can be read.
    """
    try:
        if _harmless(body):
            return msgspec.json.decode(body, type=IncidentEvent)
    except NO_JSON:
        pass
    try:
        return msgspec.convert(safe_json(msgspec.json.decode(body)), IncidentEvent)
    except NO_JSON:
        pass
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except NO_JSON as error:
        raise ValueError(f"this is no event: {safe_text(error, 200)}") from error
    raw = bytes(envelope.what)
    return IncidentEvent(
        id=safe_text(envelope.id),
        incident=safe_text(envelope.incident),
        at=envelope.at,
        recorded_at=envelope.recorded_at,
        author=Author(safe_text(envelope.author.operator), safe_text(envelope.author.identity)),
        origin=safe_text(envelope.origin),
        what=Unreadable(safe_text(_tag(raw) or "?", 100), raw.decode(errors="replace")),
        replaces=tuple(safe_text(one) for one in envelope.replaces),
    )


def _harmless(body: bytes) -> bool:
    """Whether no text in `body` can need to be made safe: most events are so, and read ten times as fast."""
    return len(body) <= LINE_LIMIT and body.isascii() and b"\\" not in body and body.decode().isprintable()


def safe_json(value: object) -> object:
    """`value`, as JSON is decoded, with every text in it made safe."""
    match value:
        case str():
            return safe_text(value)
        case dict():
            return {safe_text(key): safe_json(one) for key, one in value.items()}
        case [*samples] if all(one is None or isinstance(one, float | int) for one in samples):
            # JSON has no word for a sample that is no number.
            return [math.nan if one is None else one for one in samples]
        case list():
            return [safe_json(one) for one in value]
    return value


def _tag(raw: bytes) -> str | None:
    """The kind that `raw` says it is, None when it is no JSON object."""
    try:
        return msgspec.json.decode(raw, type=_Tag).type
    except NO_JSON:
        return None
