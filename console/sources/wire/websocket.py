"""A WebSocket over the wire's own connection: same TLS, credentials, guard and deadline."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import httpx
from httpx_ws import AsyncWebSocketSession, WebSocketDisconnect, WebSocketNetworkError
from wsproto.events import BytesMessage, TextMessage
from wsproto.utilities import ProtocolError

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_ENDED_WELL = (1000, 1001, 1005)
"""Normal closure, going away, and a close frame without a code (RFC 6455, 7.4.1)."""


def handshake(subprotocols: Sequence[str]) -> dict[str, str]:
    """The headers that ask for a WebSocket (RFC 6455, 4.1). The API server answers 406 to one that wants JSON."""
    return {
        "Accept": "*/*",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": ", ".join(subprotocols),
    }


class WebSocket:
    """Messages to and from the server. Every failure is a `SourceError` that counts as sent."""

    def __init__(self, session: AsyncWebSocketSession, source: str, subprotocol: str, limit: int) -> None:
        """`limit` is how many bytes are taken before the answer counts as too large."""
        self.subprotocol = subprotocol
        """What the server chose among those offered, empty when it chose none."""
        self._session = session
        self._source = source
        self._room = limit
        self._ended = False

    async def receive(self) -> bytes | None:
        """The next message, whole; None once the server closed in good order, UNREACHABLE when it breaks off."""
        if self._ended:
            return None
        try:
            event = await self._session.receive()
        except WebSocketDisconnect as end:
            self._ended = True
            if end.code in _ENDED_WELL:
                return None
            raise _broken(self._source, f" (WebSocket code {end.code})") from end
        except (WebSocketNetworkError, anyio.EndOfStream) as error:
            self._ended = True
            raise _broken(self._source) from error
        message = event.data if isinstance(event, BytesMessage) else b""
        if isinstance(event, TextMessage):
            message = event.data.encode()
        self._room -= len(message)
        if self._room < 0:
            raise SourceError(ErrorKind.TOO_LARGE, self._source)
        return bytes(message)

    async def send(self, message: bytes) -> None:
        """One binary message. UNREACHABLE when the connection breaks."""
        try:
            await self._session.send_bytes(message)
        except (WebSocketNetworkError, ProtocolError) as error:
            raise _broken(self._source) from error


@asynccontextmanager
async def opened(response: httpx.Response, source: str, offered: Sequence[str], limit: int) -> AsyncIterator[WebSocket]:
    """The WebSocket that an answer with status 101 has become. MALFORMED when it is no such thing."""
    key = response.request.headers["Sec-WebSocket-Key"].encode()
    # SHA-1 is the protocol's own choice and guards nothing: it shows that the server speaks WebSocket.
    proof = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()
    chosen = response.headers.get("sec-websocket-protocol", "")
    if response.headers.get("sec-websocket-accept") != proof or (chosen and chosen not in offered):
        raise SourceError(ErrorKind.MALFORMED, source, SafeText("its answer opens no WebSocket that was asked for"))
    try:
        async with AsyncWebSocketSession(
            response.extensions["network_stream"], keepalive_ping_interval_seconds=None, response=response
        ) as session:
            yield WebSocket(session, source, chosen, limit)
    except BaseExceptionGroup as group:
        # The session's own task group wraps whatever passes through it.
        error = _alone(group)
        if isinstance(error, ProtocolError):
            raise SourceError(ErrorKind.MALFORMED, source, safe_text(error, 200)) from error
        raise error from None


def _alone(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _broken(source: str, why: str = "") -> SourceError:
    return SourceError(ErrorKind.UNREACHABLE, source, SafeText(f"the connection broke off{why}"))
