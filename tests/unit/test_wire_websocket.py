"""WebSockets of the wire, and what it knows of a request's departure, against loopback servers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, RejectConnection, RejectData, Request

from faulty_server import closing, replying, resetting, served
from opsconsole.clock import SystemClock
from opsconsole.config.settings import Auth, AuthKind, SecretRef, SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from opsconsole.sources.wire.websocket import WebSocket
from opsconsole.write_mode import WriteMode

EXEC = "/api/v1/namespaces/shop/pods/checkout-1/exec"
POD = "/api/v1/namespaces/shop/pods/checkout-1"
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """The server's side of one WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._connection = WSConnection(ConnectionType.SERVER)
        self._events = iter(())

    async def next(self) -> object:
        while (event := next(self._events, None)) is None:
            self._connection.receive_data(await self._reader.read(65536) or None)
            self._events = self._connection.events()
        return event

    def say(self, *events: object) -> None:
        for event in events:
            self._writer.write(self._connection.send(event))


def wire_to(url: str, **settings: object) -> tuple[Wire, WriteMode]:
    mode = WriteMode(SystemClock())
    mode.open()
    return Wire("kubernetes", SourceSettings(url, **settings), SystemClock(), KUBERNETES_READS, write_mode=mode), mode


def open_to(wire: Wire, mode: WriteMode, **options: object) -> AbstractAsyncContextManager[WebSocket]:
    return wire.websocket(EXEC, subprotocols=[V5, V4], permit=mode.permit("GET", EXEC, "op"), **options)


async def failure(script: Server, **options: object) -> SourceError:
    async with served(script) as url:
        wire, mode = wire_to(url)
        with pytest.raises(SourceError) as caught:
            await all_of(open_to(wire, mode, **options))
        await wire.close()
    return caught.value


async def all_of(opening: AbstractAsyncContextManager[WebSocket]) -> None:
    async with opening as websocket:
        while await websocket.receive() is not None:
            pass


async def test_messages_go_both_ways_under_the_sources_own_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    asked: list[Request] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        request = await peer.next()
        asked.append(request)
        peer.say(AcceptConnection(subprotocol=V5), Ping(b"?"), BytesMessage(b"\x01one"))
        heard = await peer.next()
        while not isinstance(heard, BytesMessage):
            heard = await peer.next()
        peer.say(BytesMessage(b"\x02" + heard.data, message_finished=False), BytesMessage(b"!"), CloseConnection(1000))
        await peer.next()

    async with served(answer) as url:
        wire, mode = wire_to(url, auth=Auth(AuthKind.BEARER, secret=SecretRef("env:TOKEN")))
        params = (("command", "kill"), ("command", "1"))
        async with open_to(wire, mode, params=params) as websocket:
            assert websocket.subprotocol == V5
            assert await websocket.receive() == b"\x01one"
            await websocket.send(b"\x00two")
            assert await websocket.receive() == b"\x02\x00two!"
            assert await websocket.receive() is None
            assert await websocket.receive() is None
        await wire.close()
    assert asked[0].target == f"{EXEC}?command=kill&command=1"
    assert (b"authorization", b"Bearer s3cret") in asked[0].extra_headers
    assert asked[0].subprotocols == [V5, V4]


async def test_a_refused_websocket_has_the_servers_words() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        await peer.next()
        headers = [(b"content-type", b"application/json")]
        peer.say(RejectConnection(status_code=403, headers=headers, has_body=True))
        peer.say(RejectData(b'{"kind":"Status","message":"pods \\"checkout-1\\" is forbidden"}'))

    error = await failure(refuse)
    assert error.kind is ErrorKind.FORBIDDEN
    assert "is forbidden" in error.detail


@pytest.mark.parametrize("status", [200, 101])
async def test_an_answer_that_opens_no_websocket_is_malformed(status: int) -> None:
    error = await failure(replying(status, b"", Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Accept="no"))
    assert error.kind is ErrorKind.MALFORMED


