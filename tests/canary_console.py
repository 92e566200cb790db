"""A program that does with the console all that people do with it, and keeps every byte that comes out.

Its arguments are the folder for what comes out, and the configurations: the whole one and the one of refusing servers.
The working folder, the environment and the umask are the caller's.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import shutil
import sys
import time
from pathlib import Path

from textual.pilot import Pilot

from canary_cluster import WRITTEN_BY_SHAPE
from opsconsole.app import OpsConsole
from opsconsole.cli import main
from opsconsole.cli.parts import Parts
from opsconsole.clock import SystemClock
from opsconsole.config.secrets_in_use import secrets_in_use
from opsconsole.config.settings import Settings
from opsconsole.incident_sharing import sharing_of
from opsconsole.incidents.late_records import IncidentJournal
from opsconsole.incidents.store.place import usual_path
from opsconsole.operating import operations
from opsconsole.record_keeping import late_records
from opsconsole.runbooks.late_bookcase import LateBookcase
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from opsconsole.sources.kubernetes.access import Reached
from opsconsole.write_mode import WriteMode

PATIENCE = 60.0


class Session:
    """What came out, by number and name."""

    def __init__(self, outputs: Path) -> None:
        self.outputs = outputs
        self.count = 0

    def keep(self, name: str, text: str) -> None:
        self.count += 1
        (self.outputs / f"{self.count:02}-{name}").write_text(text, errors="surrogateescape")

    def call(self, *arguments: str, parts: Parts | None = None, typed: str = "") -> str:
        """Run a command as the shell would; its words."""
        out, err, before = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.StringIO(typed)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(list(arguments), parts)
        finally:
            sys.stdin = before
        text = f"{out.getvalue()}\n{err.getvalue()}\nexit code {code}\n"
        self.keep("-".join(arguments[:3]).replace("/", "_"), text)
        return text


async def used(settings: Settings, session: Session) -> None:
    """The console with its real parts, on a terminal that is none."""
    clock = SystemClock()
    assert settings.cluster.kubernetes is not None
    reached, write_mode, records = (
        Reached(settings.cluster.kubernetes, clock),
        WriteMode(clock),
        late_records(settings, clock),
    )
    app = OpsConsole(
        settings,
        lambda: connect(settings.cluster, clock, reached=reached),
        clock=clock,
        write_mode=write_mode,
        operations=lambda: operations(
            settings.cluster, clock, write_mode, reached=reached, journal=IncidentJournal(records)
        ),
        records=records,
        share=lambda store: sharing_of(settings.cluster, store, clock),
        runbooks=LateBookcase(settings, clock, records.if_needed),
    )
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await by_keys(app, pilot, session)
        for path in usual_path().parent.glob("incidents.db*"):
            shutil.copyfile(path, session.outputs / f"copy-of-{path.name}")
    app.raise_fault()


async def by_keys(app: OpsConsole, pilot: Pilot[int], session: Session) -> None:
    """An incident with evidence of each kind, lines saved and copied, pictures taken."""

    def text() -> str:
        return screen_text(app.export_screenshot())

    async def shows(*words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not all(word in text() for word in words):
            if time.monotonic() > deadline:
                raise AssertionError(f"never {words} on\n{text()}")
            await pilot.pause(0.2)

    async def press(*keys: str) -> None:
        await pilot.press(*keys)
        await pilot.pause()
        session.keep(f"screen-after-{keys[-1]}", text())

    await shows("ErrorRateHigh", "denied: password")
    await press("1")
    await press("i")
    await shows("Open an incident", "keeps")
    await press("enter")
    await shows("is open with")
    await press("3", "home")
    await press("slash", *"denied", "enter")
    await shows("/denied", "denied: password=")
    await press("e")
    await shows("kept")
    await press("y")
    session.keep("clipboard", app.clipboard)
    await press("ctrl+s")
    await shows("Save log lines")
    await press("enter")
    await shows("logs-2")
    await press("5")
    await press("e")
    await press("d")
    await press("escape")
    await press("Y")
    await press("escape")
    await press("i")
    session.keep("picture.svg", app.export_screenshot())
    app.save_screenshot("picture.svg", str(session.outputs))


def incident_of(words: str) -> str:
    return next(word for word in words.split() if word.startswith("inc-"))


def commands(session: Session, practice: str, refusing: str) -> None:
    """Every command that tells something."""
    at = ("--config", practice)
    for words in (("--help",), ("--version",), ("config", "show"), ("config", "show", "--json"), ("config", "path")):
        session.call(*words, *(() if words[0].startswith("--") else at))
    for as_what in ((), ("--json",)):
        session.call("check", *at, *as_what)
        session.call("check", "--config", refusing, *as_what)
    session.call("snapshot", *at, "--format", "json", "--wait", "30s", "--output", "screen.json")
    session.call("snapshot", "--config", refusing, "--wait", "30s")
    incident = incident_of(session.call("incident", "list", *at))
    session.call("incident", "show", *at, incident)
    session.call("incident", "show", *at, incident, "--json")
    session.call("incident", "search", *at, "denied")
    for form in ("md", "json", "html"):
        session.call("incident", "export", *at, incident, "--format", form)
    session.call("incident", "backup", *at, "backup.db")
    session.call("incident", "verify", *at)
    session.call("incident", "sync", *at)
    session.call("incident", "notify", *at, incident, "--to", "hook", typed="n\n")
    session.call("incident", "notify", *at, incident, "--to", "hook", "--yes")
    session.call("incident", "notify", *at, incident, "--to", "mail", "--yes")
    session.call("restart", "deployment/checkout", "-n", "shop", *at, "--confirm", "checkout", "--no-wait",
                 "--reason", f"it writes password={WRITTEN_BY_SHAPE}")  # fmt: skip
    session.call("rollback", "deployment/checkout", "-n", "shop", *at, "--dry-run")
    session.call("audit", "show", *at)
    session.call("audit", "show", *at, "--json")
    session.call("audit", "verify", *at, "--json")
    session.call("runbook", "walk", "bad-release", *at, "--input", "service=checkout", "-n", "shop",
                 "--incident", incident, parts=Parts(attended=lambda: True), typed="\n" * 12)  # fmt: skip
    session.call("drill", "--list")
    session.call("login", *at)


def crashed(session: Session, practice: str) -> None:
    """A fault of the console's own, with every secret in its words."""

    def broken(settings: Settings) -> int:
        known = secrets_in_use(settings)
        raise RuntimeError(f"it broke with {' '.join((*known.anywhere, *os.environ.values()))}")

    session.call("--config", practice, parts=Parts(prepare_screen=lambda: None, open_console=broken))


def run(outputs: str, practice: str, refusing: str, wrong: tuple[str, ...]) -> None:
    """All of it, in one process."""
    session = Session(Path(outputs))
    # What the libraries would tell a log, if there were one.
    logging.basicConfig(filename=session.outputs / "libraries.log", level=logging.DEBUG)

    def opened(settings: Settings) -> int:
        asyncio.run(used(settings, session))
        return 0

    session.call("--config", practice, parts=Parts(prepare_screen=lambda: None, open_console=opened))
    commands(session, practice, refusing)
    for one in wrong:
        session.call("check", "--config", one)
    crashed(session, practice)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], sys.argv[3], tuple(sys.argv[4:]))
