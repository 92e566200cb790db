"""The one way a request of the console leaves the machine."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Container, Iterable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from opsconsole.clock import Clock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.credentials import request_headers
from opsconsole.sources.wire import failures
from opsconsole.sources.wire.answer import Answer
from opsconsole.sources.wire.body import BODY_LIMIT, BodyBrokenError, BodyTooLargeError, read_body
from opsconsole.sources.wire.policy import WritePolicy
from opsconsole.sources.wire.tls import presented_certificate, tls_context

CONCURRENCY = 4
"""Requests at once per source. Prometheus runs 20 queries at once for everybody by default."""

CONNECT_TIMEOUT = 3.0
"""Seconds to open a connection, within the deadline."""

_HTML = ("text/html", "application/xhtml+xml")

Params = Iterable[tuple[str, str]] | Mapping[str, str]


class Wire:
    """Requests to one source: bounded in time, size and number, and guarded by its policy.

    Every failure is a `SourceError`. Cancelling the awaiting task closes the connection, which
    makes the backends drop the work.
    """

    def __init__(
        self,
        source: str,
        settings: SourceSettings,
        clock: Clock,
        policy: WritePolicy,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        """Connects at the first request. Raises `ConfigError` for a URL that is none."""
        self.source = source
        self.url = _base_url(settings.url, source)
        self.timeout = settings.timeout
        self._settings = settings
        self._clock = clock
        self._policy = policy
        self._transport = transport
        self._body_limit = body_limit
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._client: httpx.AsyncClient | None = None
        self._headers: dict[str, str] | None = None
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
    ) -> Answer:
        """Ask `path` (below the base path, percent-encoded) and return the whole answer.

        At most one of `form`, `json` and `content` is the body. `deadline` is wall seconds over
        everything, the wait for a free slot included; without one, the settings' timeout.
        `body_limit` lowers the number of decoded bytes accepted.
        Statuses from 300 on raise, except those in `accept`; a web page raises always.
        """
        seconds = self.timeout if deadline is None else deadline
        body, kind = _encoded(form, json, content)
        try:
            async with (
                asyncio.timeout(seconds),
                self._open(method, path, params, body, {**kind, **(headers or {})}, seconds) as (response, sent),
            ):
                return await self._answer(response, sent, accept, body_limit)
        except TimeoutError as error:
            raise SourceError(ErrorKind.TIMEOUT, self.source, SafeText(f"{seconds:g} s")) from error

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
        """An answer without end, such as a watch, as chunks of its body (not compressed).

        Has no deadline and takes no slot once it is open; `silence` seconds without a byte are a
        TIMEOUT. A refusal raises as in `request`.
        """
        wanted = {"Accept-Encoding": "identity", **(headers or {})}
        async with self._open(method, path, params, None, wanted, silence, slot=False) as (response, sent):
            if response.status_code >= 300:
                await self._answer(response, sent, ())
            yield response.aiter_raw()

    async def close(self) -> None:
        """Close all connections. A later request connects afresh."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        path: str,
        params: Params,
        body: bytes | None,
        headers: Mapping[str, str],
        seconds: float,
        *,
        slot: bool = True,
    ) -> AsyncIterator[tuple[httpx.Response, float]]:
        """The response with its body still to be read, and the monotonic time it was asked for."""
        method = method.upper()
        if not self._policy.allows(method, path):
            raise SourceError(ErrorKind.REFUSED_WRITE, self.source, safe_text(f"{method} {path}", 200))
        client, carried = self._connected(), {**self._credentials(), **headers}
        pairs = list(params.items() if isinstance(params, Mapping) else params)
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds), pool=None)
        try:
            request = client.build_request(
                method, self.url + path, params=pairs or None, content=body, headers=carried, timeout=timeout
            )
            async with self._slots if slot else _no_slot():
                sent = self._clock.monotonic()
                response = await client.send(request, stream=True)
                try:
                    yield response, sent
                finally:
                    await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            # httpx lets the alerts through that a server sends after the handshake.
            failure = failures.of_exception(error, self.source)
            raise (await self._described(failure) if failure.kind is ErrorKind.TLS else failure) from error

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
        return SourceError(failure.kind, self.source, words, hint=failure.hint)

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            try:
                # False only for http:// URLs, where there is nothing to verify and redirects are off.
                verify = tls_context(self._settings, self.source) if self.url.startswith("https:") else False
            except ConfigError as error:
                raise _of_configuration(error, self.source) from error
            self._client = httpx.AsyncClient(
                verify=verify,
                headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "opsconsole"},
                trust_env=False,
                follow_redirects=False,
                proxy=self._settings.proxy,
                transport=self._transport,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=CONCURRENCY, keepalive_expiry=30.0),
            )
        return self._client

    def _credentials(self) -> dict[str, str]:
        if self._headers is None:
            try:
                self._headers = request_headers(self._settings, self.source, _tenant_header(self.source))
            except ConfigError as error:
                raise _of_configuration(error, self.source) from error
        return self._headers

    async def _answer(
        self, response: httpx.Response, sent: float, accept: Container[int], body_limit: int | None = None
    ) -> Answer:
        limit = min(self._body_limit, body_limit or self._body_limit)
        headed, wall = self._clock.monotonic(), self._clock.now()
        try:
            body = await read_body(response, limit)
        except BodyTooLargeError as error:
            words = SafeText(f"over {limit // 1_048_576} MB")
            raise SourceError(ErrorKind.TOO_LARGE, self.source, words) from error
        except BodyBrokenError as error:
            raise SourceError(ErrorKind.MALFORMED, self.source, safe_text(error)) from error
        self._certificate = None  # whatever was refused before, this one is not
        answer = Answer(
            self.source,
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            body,
            self._clock.monotonic() - sent,
            _skew(response.headers.get("date"), wall - (headed - sent) / 2),
        )
        if answer.status == 401:
            self._headers = None  # the secret's file may hold a newer one by the next request
        is_page = answer.content_type in _HTML
        if answer.status >= 300 and (is_page or answer.status not in accept):
            raise failures.of_answer(answer)
        if is_page:
            raise failures.of_html(answer)
        return answer


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


def _tenant_header(source: str) -> str:
    return "x-tenant" if source == "jaeger" else "X-Scope-OrgID"


def _of_configuration(error: ConfigError, source: str) -> SourceError:
    """A fault of the settings that shows only when connecting, in the pane of its source."""
    words = str(error).removeprefix(f"{source}: ")
    said, _, hint = words.rpartition("; ")
    return SourceError(
        ErrorKind.CONFIGURATION, source, safe_text(said or words), hint=safe_text(hint) if said else None
    )


def _encoded(form: Params | None, json: object, content: bytes | None) -> tuple[bytes | None, dict[str, str]]:
    if form is not None:
        query = httpx.QueryParams(list(form.items() if isinstance(form, Mapping) else form))
        return str(query).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    if json is not None:
        return msgspec.json.encode(json), {"Content-Type": "application/json"}
    return content, {}


def _skew(date: str | None, wall: float) -> float | None:
    """Seconds the server's clock is ahead of `wall`; half a second makes up for `Date`'s rounding down."""
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5 - wall
    except (ValueError, OverflowError):
        return None
