"""The HTTP client of a wire, and what each request shows to prove who we are."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from opsconsole.config.settings import SecretRef, SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.known_secrets import KnownSecrets
from opsconsole.safe_text import safe_text
from opsconsole.sources.credentials import ClientCertificate, Credentials, FoundSettings, request_headers
from opsconsole.sources.wire.tls import tls_context

KEPT_CONNECTIONS = 4
"""Idle connections kept open per source."""


@dataclass(frozen=True)
class Presented:
    """One request's client, and the headers that go with every request at this moment."""

    client: httpx.AsyncClient
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    credentials: Credentials


class Presenting:
    """Connects at the first request, and anew when the client certificate changes.

    Credentials come from the settings (secrets are read once, and again after a 401) or from the settings'
    `CredentialSource`, which is asked before each request.
    """

    def __init__(self, settings: SourceSettings, source: str, transport: httpx.AsyncBaseTransport | None) -> None:
        """`transport` replaces the network in tests."""
        self._settings = settings
        self._source = source
        self._transport = transport
        self._found = settings if isinstance(settings, FoundSettings) else None
        self._headers: dict[str, str] | None = None
        self._client: httpx.AsyncClient | None = None
        self._shown: ClientCertificate | None = None
        self._retired: httpx.AsyncClient | None = None

    async def present(self) -> Presented:
        """What the next request goes out with.

        Raises `SourceError` with `sent` False: CONFIGURATION for a setting, a secret or a file that is no use, and
        whatever the settings' `CredentialSource` raises.
        """
        source = self._found.credentials if self._found is not None else None
        credentials = Credentials() if source is None else await source.current()
        try:
            if self._headers is None:
                self._headers = request_headers(self._settings, self._source, _tenant_header(self._source))
            if self._client is None or self._shown != credentials.certificate:
                await self._connect(credentials.certificate)
        except ConfigError as error:
            raise of_configuration(error, self._source) from error
        client = self._client
        assert client is not None  # noqa: S101  - `_connect` made it
        written = {name.lower() for name in self._headers}  # what the operator set outranks what was found
        found = (pair for pair in credentials.headers if pair[0].lower() not in written)
        return Presented(client, (*self._headers.items(), *found), credentials)

    async def refused(self, presented: Presented) -> bool:
        """The server answered 401. Whether there are other credentials than those `presented` by now."""
        self._headers = None  # the secret's file may hold a newer one by the next request
        source = self._found.credentials if self._found is not None else None
        return source is not None and await source.refused(presented.credentials)

    def unrepeated(self, body: bytes, headers: httpx.Headers) -> bytes:
        """`body`, whose words will be shown, without the credentials among `headers`, which the request went out with.

        Gateways and debugging pages repeat what they refuse.
        """
        kept_apart = {name.lower() for name, value in self._settings.headers.items() if isinstance(value, SecretRef)}
        shown = (value for name, value in headers.items() if name.lower() in {"authorization", *kept_apart})
        return KnownSecrets.of(_with_parts(shown)).hidden_in_bytes(body)

    async def close(self) -> None:
        """Close all connections. A later request connects afresh."""
        clients = (self._client, self._retired)
        self._client = self._retired = None
        for client in clients:
            if client is not None:
                await client.aclose()

    async def _connect(self, certificate: ClientCertificate | None) -> None:
        made = self._made(certificate)
        # Requests that are under way finish on the connections they have; those before them are long gone.
        before, self._retired = self._retired, self._client
        self._client, self._shown = made, certificate
        if before is not None:
            await before.aclose()

    def _made(self, certificate: ClientCertificate | None) -> httpx.AsyncClient:
        name = self._found.tls_server_name if self._found is not None else None
        verify: object = False  # only for http:// URLs, where there is nothing to verify and redirects are off
        if self._settings.url.lower().startswith("https:"):
            verify = tls_context(self._settings, self._source, server_name=name, certificate=certificate)
        try:
            return httpx.AsyncClient(
                verify=verify,  # type: ignore[arg-type]
                headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "opsconsole"},
                trust_env=False,
                follow_redirects=False,
                proxy=self._settings.proxy,
                transport=self._transport,
                limits=httpx.Limits(
                    max_connections=None, max_keepalive_connections=KEPT_CONNECTIONS, keepalive_expiry=30.0
                ),
            )
        except (ImportError, ValueError) as error:  # httpx's words for a kind of proxy it can't speak to
            raise ConfigError(
                f"{self._source}: its proxy can't be used; write an http or https one, or install socksio for socks5"
            ) from error


def _with_parts(values: Iterable[str]) -> Iterator[str]:
    """`values`, those behind the name of a scheme alone, and what is inside of basic authentication."""
    for value in values:
        scheme, _, credential = value.partition(" ")
        yield value
        yield credential
        if scheme.lower() == "basic":
            with suppress(ValueError):  # a header that the operator wrote may be anything
                pair = base64.b64decode(credential).decode("utf-8", "replace")
                yield pair
                yield pair.partition(":")[2]


def of_configuration(error: ConfigError, source: str) -> SourceError:
    """A fault of the settings that shows only when connecting, in the pane of its source."""
    words = str(error).removeprefix(f"{source}: ")
    said, _, hint = words.rpartition("; ")
    return SourceError(
        ErrorKind.CONFIGURATION,
        source,
        safe_text(said or words),
        hint=safe_text(hint) if said else None,
        sent=False,
    )


def _tenant_header(source: str) -> str:
    return "x-tenant" if source == "jaeger" else "X-Scope-OrgID"
