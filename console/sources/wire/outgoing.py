"""One request before it leaves, and whether it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import httpx
import msgspec

from opsconsole.write_mode import Permit

Params = Iterable[tuple[str, str]] | Mapping[str, str]

_CERTAINLY_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)


class Departure:
    """Whether any byte of a request may have reached the server; in doubt it has.

    Hears the events of httpcore's `trace` extension, which tell a connection being made from a request
    being written. A transport that tells none counts as having sent from the moment it was asked.
    """

    def __init__(self) -> None:
        """Nothing has left."""
        self._asked = False
        self._traced = False
        self._writing = False
        self.renewed = False
        """The server refused our credentials, and there are others by now."""

    def asked(self) -> None:
        """The request is handed to the transport."""
        self._asked = True

    async def trace(self, event: str, _: object) -> None:
        """One event, such as `connection.connect_tcp.started` or `http11.send_request_headers.started`."""
        self._traced = True
        self._writing = self._writing or ".send_" in event

    def may_have_left(self, error: BaseException | None = None) -> bool:
        """Whether the server may know of the request, now that it failed with `error`."""
        if isinstance(error, _CERTAINLY_NOT_SENT):
            return False
        return self._writing or (self._asked and not self._traced)


@dataclass(frozen=True)
class Outgoing:
    """A request to `path` (below the base path, percent-encoded).

    At most one of `form`, `json` and `content` is the body. `permit` is leave to change something.
    """

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    form: tuple[tuple[str, str], ...] | None = None
    json: object = None
    content: bytes | None = None
    permit: Permit | None = None
    departure: Departure = field(default_factory=Departure)

    def encoded(self) -> tuple[bytes | None, dict[str, str]]:
        """The body, and the headers with the body's own media type unless they name another."""
        if self.form is not None:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return str(httpx.QueryParams(list(self.form))).encode(), {**kind, **self.headers}
        if self.json is not None:
            return msgspec.json.encode(self.json), {"Content-Type": "application/json", **self.headers}
        return self.content, dict(self.headers)

    @property
    def worth_another(self) -> bool:
        """Whether it may be asked once more, with new credentials. What changes something never is."""
        return self.departure.renewed and self.permit is None

    def afresh(self) -> Outgoing:
        """The same request, not sent yet."""
        return replace(self, departure=Departure())


def pairs(params: Params) -> tuple[tuple[str, str], ...]:
    """Parameters in order, repeated ones too."""
    return tuple(params.items() if isinstance(params, Mapping) else params)
