"""`opsconsole incident notify`: shows what is sent and to whom, asks, and says how it came out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from incident_samples import INCIDENT, event, opened
from opsconsole.cli.commands import opsconsole
from opsconsole.cli.parts import Parts
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.incident_event import IncidentEvent, NotificationAsked, Notified
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents

PATH = "/services/T0CANARY/canaryXYZ4711"
NOTIFICATIONS = """
[[incidents.notifications]]
name = "on-call"
kind = "slack"
url = "env:HOOK"
"""
SECOND = NOTIFICATIONS.replace("on-call", "payments")


class Room:
    """A folder with a configuration and a record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "i.db"

    def write(self, notifications: str = NOTIFICATIONS) -> None:
        text = f'[incidents]\nstore = "i.db"\n[clusters.prod]\nprometheus = "http://127.0.0.1:9"\n{notifications}'
        (self.folder / "config.toml").write_text(text)

    def run(self, *arguments: str, typed: str | None = None, attended: bool = False) -> Result:
        parts = Parts(attended=lambda: attended)
        line = ("incident", "notify", "--config", str(self.folder / "config.toml"), *arguments)
        return CliRunner().invoke(opsconsole, line, obj=parts, standalone_mode=False, input=typed)

    def events(self) -> tuple[IncidentEvent, ...]:
        async def read() -> tuple[IncidentEvent, ...]:
            store = SqliteIncidents(self.store)
            try:
                return await store.events(INCIDENT)
            finally:
                await store.close()

        return asyncio.run(read())


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = Room(tmp_path)
    made.write()

    async def fill() -> None:
        store = SqliteIncidents(made.store)
        await store.append([event(opened())])
        await store.close()

    asyncio.run(fill())
    return made


@contextmanager
def hook(status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """A webhook in a thread: its address, and the bodies it got."""
    heard: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PATH}", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_shows_asks_sends_and_writes_it_down(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook() as (address, heard):
        monkeypatch.setenv("HOOK", address)
        result = room.run("7kq4", typed="y\n", attended=True)
    assert result.return_value == 0, result.output
    shown = [line.strip() for line in result.stdout.splitlines()]
    assert shown[0] == "slack to on-call:"
    assert heard[0]["text"].splitlines() == shown[1:-1]
    assert shown[1] == "P2 INC-7kq4 triage: Checkout fails"
    assert shown[-1] == "delivered"
    (asked,) = (one.what for one in room.events() if isinstance(one.what, NotificationAsked))
    (told,) = (one.what for one in room.events() if isinstance(one.what, Notified))
    assert list(asked.lines) == shown[1:-1]
    assert (told.delivered, told.notification) == (True, asked.notification)


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_without_a_yes_nothing_is_sent(room: Room, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    with hook() as (address, heard):
        monkeypatch.setenv("HOOK", address)
        result = room.run("7kq4", typed=answer, attended=True)
    assert result.return_value == 1
    assert "nothing was sent" in result.stderr
    assert heard == []
    assert len(room.events()) == 1


def test_yes_does_not_ask_and_a_refusal_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(404) as (address, heard):
        monkeypatch.setenv("HOOK", address)
        result = room.run("7kq4", "--to", "on-call", "--yes")
    assert result.return_value == 1
    assert "not delivered: on-call refused the message (404)" in result.stdout
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("notifications", "arguments", "says"),
    [
        ("", ("--yes",), "nobody to tell is configured"),
        (NOTIFICATIONS, (), "stdin is no terminal: add --yes"),
        (NOTIFICATIONS + SECOND, ("--yes",), "say whom to tell by --to: on-call, payments"),
        (NOTIFICATIONS, ("--yes", "--to", "onkall"), "--to: there is none of that name; known are on-call"),
    ],
)
def test_what_is_not_clear_is_refused(room: Room, notifications: str, arguments: tuple[str, ...], says: str) -> None:
    room.write(notifications)
    result = room.run("7kq4", *arguments)
    assert isinstance(result.exception, ConfigError)
    assert says in str(result.exception)
    assert len(room.events()) == 1


def test_the_address_is_in_nothing_that_is_kept_or_printed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with hook(500) as (address, _):
        monkeypatch.setenv("HOOK", f"{address}/gone%zz")
        monkeypatch.setattr("opsconsole.incidents.notifying.ATTEMPTS", 1)
        result = room.run("7kq4", "--yes")
    kept = b"".join(path.read_bytes() for path in room.folder.rglob("*") if path.is_file())
    assert "it may have been sent; given up after one attempt" in result.stdout
    assert b"canary" not in kept.lower()
    assert "canary" not in result.output.lower()
    for form in ("md", "json", "html"):
        arguments = ("incident", "export", "7kq4", "--config", str(room.folder / "config.toml"), "--format", form)
        written = CliRunner().invoke(opsconsole, (*arguments, "--output", "-"), standalone_mode=False)
        assert "on-call" in written.output
        assert "canary" not in written.output.lower()