async def test_a_connection_that_breaks_off_may_have_done_its_work() -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        await peer.next()
        peer.say(AcceptConnection(subprotocol=V4), BytesMessage(b"\x01"))

    error = await failure(leave)
    assert error.kind is ErrorKind.UNREACHABLE
    assert error.sent


async def test_what_is_no_frame_is_no_good_end() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        await peer.next()
        peer.say(AcceptConnection(subprotocol=V4))
        writer.write(b"\xff" * 64)
        await reader.read()

    error = await failure(babble)
    assert error.kind is ErrorKind.UNREACHABLE
    assert "1002" in error.detail


async def test_silence_ends_at_the_deadline() -> None:
    async def hush(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        await peer.next()
        peer.say(AcceptConnection(subprotocol=V5))
        await reader.read()

    error = await failure(hush, deadline=0.2)
    assert error.kind is ErrorKind.TIMEOUT
    assert error.sent


async def test_a_flood_is_cut_off() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        await peer.next()
        peer.say(AcceptConnection(subprotocol=V5))
        while True:
            peer.say(BytesMessage(b"\x01" + b"x" * 1_048_576))
            await writer.drain()

    assert (await failure(flood, deadline=20)).kind is ErrorKind.TOO_LARGE


async def test_what_the_caller_raises_comes_out_as_it_is() -> None:
    async def hush(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        await peer.next()
        peer.say(AcceptConnection())
        await reader.read()

    async with served(hush) as url:
        wire, mode = wire_to(url)
        with pytest.raises(LookupError):
            async with open_to(wire, mode):
                raise LookupError
        await wire.close()


async def sent_by(script: Server | None, **options: object) -> SourceError:
    if script is None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
            wire, mode = wire_to(url)
            return await _delete(wire, mode, **options)
    async with served(script) as url:
        wire, mode = wire_to(url)
        return await _delete(wire, mode, **options)


async def _delete(wire: Wire, mode: WriteMode, **options: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await wire.request("DELETE", POD, permit=mode.permit("DELETE", POD, "op"), **options)
    await wire.close()
    return caught.value


async def hanging(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("script", [closing, resetting, hanging, replying(500, b"{}")])
async def test_after_the_first_byte_nobody_knows_whether_a_write_took_effect(script: Server) -> None:
    assert (await sent_by(script, deadline=0.3)).sent


async def test_a_server_that_is_not_there_was_certainly_sent_nothing() -> None:
    error = await sent_by(None)
    assert error.kind is ErrorKind.UNREACHABLE
    assert not error.sent


async def test_a_write_that_never_got_its_turn_was_certainly_not_sent() -> None:
    async with served(hanging) as url:
        wire, mode = wire_to(url)
        hogs = [asyncio.create_task(wire.request("GET", "/version")) for _ in range(4)]
        await asyncio.sleep(0)
        error = await _delete(wire, mode, deadline=0.05)
        assert error.kind is ErrorKind.TIMEOUT
        assert not error.sent
        for hog in hogs:
            hog.cancel()
        await asyncio.gather(*hogs, return_exceptions=True)


class Telling(httpx.AsyncBaseTransport):
    """Tells of its work as httpcore does, then hears nothing more."""

    def __init__(self, *events: str) -> None:
        self._events = events

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for event in self._events:
            await request.extensions["trace"](event, {})
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize(
    ("events", "sent"),
    [
        (["connection.connect_tcp.started"], False),
        (["connection.connect_tcp.complete", "connection.start_tls.started"], False),
        (["connection.start_tls.complete", "http11.send_request_headers.started"], True),
        ([], True),
    ],
)
async def test_what_the_transport_tells_of_its_work_decides_whether_a_byte_may_have_left(
    events: list[str], sent: bool
) -> None:
    mode = WriteMode(SystemClock())
    mode.open()
    settings = SourceSettings("http://h")
    wire = Wire("kubernetes", settings, SystemClock(), KUBERNETES_READS, write_mode=mode, transport=Telling(*events))
    error = await _delete(wire, mode, deadline=0.05)
    assert error.kind is ErrorKind.TIMEOUT
    assert error.sent is sent
