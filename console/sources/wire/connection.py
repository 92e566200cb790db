"""The one way a request of the console leaves the machine."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Container, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from opsconsole.clock import Clock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.wire import failures
from opsconsole.sources.wire.answer import Answer
from opsconsole.sources.wire.asking import Asking
from opsconsole.sources.wire.body import BODY_LIMIT, BodyBrokenError, BodyTooLargeError, body_pieces, read_body
from opsconsole.sources.wire.client import Presented, Presenting
from opsconsole.sources.wire.outgoing import Outgoing, Params, pairs
from opsconsole.sources.wire.policy import WritePolicy
from opsconsole.sources.wire.tls import presented_certificate
from opsconsole.write_mode import Permit, WriteMode

if TYPE_CHECKING:
    from opsconsole.sources.wire.websocket import WebSocket

CONCURRENCY = 4
"""Requests at once per source. Prometheus runs 20 queries at once for everybody by default."""

CONNECT_TIMEOUT = 3.0
"""Seconds to open a connection, within the deadline."""

_HTML = ("text/html", "application/xhtml+xml")


class Wire:
    """Requests to one source: bounded in time, size and number, and guarded by its policy and write mode.

    Without `write_mode` it can't send anything that changes something, whatever permit is shown.
    Every failure is a `SourceError`; its `sent` is False when certainly no byte left. Nothing is ever
    sent twice by the wire, save a read that was answered 401 where there are new credentials by then.
    Cancelling the awaiting task closes the connection, which makes the backends drop the work.
    """

    def __init__(
        self,
        source: str,
        settings: SourceSettings,
        clock: Clock,
        policy: WritePolicy,
        *,
        write_mode: WriteMode | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        body_limit: int = BODY_LIMIT,
        asking: Asking | None = None,
    ) -> None:
        """Connects at the first request, and tells `asking` of each. Raises `ConfigError` for a URL that is none."""
        self.source = source
        self.url = _base_url(settings.url, source)
        self.timeout = settings.timeout
        self._settings = settings
        self._clock = clock
        self._policy = policy
        self._write_mode = write_mode
        self._transport = transport
        self._body_limit = body_limit
        self._asking = asking or Asking(clock)
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._presenting = Presenting(settings, source, transport)
        self._certificate: SafeText | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        form: Params | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
        body_limit: int | None = None,
        accept: Container[int] = (),
        permit: Permit | None = None,
    ) -> Answer:
        """Ask `path` (below the base path, percent-encoded) and return the whole answer.

        At most one of `form`, `json` and `content` is the body. `deadline` is wall seconds over
        everything, the wait for a free slot included; without one, the settings' timeout.
        `body_limit` lowers the number of decoded bytes accepted.
        Statuses from 300 on raise, except those in `accept`; a web page raises always.
        What could change something leaves only with a `permit` of the wire's write mode, else REFUSED_WRITE.
        """
        seconds = self.timeout if deadline is None else deadline
        encoded = None if form is None else pairs(form)
        outgoing = Outgoing(method.upper(), path, pairs(params), headers or {}, encoded, json, content, permit)
        try:
            answer = await self._asked(outgoing, seconds, accept, body_limit)
        except SourceError:
            if not outgoing.worth_another:
                raise
        else:
            if not outgoing.worth_another:
                return answer
        return await self._asked(outgoing.afresh(), seconds, accept, body_limit)

    async def _asked(
        self, outgoing: Outgoing, seconds: float, accept: Container[int], body_limit: int | None
    ) -> Answer:
        presented = await self._presented(outgoing)
        async with self._within(seconds, outgoing), self._open(outgoing, seconds, presented) as (response, sent):
            return await self._answer(response, sent, accept, body_limit)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        silence: float = 60.0,
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """An answer without end, such as a watch, as chunks of its decoded body.

        Has no deadline and takes no slot once it is open; `silence` seconds without a byte are a
        TIMEOUT. A refusal raises as in `request`.
        """
        wanted = {"Accept-Encoding": "identity", **(headers or {})}
        outgoing = Outgoing(method.upper(), path, pairs(params), wanted)
        presented = await self._presented(outgoing)
        async with self._open(outgoing, silence, presented, slot=False) as (response, sent):
            if response.status_code >= 300 or _is_page(response.headers.get("content-type", "")):
                await self._answer(response, sent, ())
            async with aclosing(self._pieces(response)) as pieces:
                yield pieces

    async def _pieces(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(body_pieces(response)) as pieces:
                async for piece in pieces:
                    yield piece
        except BodyBrokenError as error:
            raise SourceError(ErrorKind.MALFORMED, self.source, safe_text(error)) from error

    @asynccontextmanager
    async def websocket(
        self,
        path: str,
        *,
        params: Params = (),
        subprotocols: Sequence[str] = (),
        permit: Permit | None = None,
        deadline: float | None = None,
    ) -> AsyncIterator[WebSocket]:
        """A WebSocket opened by `GET path`, closed at the end of the context.

        `deadline` is wall seconds over everything until then; without one, the settings' timeout. A refusal
        raises as in `request`, and MALFORMED is a server that answers otherwise. Takes no slot.
        """
        from opsconsole.sources.wire.websocket import handshake, opened  # noqa: PLC0415  - rarely needed

        seconds = self.timeout if deadline is None else deadline
        outgoing = Outgoing("GET", path, pairs(params), handshake(subprotocols), permit=permit)
        presented = await self._presented(outgoing)
        async with (
            self._within(seconds, outgoing),
            self._open(outgoing, seconds, presented, slot=False) as (response, sent),
        ):
            if response.status_code != httpx.codes.SWITCHING_PROTOCOLS:
                answer = await self._answer(response, sent, ())
                words = SafeText(f"status {answer.status} where a WebSocket was asked for")
                raise SourceError(ErrorKind.MALFORMED, self.source, words)
            async with opened(response, self.source, subprotocols, self._body_limit) as websocket:
                yield websocket

    async def close(self) -> None:
        """Close all connections. A later request connects afresh."""
        await self._presenting.close()

    async def _presented(self, outgoing: Outgoing) -> Presented:
        """Our credentials for a request that may leave; fetching them counts for no deadline of the server's."""
        self._refuse_unless(self._policy.allows(outgoing) or outgoing.permit is not None, outgoing)
        return await self._presenting.present()

    @asynccontextmanager
    async def _within(self, seconds: float, outgoing: Outgoing) -> AsyncIterator[None]:
        """A wall deadline over all of a request."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            words, sent = SafeText(f"{seconds:g} s"), outgoing.departure.may_have_left()
            raise SourceError(ErrorKind.TIMEOUT, self.source, words, sent=sent) from error

    @asynccontextmanager
    async def _open(
        self, outgoing: Outgoing, seconds: float, presented: Presented, *, slot: bool = True
    ) -> AsyncIterator[tuple[httpx.Response, float]]:
        """The response with its body still to be read, and the monotonic time it was asked for."""
        (body, headers), departure, client = outgoing.encoded(), outgoing.departure, presented.client
        given = {name.lower() for name in headers}
        carried = [*(pair for pair in presented.headers if pair[0].lower() not in given), *headers.items()]
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds), pool=None)
        try:
            request = client.build_request(
                outgoing.method,
                self.url + outgoing.path,
                params=list(outgoing.params) or None,
                content=body,
                headers=carried,
                timeout=timeout,
                extensions={"trace": departure.trace} if outgoing.permit is not None else None,
            )
            async with self._slots if slot else _no_slot():
                # Spent only now: write mode may have closed while the request waited for its turn.
                self._refuse_unless(self._policy.allows(outgoing) or self._spent(outgoing), outgoing)
                sent = self._clock.monotonic()
                departure.asked()
                self._asking.left(sent)
                response = await client.send(request, stream=True)
                try:
                    if response.status_code == httpx.codes.UNAUTHORIZED:
                        departure.renewed = await self._presenting.refused(presented)
                    yield response, sent
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            # httpx lets the alerts through that a server sends after the handshake.
            failure = failures.of_exception(error, self.source)
            failure.sent = departure.may_have_left(error)
            raise (await self._described(failure) if failure.kind is ErrorKind.TLS else failure) from error

    def _spent(self, outgoing: Outgoing) -> bool:
        """Whether the request's permit covers it; it covers none after that."""
        mode, permit = self._write_mode, outgoing.permit
        return (
            mode is not None
            and self._policy.may_be_permitted(outgoing)
            and mode.spend(permit, outgoing.method, outgoing.path, outgoing.json)
        )

    def _refuse_unless(self, allowed: bool, outgoing: Outgoing) -> None:
        if not allowed:
            words = safe_text(f"{outgoing.method} {outgoing.path}", 200)
            raise SourceError(ErrorKind.REFUSED_WRITE, self.source, words, sent=False)

    async def _described(self, failure: SourceError) -> SourceError:
        """A refusal of the server's certificate with the certificate's own words, looked up once a row of refusals."""
        if self._certificate is None:
            url = httpx.URL(self.url)
            direct = self._settings.proxy is None and self._transport is None
            self._certificate = SafeText("")
            if direct:
                self._certificate = await asyncio.to_thread(presented_certificate, url.host, url.port or 443)
        if not self._certificate:
            return failure
        words = SafeText(f"{failure.detail} ({self._certificate})")
        return SourceError(failure.kind, self.source, words, hint=failure.hint, sent=failure.sent)

    async def _answer(
        self, response: httpx.Response, sent: float, accept: Container[int], body_limit: int | None = None
    ) -> Answer:
        limit = min(self._body_limit, body_limit or self._body_limit)
        headed, wall = self._clock.monotonic(), self._clock.now()
        try:
            body = await read_body(response, limit)
        except BodyTooLargeError as error:
            raise failures.of_size(limit, self.source) from error
        except BodyBrokenError as error:
            raise SourceError(ErrorKind.MALFORMED, self.source, safe_text(error)) from error
        if response.status_code >= 300 or "html" in response.headers.get("content-type", ""):
            body = self._presenting.unrepeated(body, response.request.headers)
        self._certificate = None  # whatever was refused before, this one is not
        answer = Answer(
            self.source,
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            body,
            self._clock.monotonic() - sent,
            _skew(response.headers.get("date"), wall - (headed - sent) / 2),
        )
        is_page = _is_page(answer.content_type)
        if answer.status >= 300 and (is_page or answer.status not in accept):
            raise failures.of_answer(answer)
        if is_page:
            raise failures.of_html(answer)
        return answer


def _is_page(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in _HTML


@asynccontextmanager
async def _no_slot() -> AsyncIterator[None]:
    yield


def _base_url(text: str, source: str) -> str:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ConfigError(f"{source}: its `url` is no URL; write http://host:port") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(f"{source}: its `url` is no URL; write http://host:port")
    if url.userinfo:
        raise ConfigError(f"{source}: its `url` holds credentials; move them to `auth` with env:NAME or file:PATH")
    if url.query or url.fragment:
        raise ConfigError(f"{source}: its `url` holds a query; write the base address alone")
    return str(url).rstrip("/")


def _skew(date: str | None, wall: float) -> float | None:
    """Seconds the server's clock is ahead of `wall`; half a second makes up for `Date`'s rounding down."""
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5 - wall
    except (ValueError, OverflowError):
        return None
