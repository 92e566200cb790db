"""A console that ends in mid-walk, at each thing it writes or sends: the next one finishes it, and does nothing twice.

SIGKILL ends it as it stands; SIGHUP and SIGTERM in order, as when a terminal is closed. They are one and the same to a
console, so each meets every other place.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.domain.incident_event import OperationTold, WalkBegun, WalkStepped
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.walk import StepOutcome, Verdict
from opsconsole.incidents.folding import walks
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.incidents.store.verifying import verify as look_through
from opsconsole.operations.audit.chain import entries, verify
from servers.waiting import until
from walk_process import NOWHERE, prepare

pytestmark = pytest.mark.long

S, O = OperationState, StepOutcome  # noqa: E741
TESTS = Path(__file__).resolve().parents[1]
IN_ORDER = (signal.SIGTERM, signal.SIGHUP)

SCALED, RAN = 4, 5
"""The steps that change something."""


def around(what: str, before: int | None, after: int | None) -> list[tuple[str, int | None]]:
    """Ends before and after `what`, with the step that is at hand at the next start."""
    return [(f"before {what}", before), (f"after {what}", after)]


def of_operation(kind: str, states: tuple[str, ...], step: int) -> list[tuple[str, int | None]]:
    """Ends around each line of the audit log, and around what the timeline tells of it."""
    places = (place for state in states for place in (f"{kind} {state}", f"{kind} {state} in the timeline"))
    return [place for what in places for place in around(what, step, step)]


PLACES: list[tuple[str, int | None]] = [
    *around("the walk begins", None, 1),
    *around("step 1 holds", 1, 2),
    *around("step 2 done", 2, 3),
    *around("step 3 done", 3, 4),
    *around("step 4 under way", 4, 4),
    *of_operation("scale", ("recorded", "sent", "applied", "verified"), SCALED),
    *around("the change", 4, 4),
    *around("step 4 done", 4, 5),
    *around("step 5 under way", 5, 5),
    *of_operation("run-command", ("recorded", "sent", "verified"), RAN),
    *around("the program", 5, 5),
    ("while the program runs", 5),
    *around("step 5 done", 5, 6),
    *around("step 6 done", 6, None),
]


@pytest.fixture(scope="module")
def consoles() -> Iterator[subprocess.Popen[str]]:
    """Where consoles come from."""
    process = subprocess.Popen(
        [sys.executable, "walk_process.py"], cwd=TESTS, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


class Walked:
    """What consoles have left in `folder`."""

    def __init__(self, consoles: subprocess.Popen[str], folder: Path) -> None:
        self._consoles = consoles
        self._folder = folder
        self.audit = folder / "audit" / "prod.jsonl"
        prepare(folder)

    def ended(self, place: str = NOWHERE, number: signal.Signals = signal.SIGKILL) -> int:
        """The exit code of one more console, which meets `number` at `place`."""
        assert self._consoles.stdin is not None
        assert self._consoles.stdout is not None
        self._consoles.stdin.write(f"{self._folder} {number.value} {place}\n")
        self._consoles.stdin.flush()
        return int(self._consoles.stdout.readline())

    def lines(self, name: str) -> list[str]:
        path = self._folder / name
        return path.read_text().splitlines() if path.exists() else []

    async def assert_whole(self) -> None:
        """The record, the timeline and the audit log tell the same, and each thing once."""
        assert verify(self.audit).fine
        assert look_through(self._folder / "incidents.db").fine
        store = SqliteIncidents(self._folder / "incidents.db")
        (incident,) = await store.incidents()
        events = await store.events(incident.id)
        await store.close()
        whats = [one.what for one in events]
        told = [(one.operation, one.state, one.words) for one in whats if isinstance(one, OperationTold)]
        log = [(line.operation, line.state, line.words) for line in entries(self.audit)]
        assert Counter(told) == Counter(log)
        assert len(set(log)) == len(log)

        (walk,) = walks(events)
        assert walk.over
        assert walk.verdict is Verdict.CAUSE
        assert [one.number for one in walk.results] == [1, 2, 3, 4, 5, 6]
        assert len([one for one in whats if isinstance(one, WalkBegun)]) == 1
        steps = [one.result for one in whats if isinstance(one, WalkStepped)]
        ends = Counter(one.number for one in steps if one.outcome in (O.HOLDS, O.DONE, O.SKIPPED))
        assert ends == dict.fromkeys(range(1, 7), 1)
        ordered = {one.operation for one in steps if one.operation}
        assert ordered >= {line.operation for line in entries(self.audit)}, "no operation without its step"


@pytest.mark.parametrize(
    ("place", "at", "number"),
    [
        pytest.param(place, at, number, id=f"{place}, {number.name}")
        for count, (place, at) in enumerate(PLACES)
        for number in (signal.SIGKILL, IN_ORDER[count % 2])
    ],
)
async def test_the_next_console_finishes_the_walk_and_does_nothing_twice(
    place: str, at: int | None, number: signal.Signals, consoles: subprocess.Popen[str], tmp_path: Path
) -> None:
    walked = Walked(consoles, tmp_path)
    assert walked.ended(place, number) == (-number if number is signal.SIGKILL else 3)
    (tmp_path / "hold").unlink(missing_ok=True)
    for process in walked.lines("ran"):
        until(lambda process=process: not is_alive(process), "the program to end with its console")  # type: ignore[misc]

    assert walked.ended() == 0
    resumed = walked.lines("resumed")
    assert resumed == ([] if at is None else [str(at)])
    await walked.assert_whole()
    assert len(walked.lines("changes")) == 1
    assert len(walked.lines("ran")) <= 1


async def test_a_walk_that_nothing_ends_does_each_thing_once(consoles: subprocess.Popen[str], tmp_path: Path) -> None:
    walked = Walked(consoles, tmp_path)
    assert walked.ended() == 0
    await walked.assert_whole()
    assert (len(walked.lines("changes")), len(walked.lines("ran"))) == (1, 1)
    states = [(line.kind, line.state) for line in entries(walked.audit)]
    assert states == [
        *((OperationKind.SCALE, state) for state in (S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED)),
        *((OperationKind.RUN_COMMAND, state) for state in (S.RECORDED, S.SENT, S.VERIFIED)),
    ]


def is_alive(process: str) -> bool:
    """Whether it runs; its remains do not count."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
