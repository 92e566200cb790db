"""The JSON envelope around every answer of Prometheus' HTTP API."""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.wire import Answer, failures

EXPLAINED_STATUSES = frozenset({400, 404, 422, 499, 500, 503})
"""Statuses whose body is an envelope that says more than the status does (HTTP API, "Format overview")."""

_KINDS = {
    "bad_data": ErrorKind.BAD_QUERY,
    "execution": ErrorKind.BAD_QUERY,
    "timeout": ErrorKind.TIMEOUT,
    "canceled": ErrorKind.TIMEOUT,
    "not_found": ErrorKind.NOT_FOUND,
    "not_acceptable": ErrorKind.UNSUPPORTED,
    "unavailable": ErrorKind.SERVER,
    "internal": ErrorKind.SERVER,
}


class Envelope(msgspec.Struct, frozen=True):
    """`data` of a successful answer; `warnings` say that it may be incomplete."""

    status: str
    data: Any = None
    error_type: str = msgspec.field(name="errorType", default="")
    error: str = ""
    warnings: tuple[str, ...] | None = None

    @property
    def notes(self) -> tuple[SafeText, ...]:
        """The warnings, safe to show."""
        return tuple(safe_text(warning, 300) for warning in self.warnings or ())


def opened(answer: Answer) -> Envelope:
    """The envelope in `answer`. Raises `SourceError` with the server's own words when it holds an error."""
    try:
        envelope = answer.decode(Envelope)
    except SourceError:
        if answer.status >= 300:
            raise failures.of_answer(answer) from None
        raise
    if envelope.status == "success" and answer.status < 300:
        return envelope
    words = safe_text(envelope.error, failures.WORDS_LIMIT)
    kind = _KINDS.get(envelope.error_type)
    if kind is None:
        if answer.status >= 300:
            raise failures.of_answer(answer)
        kind = ErrorKind.SERVER
    raise SourceError(kind, answer.source, words)
