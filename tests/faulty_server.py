"""Loopback servers that misbehave, each in one way."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

MEGABYTE = 1_048_576
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\n"


@asynccontextmanager
async def served(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that runs `script` on every connection that brought a request's head; yields its URL.

    The script finds the head unread.
    """
    running: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(connection(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def replying(status: int, body: bytes = b"", **headers: str) -> Script:
    """Answers everything with this; an underscore in a header's name stands for a hyphen."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body)

    return script


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(JSON_HEAD + b"Content-Length: 1000000\r\n\r\n{")
    while True:
        await asyncio.sleep(0.05)
        writer.write(b" ")
        await writer.drain()


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Throws the connection away in the middle of the answer."""
    await reader.readuntil(b"\r\n\r\n")
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def closing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Hears the question and says nothing."""
    await reader.readuntil(b"\r\n\r\n")


async def breaking_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Promises more than it sends."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(JSON_HEAD + b'Content-Length: 10000\r\n\r\n{"status":"succ')


async def flooding(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """40 MB of JSON that says nothing."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(JSON_HEAD + b"Connection: close\r\n\r\n[")
    for _ in range(40):
        writer.write(b" " * MEGABYTE)
        await writer.drain()


def limiting(host: str, port: int, limit: int) -> Script:
    """A proxy before `host:port` that takes bodies of up to `limit` bytes, as nginx's client_max_body_size does."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: *(\d+)", head)
        length = int(found[1]) if found else 0
        body = await reader.readexactly(length)
        if length > limit:
            page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
            await _answer(writer, b"413 Request Entity Too Large", page)
            return
        upstream, onward = await asyncio.open_connection(host, port)
        with contextlib.closing(onward):
            onward.write(re.sub(rb"(?i)connection: *keep-alive", b"Connection: close", head) + body)
            while part := await upstream.read(65_536):
                writer.write(part)
                await writer.drain()

    return script


async def _answer(writer: asyncio.StreamWriter, status: bytes, page: bytes) -> None:
    head = b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html\r\nConnection: close\r\n"
    writer.write(head + b"Content-Length: " + str(len(page)).encode() + b"\r\n\r\n" + page)
    await writer.drain()
