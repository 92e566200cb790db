"""Notes that could not be written come back by themselves: each once, with its own time, whatever happens."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest

from failing_disk import FailingDisk
from incident_samples import INCIDENT, T0, event, field, note, opened
from opsconsole.cli.entry import main
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, IncidentSettings, Settings
from opsconsole.domain.incident import IncidentField
from opsconsole.domain.incident_event import Author, IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.store.bringing_back import BroughtBack
from opsconsole.incidents.store.opening import Opening, open_record
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.incidents.store.unwritten import put_aside
from opsconsole.record_keeping import late_records

START = event(opened(), id="open")
FIRST, SECOND = event(note("the first"), 10, id="first"), event(note("the second"), 20, id="second")

LOCKS = Path("/proc/locks")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(tmp_path / "none.toml"))
    (tmp_path / "none.toml").write_text("")
    (tmp_path / "run").mkdir()
    path = tmp_path / "state" / "opsconsole" / "incidents.db"
    asyncio.run(written(path, START))
    return path


async def written(path: Path, *events: IncidentEvent) -> None:
    store = SqliteIncidents(path)
    await store.append(events)
    await store.close()


async def brought(path: Path) -> BroughtBack | None:
    store = SqliteIncidents(path)
    try:
        return await store.bring_back()
    finally:
        await store.close()


async def refused(store: SqliteIncidents) -> str | None:
    """Why nothing could be brought back, None where it could."""
    try:
        await store.bring_back()
    except StoreError as error:
        return str(error)
    return None


def somebody_waits_for(file: Path) -> None:
    """Returns once a lock on `file` is waited for, as proc_locks(5) tells."""
    number, end = file.stat().st_ino, time.monotonic() + 60
    while not any("->" in line and f":{number} " in line for line in LOCKS.read_text().splitlines()):
        assert time.monotonic() < end, "nobody waits"


async def recorded(path: Path) -> list[IncidentEvent]:
    store = SqliteIncidents(path)
    found = await store.events(INCIDENT)
    await store.close()
    return list(found)


def aside(path: Path, *events: IncidentEvent) -> Path:
    kept = put_aside(events, (path.parent,))
    assert kept is not None
    return kept


def ids(events: Sequence[IncidentEvent]) -> list[str]:
    return [one.id for one in events]


async def test_the_next_console_brings_them_back_with_their_own_time_and_says_so_once(path: Path) -> None:
    kept = aside(path, FIRST, SECOND)
    settings = Settings(cluster=ClusterSettings("prod"), incidents=IncidentSettings(path))
    late = late_records(settings, SystemClock())
    records = await late.if_needed()
    assert records is not None
    assert records.news == ("2 notes are in the record now that could not be written before",)
    found = await records.store.events(INCIDENT)
    assert [(one.id, one.at) for one in found] == [("open", T0), ("first", T0 + 10), ("second", T0 + 20)]
    assert ids(await records.store.unshared(SafeText("prod"))) == ["open", "first", "second"]
    assert not kept.exists()
    await late.close()
    again = late_records(settings, SystemClock())
    assert await again.if_needed() is None
    await again.close()


async def test_whichever_write_fails_nothing_is_lost_and_nothing_doubled(path: Path) -> None:
    for number in range(1, 200):
        kept = aside(path, event(note(f"{number}"), number, id=f"n{number}"))
        disk = FailingDisk()

        def opener(where: Path, disk: FailingDisk = disk) -> Opening:
            return open_record(where, time.time, vfs=disk.name)

        store = SqliteIncidents(path, opener=opener)
        await store.changed()
        disk.error = apsw.FullError
        disk.arm(number)
        told = await refused(store)
        if told is None:
            await store.close()
            break
        assert "the disk is full" in told
        assert kept.exists()
        assert f"n{number}" not in ids(await recorded(path))
        disk.mend()
        assert await store.bring_back() == BroughtBack(brought=1)
        await store.close()
    assert number > 3
    assert ids(await recorded(path)) == ["open", *(f"n{one}" for one in range(1, number + 1))]
    assert not kept.exists()


async def test_a_crash_after_the_commit_brings_back_nothing_twice(path: Path) -> None:
    kept = aside(path, FIRST)
    text = kept.read_bytes()
    await brought(path)
    kept.write_bytes(text)
    assert await brought(path) == BroughtBack(known=1)
    assert ids(await recorded(path)) == ["open", "first"]
    assert not kept.exists()


async def test_a_line_that_is_no_event_is_kept_aside_once_and_named(path: Path) -> None:
    kept = aside(path, FIRST)
    torn = b'{"id": "half'
    kept.write_bytes(b"what?\n" + kept.read_bytes() + torn)
    aside(path, SECOND)
    text = kept.read_bytes()
    for _ in range(2):
        kept.write_bytes(text)
        done = await brought(path)
        assert done is not None
        assert len(done.broken) == 2
        assert f"line 1 of {kept} is kept in unwritten-notes-broken.jsonl: this is no event" in done.broken[0]
        assert "line 3" in done.broken[1]
    assert kept.with_name("unwritten-notes-broken.jsonl").read_bytes() == b"what?\n" + torn + b"\n"
    assert ids(await recorded(path)) == ["open", "first", "second"]


async def test_what_was_said_again_soon_after_stands_once_and_what_somebody_else_or_later_said_twice(
    path: Path,
) -> None:
    bob = Author(SafeText("bob@laptop"))
    await written(path, event(note("typed again"), 40, id="again"), event(note("still slow"), 2000, id="later"))
    aside(
        path,
        event(note("typed again"), 30, id="failed"),
        event(note("typed again"), 31, id="of-bob", author=bob),
        event(note("still slow"), 50, id="earlier"),
        event(note("twice"), 60, id="twice-1"),
        event(note("twice"), 61, id="twice-2"),
    )
    assert await brought(path) == BroughtBack(brought=3, known=2)
    assert ids(await recorded(path)) == ["open", "of-bob", "again", "earlier", "twice-1", "later"]


async def test_a_value_that_was_set_meanwhile_stays_in_force_beside_the_other(path: Path) -> None:
    aside(path, event(field(IncidentField.CAUSE, "the pool"), 10, id="failed"))
    await written(path, event(field(IncidentField.CAUSE, "the network"), 100, id="set"))
    await brought(path)
    store = SqliteIncidents(path)
    incident = await store.incident(INCIDENT)
    (conflict,) = incident.conflicts
    assert {one.value for one in conflict.versions} == {"the pool", "the network"}
    await store.close()


async def test_an_incident_that_could_not_be_opened_is_there_unless_it_was_opened_again(path: Path) -> None:
    lost, twice, second = (f"inc-20270115-{one * 4}" for one in "abc")
    aside(path, event(opened("lost"), 10, incident=lost), event(note("of it"), 11, incident=lost))
    aside(path, event(opened("twice"), 20, incident=twice), event(note("of that"), 20, incident=twice))
    await written(path, event(opened("twice"), 50, incident=second))
    assert await brought(path) == BroughtBack(brought=2, known=2)
    store = SqliteIncidents(path)
    assert {one.id for one in await store.incidents()} == {INCIDENT, lost, second}
    await store.close()


async def test_what_is_of_another_record_stays_where_it_is(path: Path, tmp_path: Path) -> None:
    elsewhere = event(note("of another"), 5, incident="inc-20270115-zzzz")
    kept = put_aside([elsewhere, FIRST], (tmp_path / "run" / "opsconsole",))
    assert kept is not None
    assert await brought(path) == BroughtBack(brought=1, foreign=1)
    assert "of another" in kept.read_text()
    assert "the first" not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_what_is_put_aside_while_they_are_brought_back_is_not_taken_away_with_them(path: Path) -> None:
    if not LOCKS.exists():
        pytest.skip("this system does not tell who waits for a lock")
    kept = aside(path, FIRST)
    descriptor = os.open(kept, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(StoreError, match="another console has it in hand"):
        asyncio.run(brought(path))
    writer = threading.Thread(target=aside, args=(path, SECOND))
    writer.start()
    somebody_waits_for(kept)
    kept.unlink()
    os.close(descriptor)
    writer.join(60)
    assert "the second" in kept.read_text()
    assert asyncio.run(brought(path)) == BroughtBack(brought=1)


@pytest.mark.parametrize("kind", ["a link", "a folder"])
async def test_what_is_no_file_of_the_users_is_left_and_named(path: Path, kind: str) -> None:
    kept = path.with_name("unwritten-notes.jsonl")
    if kind == "a link":
        target = path.with_name("elsewhere")
        target.write_text("not mine")
        kept.symlink_to(target)
    else:
        kept.mkdir()
    with pytest.raises(StoreError, match="are not brought back"):
        await brought(path)
    assert kept in path.parent.iterdir()


def test_the_command_brings_them_back_and_names_what_stays(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incident", "restore-notes"]) == 0
    assert "there are no notes that could not be written" in capsys.readouterr().out
    aside(path, FIRST)
    assert main(["incident", "restore-notes"]) == 0
    assert capsys.readouterr().out == "a note is in the record now that could not be written before\n"
    kept = aside(path, FIRST, event(note("x"), 1, incident="inc-20270115-zzzz"))
    kept.write_bytes(b"what?\n" + kept.read_bytes())
    assert main(["incident", "restore-notes"]) == 1
    said = capsys.readouterr()
    assert "1 were there, or written again since" in said.out
    assert "line 1 of" in said.err
    assert f"1 are of incidents that {path} does not have, and stay" in said.err
