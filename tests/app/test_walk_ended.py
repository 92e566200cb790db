"""A console in a real terminal that ends while an act of a walk is under way, and the one that is started after it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.domain.incident_event import OperationTold, WalkStepped
from opsconsole.domain.walk import StepOutcome
from opsconsole.incidents.folding import walks
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.incidents.store.verifying import verify as look_through
from opsconsole.operations.audit.chain import entries, verify
from recording_cluster import RecordingCluster, recording_cluster
from servers.waiting import until
from tmux_screen import OPSCONSOLE, TmuxScreen, tmux

pytestmark = [pytest.mark.terminal, pytest.mark.xdist_group("terminal"), pytest.mark.long]

O = StepOutcome  # noqa: E741
PATIENCE = 120.0
QUESTION = "y does it, Esc does not"
SIZE = (120, 40)
TITLE = "Mend it by hand"

RUNBOOK = """\
---
title: Mend it by hand
matches:
  alerts: [ErrorRateHigh]
---

## Know this

Something to know first.

## Mend it

```act
{act}
```

## The end

```note
verdict: cause
cause: it was so
```
"""
PROGRAM = """#!/bin/sh
sleep 3600 &
echo "$$ $!" > {folder}/ran.new
mv {folder}/ran.new {folder}/ran
wait
"""
AROUND = """\
stty -a > {folder}/before
echo "the shell before"
{environment} {console} --config {folder}/c.toml --write
echo "the console ended"
stty -a > {folder}/after.new
mv {folder}/after.new {folder}/after
exec cat
"""
"""A shell script with the console in it, so that what it leaves of the terminal can be seen."""

RESTART = "operation: rolling-restart\nname: checkout"


class Stage:
    """A cluster that counts what changes it, a runbook whose second step is an act, and consoles on them."""

    def __init__(self, folder: Path, cluster: RecordingCluster) -> None:
        self.folder = folder
        self.cluster = cluster
        (folder / "runbooks").mkdir()
        program = folder / "mend-it"
        program.write_text(PROGRAM.format(folder=folder))
        program.chmod(0o755)
        (folder / "c.toml").write_text(f'runbooks = ["{folder}/runbooks"]\n{cluster.table}')

    def act(self, block: str) -> None:
        """What the second step is."""
        (self.folder / "runbooks" / "mend-it.md").write_text(RUNBOOK.format(act=block))

    @contextlib.contextmanager
    def console(self) -> Iterator[TmuxScreen]:
        """A console in a terminal; the terminal is closed at the end."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        environment = f"HOME={home} XDG_CONFIG_HOME={home} XDG_STATE_HOME={home} LANG=C.UTF-8 TZ=UTC"
        script = self.folder / "around.sh"
        script.write_text(AROUND.format(folder=self.folder, environment=environment, console=OPSCONSOLE))
        with tmux(f"sh {script}", *SIZE) as screen:
            screen.shows("ErrorRateHigh on checkout", "w runbook")
            yield screen

    @property
    def processes(self) -> list[int]:
        """Consoles, and what they have started."""
        found = called(f"--config {self.folder}/c.toml|{self.folder}/mend-it")
        ran = self.folder / "ran"
        started = [int(one) for one in ran.read_text().split()] if ran.exists() else []
        return [*found, *(one for one in started if is_alive(one))]

    @property
    def console_process(self) -> int:
        (found,) = called(f"--config {self.folder}/c.toml")
        return found

    @property
    def record(self) -> Path:
        return self.folder / "home" / "opsconsole" / "incidents.db"

    async def assert_whole(self, second: StepOutcome) -> None:
        """The record tells what the audit log does, and each step once; the second one came out as `second`."""
        (log,) = (self.folder / "home" / "opsconsole" / "audit").glob("*.jsonl")
        assert verify(log).fine
        assert look_through(self.record).fine
        store = SqliteIncidents(self.record)
        (incident,) = await store.incidents()
        whats = [one.what for one in await store.events(incident.id)]
        (walk,) = walks(await store.events(incident.id))
        await store.close()
        told = [(one.operation, one.state) for one in whats if isinstance(one, OperationTold)]
        assert told == [(line.operation, line.state) for line in entries(log)]
        assert walk.over
        steps = [(one.result.number, one.result.outcome) for one in whats if isinstance(one, WalkStepped)]
        assert steps[:2] == [(1, O.DONE), (2, O.UNDER_WAY)]
        assert steps[-1] == (3, O.DONE)
        assert [(one.number, one.outcome) for one in walk.results] == [(1, O.DONE), (2, second), (3, O.DONE)]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with recording_cluster() as cluster:
        made = Stage(tmp_path, cluster)
        try:
            yield made
        finally:
            for process in made.processes:
                os.kill(process, signal.SIGKILL)


