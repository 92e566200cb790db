"""The record as a file: private, on a disk of this machine, shared by several consoles, and not trusted."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from incident_samples import INCIDENT, event, field, note, opened
from opsconsole.domain.incident import IncidentField
from opsconsole.domain.incident_event import IncidentEvent, Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import FieldConflictError, IncidentQuery, StoreError
from opsconsole.incidents.store.opening import Opening, open_record
from opsconsole.incidents.store.place import file_system, prepare, usual_path
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents

START = event(opened(), id="open")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "opsconsole" / "incidents.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteIncidents]:
    made = SqliteIncidents(path)
    yield made
    await made.close()


def put(path: Path, content: bytes, permissions: int = 0o600) -> None:
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    path.write_bytes(content)
    path.chmod(permissions)


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    path.symlink_to(target)


def content(path: Path) -> bytes:
    return path.read_bytes()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_file_and_folder_are_the_users_alone_whatever_the_mask(path: Path) -> None:
    before = os.umask(0)
    try:
        store = SqliteIncidents(path)
        await store.append([START])
        files = list(path.parent.iterdir())
        assert {file.name: mode(file) for file in files} == {
            "incidents.db": 0o600, "incidents.db-wal": 0o600, "incidents.db-shm": 0o600,
        }  # fmt: skip
        assert mode(path.parent) == 0o700
        await store.close()
    finally:
        os.umask(before)


async def test_a_file_that_others_could_read_is_made_private(store: SqliteIncidents, path: Path) -> None:
    put(path, b"", 0o644)
    await store.append([START])
    assert mode(path) == 0o600


def test_the_users_own_record_is_in_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert usual_path() == tmp_path / "opsconsole" / "incidents.db"


async def test_every_commit_is_on_the_disk_before_it_counts(path: Path) -> None:
    seen: list[tuple[object, ...]] = []

    def opened_as_usual(path: Path) -> Opening:
        opening = open_record(path, time.time)
        seen.append(tuple(opening.connection.pragma(name) for name in ("journal_mode", "synchronous")))
        return opening

    strict = SqliteIncidents(path, opener=opened_as_usual)
    await strict.append([START])
    await strict.close()
    assert seen == [("wal", 2)]  # 2 is FULL


async def test_a_link_is_not_followed(store: SqliteIncidents, path: Path, tmp_path: Path) -> None:
    link(path, tmp_path / "elsewhere.db")
    with pytest.raises(StoreError, match="it is a link; give the file itself"):
        await store.append([START])
    assert not (tmp_path / "elsewhere.db").exists()


async def test_a_folder_that_others_may_write_to_is_refused(store: SqliteIncidents, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o777)
    with pytest.raises(StoreError, match=r"others may write to .*; `chmod go-w` it first"):
        await store.append([START])


MOUNTS = (
    "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
    "30 22 0:40 / /srv rw shared:1 - nfs4 files:/srv rw\n"
    "31 30 0:41 / /srv/jane/My\\040Disk rw - ext4 /dev/sdb rw\n"
    "32 22 0:42 / /mnt rw - ext4 /dev/sdc rw\n"
    "33 22 0:43 / /mnt rw - fuse.sshfs box:/ rw\n"
    "a line that is none\n"
)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/jane", "nfs4"), ("/srv/jane/My Disk/state", "ext4"), ("/srvstead", "ext4"), ("/var/lib", "ext4"),
        ("/mnt/x", "fuse.sshfs"),
    ],
)  # fmt: skip
def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert file_system(Path(folder), mounts) == kind
    assert file_system(Path(folder), tmp_path / "missing") == ""


def test_a_file_system_of_the_network_is_refused_with_what_to_do(path: Path, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 22 0:40 / {tmp_path} rw - nfs4 files:/srv rw\n")
    with pytest.raises(StoreError, match=r"file system of the network \(nfs4\).*set `store` under \[incidents\]"):
        prepare(path, mounts=mounts)
    assert not path.exists()


async def test_two_stores_on_one_file_see_each_other_and_their_conflict(store: SqliteIncidents, path: Path) -> None:
    other = SqliteIncidents(path)
    await store.append([START])
    seen = await other.changed()
    await store.append([event(field(IncidentField.CAUSE, "pool"), 1, id="pool")])
    assert await other.changed(seen) > seen
    with pytest.raises(FieldConflictError, match="cause was set to 'pool' in between"):
        await other.append([event(field(IncidentField.CAUSE, "cache"), 2)])
    await other.merge([event(field(IncidentField.CAUSE, "cache"), 2, id="cache")])
    assert [one.value for one in (await store.incident(INCIDENT)).conflicts[0].versions] == ["pool", "cache"]
    await other.close()


async def test_the_loop_goes_on_while_the_record_is_held(store: SqliteIncidents, path: Path) -> None:
    await store.append([START])
    with closing(apsw.Connection(str(path))) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.append([event(note("later"), 1, id="later")]))
        turns = 0
        while turns < 1000 and not writing.done():
            await asyncio.sleep(0)
            turns += 1
        assert turns == 1000
        holder.execute("ROLLBACK")
    assert [one.id for one in await writing] == ["later"]


async def test_a_writer_whose_task_is_cancelled_has_written_whole(store: SqliteIncidents, path: Path) -> None:
    await store.append([START])
    with closing(apsw.Connection(str(path))) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.append([event(note("later"), 1, id="later")]))
        await asyncio.sleep(0.01)
        writing.cancel()
        holder.execute("ROLLBACK")
    assert [one.id for one in await store.events(INCIDENT)] == ["open", "later"]


async def test_many_that_open_a_new_record_at_once_all_write_to_it(path: Path) -> None:
    stores = [SqliteIncidents(path) for _ in range(8)]
    await asyncio.gather(*(
        one.append([event(opened(), incident=f"inc-{number}")]) for number, one in enumerate(stores)
    ))  # fmt: skip
    assert len(await stores[0].incidents()) == 8
    await asyncio.gather(*(one.close() for one in stores))


async def test_a_closed_store_says_so_and_may_be_closed_again(store: SqliteIncidents) -> None:
    await store.append([START])
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="is closed"):
        await store.changed()
    assert "incidents" not in {thread.name.partition("_")[0] for thread in threading.enumerate()}


def test_nothing_slow_is_imported_before_the_first_call() -> None:
    script = (
        "import sys\n"
        "from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents\n"
        "from opsconsole.incidents.store.place import usual_path\n"
        "SqliteIncidents()\n"
        "print(sorted({'apsw', 'platformdirs', 'textual'} & set(sys.modules)))\n"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- a file that anybody may have written -----------------------------------------------------------


def tampered(path: Path, *statements: str) -> None:
    """Do what a person with an editor for databases can do."""
    with closing(apsw.Connection(str(path))) as connection:
        for statement in ("DROP TRIGGER event_is_never_changed", "DROP TRIGGER event_is_never_deleted", *statements):
            connection.execute(statement)


async def written(path: Path, *events: IncidentEvent) -> None:
    store = SqliteIncidents(path)
    await store.append(events)
    await store.close()


async def test_events_are_only_added(store: SqliteIncidents, path: Path) -> None:
    await store.append([START])
    with closing(apsw.Connection(str(path))) as connection:
        for statement in ("UPDATE event SET body = x'7b7d'", "DELETE FROM event"):
            with pytest.raises(apsw.ConstraintError, match="events are only added"):
                connection.execute(statement)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET body = x'7b' WHERE id = 'n'",
        "UPDATE event SET body = (SELECT body FROM event WHERE id = 'open') WHERE id = 'n'",
        "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), '1800000001.0', '1e300') AS BLOB) WHERE id = 'n'",
        "UPDATE event SET body = x'ff00ff' WHERE id = 'n'",
        "UPDATE event SET at = 1e300, body = x'' WHERE id = 'n'",
    ],
)
async def test_a_row_that_is_no_event_is_shown_as_such(store: SqliteIncidents, path: Path, change: str) -> None:
    await written(path, START, event(note("one"), 1, id="n"))
    tampered(path, change)
    events = {one.id: one for one in await store.events(INCIDENT)}
    assert events["open"] == START
    assert isinstance(events["n"].what, Unreadable)
    assert events["n"].what.kind == "damaged"
    await store.append([event(note("it goes on"), 5)])
    assert (await store.incident(INCIDENT)).events == 3


async def test_what_is_kept_of_an_incident_is_worked_out_anew_when_it_is_none(path: Path) -> None:
    await written(path, START)
    for change in ("UPDATE incident SET body = x'7b7d'", "DELETE FROM incident", "UPDATE incident SET folding = 0"):
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute(change)
        fresh = SqliteIncidents(path)
        assert [one.title for one in await fresh.incidents()] == ["Checkout fails"]
        await fresh.close()


async def test_escape_sequences_in_the_file_do_not_get_out(store: SqliteIncidents, path: Path) -> None:
    await written(path, START, event(note("NOTE"), 1))
    put_in = "SET body = CAST(replace(CAST(body AS TEXT), '%s', '\\u001b]52;c;x\\u0007') AS BLOB)"
    tampered(path, f"UPDATE event {put_in % 'NOTE'}", f"UPDATE incident {put_in % 'Checkout'}")
    (incident,) = await store.incidents()
    for said in (incident.title, repr((await store.events(INCIDENT))[1].what)):
        assert "␛]52;c;x␇" in said
        assert "\x1b" not in said


async def test_text_that_is_no_text_is_a_sentence(store: SqliteIncidents, path: Path) -> None:
    await written(path, START)
    tampered(path, "UPDATE incident SET id = CAST(x'ff' AS TEXT)")
    with pytest.raises(StoreError, match=r"the file is damaged; `opsconsole incident verify` says where"):
        await store.incidents()


@pytest.mark.parametrize("damage", ["no database", "cut", "overwritten"])
async def test_a_damaged_file_is_a_sentence_with_what_to_do(store: SqliteIncidents, path: Path, damage: str) -> None:
    await written(path, START, *(event(note("word " * 400), number) for number in range(30)))
    whole = content(path)
    wreck = {
        "no database": b"dear diary " * 1000,
        "cut": whole[: len(whole) // 3],
        "overwritten": whole[:4096] + b"\xa5" * (len(whole) - 4096),
    }
    put(path, wreck[damage])
    with pytest.raises(StoreError, match=r"the file is damaged.*`opsconsole incident restore FILE` puts a backup"):
        await store.append([event(note("my words"), 50)])
    with pytest.raises(StoreError, match="can't be read: the file is damaged"):
        await store.incidents(IncidentQuery(words=SafeText("word")))
    assert "my words" in path.with_name("unwritten-notes.jsonl").read_text()


async def test_somebody_elses_database_is_left_alone(store: SqliteIncidents, path: Path) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("CREATE TABLE cookies (name)")
    before = content(path)
    with pytest.raises(StoreError, match="the file is damaged"):
        await store.append([START])
    assert content(path) == before
