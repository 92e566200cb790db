"""The record when processes are killed, disks fail or fill up: what was promised is there, and nothing by half."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

import apsw
import msgspec
import pytest

from failing_disk import FailingDisk
from incident_samples import INCIDENT, event, fired, note, opened
from opsconsole.domain.incident_event import IncidentEvent, Noted
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.store.opening import Opening, open_record
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.incidents.store.verifying import verify

TESTS = Path(__file__).resolve().parents[1]
WRITERS = (sys.executable, str(TESTS / "incident_writer.py"))
ROUNDS = 30
START = event(opened(), id="open")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "incidents.db"
    asyncio.run(append(path, START, event(note("the first"), 1, id="first")))
    return path


async def append(path: Path, *events: IncidentEvent) -> None:
    store = SqliteIncidents(path)
    await store.append(events)
    await store.close()


def stored(path: Path) -> set[str]:
    with closing(apsw.Connection(str(path))) as connection:
        return {str(name) for (name,) in connection.execute("SELECT id FROM event")}


async def refused(store: SqliteIncidents, events: Sequence[IncidentEvent]) -> str | None:
    """The sentence with which `events` were refused; None when they were taken."""
    try:
        await store.append(events)
    except StoreError as error:
        return str(error)
    return None


def on(disk: FailingDisk) -> Callable[[Path], Opening]:
    return partial(open_record, now=time.time, vfs=disk.name)


@pytest.fixture
def writers() -> Iterator[subprocess.Popen[str]]:
    """Where writers come from."""
    with subprocess.Popen(WRITERS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


class Writer:
    """A process that writes to the record until it is killed."""

    def __init__(self, told: TextIO, process: int) -> None:
        self.told = told
        self._process: int | None = process

    def kill(self) -> None:
        if self._process is not None:
            os.kill(self._process, signal.SIGKILL)
        self._process = None

    def acknowledged(self) -> set[str]:
        """What it had told when it was killed and nobody has read yet; a line without its end was not told."""
        return {line.strip() for line in self.told.read().splitlines(keepends=True) if line.endswith("\n")}


@contextmanager
def writer(writers: subprocess.Popen[str], path: Path, name: str) -> Iterator[Writer]:
    fifo = path.with_name(name)
    os.mkfifo(fifo)
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{fifo} {path} {name}\n")
    writers.stdin.flush()
    process = int(writers.stdout.readline())
    with fifo.open() as told:
        made = Writer(told, process)
        try:
            yield made
        finally:
            made.kill()


def test_thirty_rounds_of_two_killed_writers_lose_no_acknowledged_note(
    writers: subprocess.Popen[str], path: Path
) -> None:
    chance, promised = random.Random(4), set[str]()
    for number in range(ROUNDS):
        with writer(writers, path, f"a{number}") as one, writer(writers, path, f"b{number}") as other:
            for process in (one, other):
                promised |= {process.told.readline().strip() for _ in range(chance.randint(1, 6))}
            for process in chance.sample((one, other), 2):
                process.kill()
            promised |= one.acknowledged() | other.acknowledged()
    assert len(promised) >= 2 * ROUNDS
    assert "" not in promised
    there = stored(path)
    assert {f"{name}-{half}" for name in promised for half in (1, 2)} <= there
    halves = {name for name in there if name[-2:] in ("-1", "-2")}
    assert {name[:-1] + "1" for name in halves} == {name for name in halves if name.endswith("1")}
    assert {name[:-1] + "2" for name in halves} <= halves
    found = verify(path)
    assert (found.problem, found.events) == ("", len(there))


@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError], ids=["broken", "full"])
async def test_whichever_write_fails_all_of_it_is_there_or_nothing(
    path: Path, tmp_path: Path, error: type[apsw.Error]
) -> None:
    failures = 0
    for number in range(1, 500):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        copy = Path(shutil.copy(path, folder / path.name))
        disk = FailingDisk()
        disk.error = error
        store = SqliteIncidents(copy, opener=on(disk))
        await store.changed()
        disk.arm(number)
        new = [event(note("the second"), 2, id="second"), event(note("the third"), 3, id="third")]
        if (told := await refused(store, new)) is None:
            assert stored(copy) == {"open", "first", "second", "third"}
            await store.close()
            break
        failures += 1
        assert "the disk" in told
        assert "then try again; nothing was written, the text is kept in" in told
        assert (folder / "unwritten-notes.jsonl").read_text().count("the second") == 1
        assert stored(copy) == {"open", "first"}
        assert verify(copy).fine
        disk.mend()
        assert len(await store.append(new)) == 2
        await store.close()
        assert verify(copy).events == 4
    else:
        pytest.fail("something fails whatever is written")
    assert failures > 10


async def test_a_record_that_has_reached_its_limit_says_so_and_keeps_the_text(path: Path) -> None:
    def limited(path: Path) -> Opening:
        opening = open_record(path, time.time)
        opening.connection.pragma("max_page_count", int(opening.connection.pragma("page_count")))
        return opening

    store = SqliteIncidents(path, opener=limited)
    with pytest.raises(StoreError, match=r"disk is full.*free some space") as told:
        await store.append([event(note("much to say " * 2000), 2, id="long")])
    aside = path.with_name("unwritten-notes.jsonl")
    assert str(aside) in str(told.value)
    assert "much to say" in aside.read_text()
    assert aside.stat().st_mode & 0o777 == 0o600
    assert {one.id for one in await store.events(INCIDENT)} == {"open", "first"}
    await store.close()
    assert stored(path) == {"open", "first"}
    assert verify(path).fine


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small disk can't be mounted without root")
    done = subprocess.run(("mount", "-t", "tmpfs", "-o", "size=400k,mode=700", "tmpfs", str(place)), check=False)
    if done.returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield place
    subprocess.run(("umount", "-l", str(place)), check=True)


async def test_a_disk_that_is_really_full_loses_nothing_that_was_acknowledged(small_disk: Path, tmp_path: Path) -> None:
    path, refuge = small_disk / "incidents.db", tmp_path / "refuge"
    refuge.mkdir()
    store = SqliteIncidents(path, refuges=(refuge,))
    await store.append([START])
    promised = {"open"}
    for number in range(1000):
        told = await refused(store, [event(note(f"{number} " * 400), number, id=f"n{number}")])
        if told is not None:
            break
        promised.add(f"n{number}")
    else:
        pytest.fail("the disk is never full")
    assert "full" in told
    assert told.rpartition(" ")[2] in {str(folder / "unwritten-notes.jsonl") for folder in (small_disk, refuge)}
    assert f"{number} {number}" in Path(told.rpartition(" ")[2]).read_text()  # noqa: ASYNC240 - nothing else waits
    assert len(promised) > 5
    assert {one.id for one in await store.events(INCIDENT)} == promised
    await store.close()
    assert verify(path).events == len(promised)


async def test_words_that_can_be_put_nowhere_are_said_to_be_lost(path: Path) -> None:
    path.with_name("unwritten-notes.jsonl").symlink_to(path.with_name("elsewhere"))
    disk = FailingDisk()
    store = SqliteIncidents(path, opener=on(disk), refuges=())
    await store.changed()
    disk.arm(1)
    with pytest.raises(StoreError, match="could not be put elsewhere: note it down yourself"):
        await store.append([event(note("lost"), 2)])
    assert not path.with_name("elsewhere").exists()
    disk.mend()
    await store.close()


async def test_words_go_where_a_full_disk_is_no_matter(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path.with_name("unwritten-notes.jsonl").symlink_to(path.with_name("elsewhere"))
    disk = FailingDisk()
    store = SqliteIncidents(path, opener=on(disk))
    await store.changed()
    disk.arm(1)
    told = await refused(store, [event(note("put aside"), 2)])
    kept = tmp_path / "opsconsole" / "unwritten-notes.jsonl"
    assert told is not None
    assert told.endswith(f"the text is kept in {kept}")
    assert kept.read_text().count("put aside") == 1
    disk.mend()
    await store.close()


async def test_what_a_source_told_is_not_put_aside(path: Path) -> None:
    disk = FailingDisk()
    store = SqliteIncidents(path, opener=on(disk))
    await store.changed()
    disk.arm(1)
    told = await refused(store, [msgspec.structs.replace(event(fired(), 2), origin=SafeText("alertmanager"))])
    assert told is not None
    assert told.endswith("then try again")
    assert not path.with_name("unwritten-notes.jsonl").exists()
    disk.mend()
    await store.close()


def test_wherever_the_log_is_cut_what_is_left_is_a_beginning_of_what_was_written(path: Path, tmp_path: Path) -> None:
    disk, main = FailingDisk(), path.read_bytes()

    async def write() -> bytes:
        store = SqliteIncidents(path, opener=on(disk))
        for number in range(4):
            await store.append([event(note(f"{number} {half}"), number, id=f"n{number}{half}") for half in "ab"])
        log = path.with_name("incidents.db-wal").read_bytes()
        await store.close()
        return log

    log = asyncio.run(write())
    seen = set[int]()
    for end in sorted({0, *disk.log_writes, *(place - 7 for place in disk.log_writes)}):
        folder = tmp_path / f"cut{end}"
        folder.mkdir()
        cut = folder / "incidents.db"
        cut.write_bytes(main)
        cut.with_name("incidents.db-wal").write_bytes(log[:end])
        there = stored(cut) - {"open", "first"}
        seen.add(len(there))
        assert there == {f"n{number}{half}" for number in range(len(there) // 2) for half in "ab"}
        assert verify(cut).fine
    assert seen == {0, 2, 4, 6, 8}


async def test_one_is_killed_in_the_middle_of_a_transaction_and_the_other_goes_on(path: Path) -> None:
    held = (
        "import apsw, sys, time\n"
        "one = apsw.Connection(sys.argv[1])\n"
        "one.execute('BEGIN IMMEDIATE')\n"
        "one.execute(\"INSERT INTO event (id, incident, at, recorded_at, body) VALUES ('half', 'x', 1, 1, x'7b7d')\")\n"
        "print('held', flush=True)\n"
        "time.sleep(600)\n"
    )
    store = SqliteIncidents(path)
    await store.changed()
    with subprocess.Popen((sys.executable, "-c", held, str(path)), stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220 - it is talked to in lines
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        writing = asyncio.create_task(store.append([event(note("goes on"), 2, id="next")]))
        assert await asyncio.to_thread(stored, path) == {"open", "first"}
        process.kill()
        await writing
    await store.close()
    assert stored(path) == {"open", "first", "next"}
    assert verify(path).fine


async def test_a_record_that_another_one_holds_for_long_says_so(path: Path) -> None:
    store = SqliteIncidents(path, opener=lambda path: open_record(path, time.time, busy_milliseconds=50))
    await store.changed()
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another console held it for longer than"):
            await store.append([event(note("later"), 2, id="later")])
        other.execute("ROLLBACK")
    await store.append([event(note("later"), 2, id="later")])
    assert [one.what for one in await store.events(INCIDENT)][-1] == Noted(note("later").words)
    await store.close()


def test_a_file_that_may_not_grow_takes_a_note_whole_or_not_at_all(path: Path) -> None:
    """The same as a failing write, by the kernel's own limit, at many sizes of the log of changes."""
    script = (
        "import asyncio, resource, sys\n"
        "from pathlib import Path\n"
        "from incident_samples import event, note\n"
        "from opsconsole.incidents.protocols import StoreError\n"
        "from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents\n"
        "async def main():\n"
        "    store = SqliteIncidents(Path(sys.argv[1]))\n"
        "    await store.changed()\n"
        "    for limit in range(0, 60_000, 4_100):\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))\n"
        "        pair = [event(note('x'), id=f'l{limit}{half}') for half in 'ab']\n"
        "        try:\n"
        "            await store.append(pair)\n"
        "            print(limit, 'written', flush=True)\n"
        "        except StoreError:\n"
        "            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "            print(limit, 'refused', flush=True)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", script, str(path)), env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    outcomes = dict(line.split() for line in done.stdout.splitlines())
    assert set(outcomes.values()) == {"written", "refused"}
    written = {f"l{limit}{half}" for limit, outcome in outcomes.items() if outcome == "written" for half in "ab"}
    assert stored(path) == {"open", "first"} | written
    assert verify(path).fine
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