def called(words: str) -> list[int]:
    """Processes whose command line matches `words`."""
    found = subprocess.run(["pgrep", "-f", "--", words], capture_output=True, text=True, check=False)
    return [int(one) for one in found.stdout.split()]


def is_alive(process: int) -> bool:
    """Whether it runs; its remains do not count."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def walked_to_the_act(screen: TmuxScreen) -> None:
    """From the alert to the confirmed act, in an incident opened on the way."""
    screen.press("1", "w")
    screen.shows("Runbooks for ErrorRateHigh")
    for _ in range(20):
        if f"│  {TITLE}" in screen.text:
            break
        before = screen.text
        screen.press("Down")
        until(lambda before=before: screen.text != before, "the next runbook", seconds=PATIENCE)  # type: ignore[misc]
    screen.press("Enter")
    screen.shows("Enter walk, Tab next")
    screen.press("Enter")
    screen.shows("No incident is open")
    screen.press("i")
    screen.shows("Open an incident", "Enter open")
    screen.press("Enter")
    screen.shows("Runbook · step 1 of 3", "Enter goes on")
    screen.press("Enter")
    screen.shows("Runbook · step 2 of 3", "Enter shows the plan")
    screen.press("Enter")
    screen.shows("Look before you act", QUESTION)

    def confirmed() -> bool:
        if QUESTION not in screen.text:
            return True
        screen.press("y")  # no plan takes a key at once: nobody has read it yet
        return False

    until(confirmed, "the plan to be confirmed", seconds=PATIENCE, interval=0.2)


def resumed_at_the_act(screen: TmuxScreen) -> None:
    screen.press("1", "w")
    screen.shows(f"resume {TITLE} at step 2")
    screen.press("Enter")
    screen.shows("Runbook · step 2 of 3", "Enter looks what became of it")
    screen.press("Enter")


def to_the_end(screen: TmuxScreen) -> None:
    screen.shows("Runbook · step 3 of 3")
    screen.press("Enter")
    screen.shows("Found: it was so")


def end(stage: Stage, screen: TmuxScreen, name: str) -> None:
    """End the console by a signal; SIGHUP by closing its terminal."""
    if name == "SIGHUP":
        screen.pane.kill()
    else:
        os.kill(stage.console_process, signal.Signals[name])


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM", "SIGKILL"])
async def test_a_program_ends_with_its_console_and_the_walk_goes_on_at_its_step(stage: Stage, name: str) -> None:
    stage.act(f"argv: [{stage.folder}/mend-it]\nchanges: a file\ntimeout: 10m")
    with stage.console() as screen:
        walked_to_the_act(screen)
        until((stage.folder / "ran").exists, "the program to run", seconds=PATIENCE)
        end(stage, screen, name)
        until(lambda: not stage.processes, "console and program to end", seconds=PATIENCE)
        if name == "SIGTERM":
            until((stage.folder / "after").exists, "the shell to go on", seconds=PATIENCE)
            assert (stage.folder / "after").read_text() == (stage.folder / "before").read_text()
            screen.shows("the shell before", "the console ended")
            state = screen.pane.cmd("display-message", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}").stdout
            assert state == ["0 0 1"]
    with stage.console() as screen:
        resumed_at_the_act(screen)
        screen.shows("unknown for good", "Enter shows the plan again")
        screen.press("s")
        screen.shows("Why is this skipped")
        screen.press("s", "e", "e", "n", "Enter")
        to_the_end(screen)
        screen.press("q")
        until(lambda: not stage.processes, "the console to end", seconds=PATIENCE)
    await stage.assert_whole(O.SKIPPED)


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM", "SIGKILL"])
async def test_what_was_sent_to_the_cluster_is_found_there_and_not_sent_again(stage: Stage, name: str) -> None:
    stage.act(RESTART)
    with stage.console() as screen:
        walked_to_the_act(screen)
        until(lambda: bool(stage.cluster.recorder.changing), "the change to be sent", seconds=PATIENCE)
        end(stage, screen, name)
        until(lambda: not stage.processes, "the console to end", seconds=PATIENCE)
    assert len(stage.cluster.recorder.changing) == 1
    with stage.console() as screen:
        resumed_at_the_act(screen)
        to_the_end(screen)
        screen.press("q")
        until(lambda: not stage.processes, "the console to end", seconds=PATIENCE)
    assert len(stage.cluster.recorder.changing) == 1
    await stage.assert_whole(O.DONE)
