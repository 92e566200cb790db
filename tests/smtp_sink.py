"""A mail server on loopback that keeps what it is sent, or fails in one way."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class SmtpSink:
    """How it behaves, and what it was told. `answers` replaces the answer to a command, given once for each entry."""

    tls: ssl.SSLContext | None = None
    """Offered by STARTTLS; None offers none."""
    answers: dict[str, list[str]] = field(default_factory=dict)
    silent_at: str = ""
    """The command (`CONNECT` and `.` among them) that is never answered."""
    closes_at: str = ""
    """The command at which the connection is closed."""
    wants_login: bool = False
    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    """For each mail."""
    logins: list[str] = field(default_factory=list)

    @property
    def read(self) -> list[EmailMessage]:
        """The mails as a reader has them."""
        return [message_from_bytes(one, policy=policy.default) for one in self.mails]  # type: ignore[misc]


class _ClosedError(Exception):
    pass


@asynccontextmanager
async def smtp(sink: SmtpSink, *, implicit: ssl.SSLContext | None = None) -> AsyncIterator[SmtpSink]:
    """Serve `sink`; with `implicit` TLS from the first byte."""
    running: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_Conversation(sink, reader, writer, encrypted=implicit is not None).hold())
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=implicit)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for task in tuple(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class _Conversation:
    def __init__(
        self, sink: SmtpSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, encrypted: bool
    ) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._encrypted = encrypted

    async def hold(self) -> None:
        try:
            await self._answer("CONNECT", "220 sink")
            while line := await self._reader.readline():
                await self._heard(line.decode().rstrip("\r\n"))
        except (_ClosedError, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._writer.close()

    async def _heard(self, line: str) -> None:
        self._sink.commands.append(line)
        match line.split(" ", maxsplit=1)[0].upper():
            case "EHLO":
                await self._answer("EHLO", self._greeting())
            case "STARTTLS":
                await self._answer("STARTTLS", "220 go on")
                if self._sink.tls is not None:
                    await self._writer.start_tls(self._sink.tls)
                    self._encrypted = True
            case "AUTH":
                self._sink.logins.append(base64.b64decode(line.split(" ")[2]).decode())
                await self._answer("AUTH", "235 welcome")
            case "RCPT":
                self._sink.recipients.append(line.partition("<")[2].partition(">")[0])
                await self._answer("RCPT", "250 ok")
            case "DATA":
                await self._data()
            case "QUIT":
                raise _ClosedError
            case command:
                await self._answer(command, "250 ok")

    def _greeting(self) -> str:
        lines = ["sink", *(["STARTTLS"] if self._sink.tls is not None and not self._encrypted else [])]
        lines += ["AUTH PLAIN"] if self._sink.wants_login else []
        return "\r\n".join(f"250{' ' if one is lines[-1] else '-'}{one}" for one in lines)

    async def _data(self) -> None:
        await self._answer("DATA", "354 go on")
        body = await self._reader.readuntil(b"\r\n.\r\n")
        self._sink.mails.append(body.removesuffix(b".\r\n"))
        self._sink.encrypted.append(self._encrypted)
        await self._answer(".", "250 kept")

    async def _answer(self, command: str, usual: str) -> None:
        if self._sink.closes_at == command:
            raise _ClosedError
        if self._sink.silent_at == command:
            await asyncio.Event().wait()
        answers = self._sink.answers.get(command)
        self._writer.write(f"{answers.pop(0) if answers else usual}\r\n".encode())
        await self._writer.drain()
