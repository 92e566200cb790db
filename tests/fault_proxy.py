"""A proxy before one backend that can be given a fault, and loses it again.

Toxiproxy's eight faults and those of gateways: what goes wrong is a `Script` of `faulty_server`, or one from here
that lets the backend answer and spoils that.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from faulty_server import Script

CHUNK = 65_536
END_OF_HEAD = b"\r\n\r\n"
Edit = Callable[[str, bytes], bytes]
"""A body of the backend, by the path that was asked for, as it leaves the proxy."""


@dataclass(eq=False)
class FaultProxy:
    """Hands one request a connection on to `upstream` (a port of this machine), until it has a `fault`.

    `asked` are the loop's times at which connections came, `held` how many requests are with a fault or the backend.
    """

    upstream: int
    fault: Script | None = None
    secured: ssl.SSLContext | None = None
    asked: list[float] = field(default_factory=list)
    held: int = 0
    port: int = 0
    remembered: dict[bytes, bytes] | None = None
    """Answers by request, figures aside; None asks the backend each time."""
    _server: asyncio.Server | None = None
    _kept: socket.socket | None = None
    _open: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    async def listen(self) -> None:
        """Take connections, on the port of before where there was one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=self.secured)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections, and drop those there are. Nobody else gets the port meanwhile."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._kept = socket.socket()
            self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._kept.bind(("127.0.0.1", self.port))
        await self.cut()

    async def end(self) -> None:
        """Give everything back."""
        await self.close()
        if self._kept is not None:
            self._kept.close()

    async def cut(self) -> None:
        """Drop every connection, as a gateway does that is started anew."""
        running = tuple(self._open)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def infect(self, fault: Script | None, *, cut: bool = True) -> None:
        """From now on behave like `fault`; None is well again. Without `cut` open connections just go silent."""
        self.fault = fault
        if cut:
            await self.cut()

    async def secure(self, context: ssl.SSLContext | None) -> None:
        """Speak TLS by `context` from now on, None is plain HTTP; connections of before are dropped."""
        await self.close()
        self.secured = context
        await self.listen()

    @property
    def url(self) -> str:
        """Where the console finds it."""
        return f"{'https' if self.secured else 'http'}://localhost:{self.port}"

    def since(self, moment: float) -> int:
        """How many connections came since `moment` (the loop's time)."""
        return sum(at >= moment for at in self.asked)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(lambda done: self._open.pop(done, None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(asyncio.get_running_loop().time())
        self.held += 1
        try:
            heard = asyncio.StreamReader()
            heard.feed_data(await _request(reader))
            await _until_hung_up((self.fault or self.handing_on)(heard, writer), reader)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.held -= 1
            writer.close()

    async def handing_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What the backend answers, as it comes."""
        async for part in self._answer(await _request(reader)):
            writer.write(part)
            await writer.drain()

    async def _answer(self, request: bytes) -> AsyncIterator[bytes]:
        """The backend's answer to `request` in parts, or the one of before."""
        question = re.sub(rb"[0-9.]+", b"", request)
        if self.remembered is not None and question in self.remembered:
            yield self.remembered[question]
            return
        said = bytearray()
        upstream, onward = await asyncio.open_connection("127.0.0.1", self.upstream)
        with contextlib.closing(onward):
            onward.write(re.sub(rb"(?i)\r\nconnection: *keep-alive", b"\r\nConnection: close", request))
            while part := await upstream.read(CHUNK):
                said += part
                yield part
        if self.remembered is not None:
            self.remembered[question] = bytes(said)

    # -- faults that need the backend --------------------------------------------------------------

    def late(self, seconds: float) -> Script:
        """Every answer begins `seconds` late."""

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(seconds)
            await self.handing_on(reader, writer)

        return script

    def narrow(self, rate: int) -> Script:
        """Every answer takes a second for each `rate` bytes."""

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async for part in self._answer(await _request(reader)):
                for start in range(0, len(part), rate):
                    piece = part[start : start + rate]
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(len(piece) / rate)

        return script

    def truncating(self, share: float = 0.5) -> Script:
        """Every answer ends in the middle of its body, whose length was promised."""

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head, body = await self._whole(reader)
            writer.write(_with_length(head, len(body)) + body[: int(len(body) * share)])

        return script

    def edited(self, edit: Edit) -> Script:
        """The backend's answers, each with its body put through `edit`."""

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await _request(reader)
            again = asyncio.StreamReader()
            again.feed_data(request)
            target = request.split(b" ", 2)[1].decode()
            if b"watch=" in request.partition(b"\r\n")[0]:
                await self.handing_on(again, writer)
                return
            head, body = await self._whole(again)
            changed = edit(target, body)
            writer.write(_with_length(head, len(changed)) + changed)

        return script

    async def _whole(self, reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
        """Head and body of the backend's answer, which isn't compressed or in chunks: nothing asked for that."""
        whole = b"".join([part async for part in self._answer(await _request(reader))])
        head, _, body = whole.partition(END_OF_HEAD)
        if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
            body = _unchunked(body)
        return head, body


def flapping(well: Script, ill: Script, period: float) -> Script:
    """`ill` for the first half of each `period` (seconds of the loop), `well` for the second."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time()
        await (ill if now % period < period / 2 else well)(reader, writer)

    return script


async def black_hole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears everything and says nothing, for ever."""
    del reader, writer
    await asyncio.Event().wait()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """Head and body of a request."""
    head = await reader.readuntil(END_OF_HEAD)
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return head + await reader.readexactly(int(found[1]) if found else 0)


async def _until_hung_up(work: Coroutine[Any, Any, None], reader: asyncio.StreamReader) -> None:
    """Run `work` to its end, or until the other side is gone."""
    working = asyncio.ensure_future(work)
    hearing = asyncio.ensure_future(reader.read())
    try:
        await asyncio.wait({working, hearing}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, hearing):
            task.cancel()
        await asyncio.gather(working, hearing, return_exceptions=True)


def _with_length(head: bytes, length: int) -> bytes:
    lines = [line for line in head.split(b"\r\n") if not re.match(rb"(?i)(content-length|transfer-encoding):", line)]
    return b"\r\n".join([*lines, b"Content-Length: %d" % length]) + END_OF_HEAD


def _unchunked(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            break
        parts.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(parts)
