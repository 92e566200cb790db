"""However a console ends, it ends by itself, soon, and leaves the terminal as it was."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest

from links.restarting import ARGUMENTS, plan_a_restart
from links.terminals import CLOSED, PATIENCE, Console, Desk, left_behind, left_of
from opsconsole.domain.operation import OperationState
from opsconsole.operations.audit.chain import entries, verify
from recording_cluster import RecordingCluster, recording_cluster
from servers.waiting import until

pytestmark = pytest.mark.xdist_group("links")

UP = ("READ-ONLY", "jaeger can't be reached")
SECRET = "s3cr3t-canary"  # noqa: S105 - looked for on the terminal and in the file


def assert_given_back(console: Console) -> str:
    """The terminal is as it was before; what stands on it after the screen was closed."""
    terminal = console.terminal
    assert left_behind(bytes(terminal.received)) == set()
    assert terminal.settings == terminal.settings_before
    return re.sub(r"\x1b\[\?\d+[hl]", "", bytes(terminal.received).rpartition(CLOSED)[2].decode())


@pytest.mark.parametrize("how", ["q", "SIGTERM", "SIGINT"])
def test_the_terminal_is_given_back_however_the_console_is_left(desk: Desk, how: str) -> None:
    with desk.console("--config", "c.toml") as console:
        console.shows(*UP)
        assert left_behind(bytes(console.terminal.received)) >= {b"1049", b"1003", b"2004", b"25", b"7", b"keyboard"}
        if how == "q":
            console.terminal.type(b"q")
        else:
            console.signal(signal.Signals[how])
        ended = console.end()
        assert ended.code == 0
        assert assert_given_back(console) == ""


def test_after_a_fault_the_terminal_is_given_back_and_tells_of_a_file_without_the_secret(desk: Desk) -> None:
    with desk.console("--config", "c.toml", part="broken", environment={"CANARY_TOKEN": SECRET}) as console:
        assert console.end().code == 1
        said = assert_given_back(console)
        assert SECRET not in console.terminal.received.decode()
    assert "RuntimeError in the console itself" in said
    (file,) = (desk.home / ".local" / "state" / "opsconsole" / "crashes").iterdir()
    assert str(file) in said
    assert "it broke with" in file.read_text()
    assert SECRET not in file.read_text()


@pytest.mark.parametrize("borrowed", [False, True], ids=["hung up", "nobody tells it"])
def test_a_console_without_its_terminal_ends_and_leaves_nothing(desk: Desk, borrowed: bool) -> None:
    with desk.console("--config", "c.toml", borrowed=borrowed) as console:
        console.shows(*UP)
        console.terminal.hang_up()
        assert console.end().code == 0
        assert left_of(desk.folder) == []


def test_a_terminal_that_takes_nothing_any_more_keeps_no_console(desk: Desk) -> None:
    with desk.console("--config", "c.toml") as console:
        console.shows(*UP)
        for number in range(45):
            console.terminal.resize((120, 40 + number % 2))  # more pictures than Textual's own writer holds
            console.settles()
        console.signal(signal.SIGTERM)
        until(console.has_ended, "the console to end", seconds=PATIENCE)
        assert console.ended is not None
        # By itself, or by the bound on the time that this may take where others have the processor.
        assert console.ended.code in (0, 128 + signal.SIGTERM)


# -- with something under way ------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[RecordingCluster]:
    with recording_cluster("healthy") as made:
        yield made
        made.recorder.gate.set()


@pytest.fixture
def acting(desk: Desk, cluster: RecordingCluster) -> Iterator[Console]:
    """A console whose rolling restart was sent, and is not answered before the cluster's gate opens."""
    (desk.folder / "c.toml").write_text(cluster.table)
    with desk.console(*ARGUMENTS) as console:
        plan_a_restart(console)
        # Only now: some rehearsals look like changes.
        sent = len(cluster.recorder.changing)
        cluster.recorder.gate.clear()

        console.types(b"y", lambda: len(cluster.recorder.changing) > sent)
        yield console
        cluster.recorder.gate.set()
    assert len(cluster.recorder.changing) == sent + 1


def states_told(desk: Desk) -> list[OperationState]:
    """What the audit log of the one operation says, in order."""
    (log,) = (desk.home / ".local" / "state" / "opsconsole" / "audit").glob("*.jsonl")
    assert verify(log).fine
    return [entry.state for entry in entries(log)]


def test_what_is_waited_for_at_the_end_is_said_and_how_it_came_out(
    desk: Desk, cluster: RecordingCluster, acting: Console
) -> None:
    acting.signal(signal.SIGTERM)
    acting.until(lambda: b"waiting up to 30 s for the end of: " in acting.terminal.received, "told of the waiting")
    assert bytes(acting.terminal.received).count(CLOSED) == 1
    acting.rests()
    assert acting.terminal.settings == acting.terminal.settings_before
    cluster.recorder.gate.set()
    assert acting.end().code == 0
    said = assert_given_back(acting)
    assert said.count("\n") == 2, said
    waiting, outcome = said.strip().splitlines()
    assert "Restart all pods of deployment shop/checkout" in waiting
    assert "then the next start looks what became of it (Ctrl+C: now)" in waiting
    assert ": applied. " in outcome
    assert states_told(desk)[-1] is OperationState.APPLIED


def test_the_answer_is_awaited_and_recorded_after_the_terminal_is_gone(
    desk: Desk, cluster: RecordingCluster, acting: Console
) -> None:
    acting.terminal.hang_up()
    acting.rests()
    cluster.recorder.gate.set()
    assert acting.end().code == 0
    assert states_told(desk)[-1] is OperationState.APPLIED
    assert left_of(desk.folder) == []


def test_who_does_not_want_to_wait_leaves_by_ctrl_c(desk: Desk, acting: Console) -> None:
    acting.signal(signal.SIGTERM)
    acting.until(lambda: b"waiting up to 30 s" in acting.terminal.received, "told of the waiting")
    acting.rests()
    acting.terminal.type(b"\x03")
    acting.end()
    assert "Traceback" not in acting.terminal.received.decode()
    assert states_told(desk)[-1] is OperationState.SENT
    assert left_of(desk.folder) == []
