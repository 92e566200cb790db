"""A door in front of an API server: it passes everything on, unless it is told to keep answers or to let nobody in."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from servers.kubernetes.control_plane import LOOPBACK, ControlPlane
from servers.kubernetes.kubeconfig import write_kubeconfig

CHUNK = 1 << 16


class Door:
    """Passes bytes on between clients and the API server, both over TLS. Whoever comes through is the administrator.

    `changes` counts the patches that came by, dry runs left out; `gone` the answers that a version is too old (410).
    While `keeping`, the answer to a change is swallowed.
    """

    def __init__(self, plane: ControlPlane) -> None:
        """There is none before `serve`."""
        self.changes = 0
        self.gone = 0
        self.keeping = False
        self.url = ""
        self._is_shut = False
        self._server = urlsplit(plane.url)
        serving = plane.authority.server("door", [LOOPBACK])
        self._inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._inside.load_cert_chain(serving.certificate, serving.key)
        self._outside = plane.authority.trust()
        self._outside.load_cert_chain(plane.admin.certificate, plane.admin.key)
        self._ways: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def shut(self) -> None:
        """Cut everybody off, and let nobody in until `open`."""
        self._is_shut = True
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._cut)

    def open(self) -> None:
        """Let everybody in again."""
        self._is_shut = False

    async def serve(self, there: threading.Event, stop: asyncio.Event) -> None:
        """Until `stop`; `there` is set once `url` is known."""
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._pass, LOOPBACK, 0)
        self.url = f"https://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        there.set()
        await stop.wait()
        server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    def _cut(self) -> None:
        for way in self._ways:
            way.cancel()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A cancelled connection has ended as it should: the streams' own callback would report it as an error.
        with _closed(writer), contextlib.suppress(OSError, asyncio.CancelledError):
            if self._is_shut:
                return
            # Here and not by `start_server`, which would hold a connection that nobody closes until hands are shaken.
            await writer.start_tls(self._inside)
            server, port = self._server.hostname, self._server.port
            behind, to_behind = await asyncio.open_connection(server, port, ssl=self._outside)
            kept = asyncio.Event()
            with _closed(to_behind):
                ways = {
                    asyncio.create_task(self._questions(reader, to_behind, kept)),
                    asyncio.create_task(self._answers(behind, writer, kept)),
                }
                self._ways |= ways
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                self._ways -= ways
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _questions(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, kept: asyncio.Event) -> None:
        while chunk := await reader.read(CHUNK):
            line = chunk.partition(b"\r\n")[0]
            if line.startswith(b"PATCH ") and b"dryRun" not in line:
                self.changes += 1
                if self.keeping:
                    kept.set()
            to.write(chunk)
            await to.drain()

    async def _answers(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, kept: asyncio.Event) -> None:
        while chunk := await reader.read(CHUNK):
            self.gone += b'"code":410' in chunk
            if not kept.is_set():
                to.write(chunk)
                await to.drain()


@contextlib.contextmanager
def _closed(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close the connection at the end of the block, at once: nobody waits for a farewell here."""
    try:
        yield
    finally:
        writer.transport.abort()


@contextlib.contextmanager
def run_door(plane: ControlPlane, folder: Path) -> Iterator[tuple[Door, Path]]:
    """A door in a thread of its own, and the kubeconfig (in `folder`) that leads through it, until the block ends."""
    door, there = Door(plane), threading.Event()
    stop = asyncio.Event()
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=lambda: loop.run_until_complete(door.serve(there, stop)))
        thread.start()
        try:
            assert there.wait(10.0)
            yield door, write_kubeconfig(folder / "door.kubeconfig", door.url, plane.authority.path, plane.admin)
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
