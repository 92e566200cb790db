"""Alertmanager's API v2 objects: from our values to JSON and back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from opsconsole.practice.alertmanager.alerts import ReceivedAlert
from opsconsole.practice.alertmanager.matching import matcher
from opsconsole.practice.alertmanager.silences import Silence, SilenceError
from opsconsole.practice.promql.store import LabelMatcher, MatchKind

_MISSING = re.compile(r"missing required field `(\w+)`")


class MatcherBody(msgspec.Struct):
    """A matcher of a silence on the wire."""

    name: str
    value: str
    isRegex: bool  # noqa: N815  - the wire's name
    isEqual: bool = True  # noqa: N815


class SilenceBody(msgspec.Struct):
    """The body of a request to make or change a silence."""

    comment: str
    createdBy: str  # noqa: N815
    endsAt: dt.datetime  # noqa: N815
    matchers: list[MatcherBody]
    startsAt: dt.datetime  # noqa: N815
    id: str = ""


class BodyError(Exception):
    """A body that is not a silence: the error object of the API's framework, `code` and `message`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Hold the HTTP status and both fields."""
        super().__init__(message)
        self.status = status
        self.code = code


def answer(data: Any, status: int = 200) -> Response:
    """`data` as JSON; an error is a bare string."""
    return Response(msgspec.json.encode(data), status, media_type="application/json")


def stamp(seconds: float) -> str:
    """Unix seconds as UTC text with exactly three digits of fraction."""
    text = dt.datetime.fromtimestamp(round(seconds, 3), dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text[:-3] + "Z"


def alert_object(alert: ReceivedAlert) -> dict[str, Any]:
    """A gettable alert."""
    return {
        "annotations": dict(alert.annotations),
        "endsAt": stamp(alert.ends_at),
        "fingerprint": alert.fingerprint,
        "receivers": [{"name": alert.receiver}],
        "startsAt": stamp(alert.starts_at),
        "status": {
            "inhibitedBy": list(alert.inhibited_by),
            "silencedBy": list(alert.silenced_by),
            "state": alert.state,
        },
        "updatedAt": stamp(alert.updated_at),
        "generatorURL": alert.generator_url,
        "labels": dict(alert.labels),
    }


_FLAGS: Mapping[MatchKind, tuple[bool, bool]] = {
    MatchKind.EQUAL: (False, True),
    MatchKind.NOT_EQUAL: (False, False),
    MatchKind.REGEX: (True, True),
    MatchKind.NOT_REGEX: (True, False),
}


def _matcher_object(one: LabelMatcher) -> dict[str, Any]:
    is_regex, is_equal = _FLAGS[one.kind]
    return {"isEqual": is_equal, "isRegex": is_regex, "name": one.name, "value": one.value}


def silence_object(silence: Silence, now: float) -> dict[str, Any]:
    """A gettable silence."""
    return {
        "id": silence.id,
        "status": {"state": silence.state(now)},
        "updatedAt": stamp(silence.updated_at),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": stamp(silence.ends_at),
        "matchers": [_matcher_object(one) for one in silence.matchers],
        "startsAt": stamp(silence.starts_at),
    }


def silence_of(body: bytes, now: float) -> Silence:
    """The silence that a request's body describes. Raises BodyError or SilenceError."""
    try:
        posted = msgspec.json.decode(body, type=SilenceBody)
    except msgspec.ValidationError as error:
        missing = _MISSING.search(str(error))
        message = f"{missing[1]} in body is required" if missing else str(error)
        raise BodyError(422, 602, message) from error
    except msgspec.DecodeError as error:
        raise BodyError(400, 400, f'parsing silence body from "" failed, because {error}') from error
    if not posted.matchers:
        raise BodyError(422, 612, "matchers in body should have at least 1 items")
    starts_at, ends_at = posted.startsAt.timestamp(), posted.endsAt.timestamp()
    if ends_at <= starts_at:
        raise SilenceError("Failed to create silence: start time must be before end time")
    if ends_at < now:
        raise SilenceError("Failed to create silence: end time can't be in the past")
    kinds = {flags: kind for kind, flags in _FLAGS.items()}
    made = []
    for number, one in enumerate(posted.matchers):
        try:
            made.append(matcher(one.name, kinds[one.isRegex, one.isEqual], one.value))
        except ValueError as error:
            raise SilenceError(f"silence invalid: invalid label matcher {number}: {error}") from error
    return Silence(posted.id, tuple(made), starts_at, ends_at, posted.createdBy, posted.comment)
