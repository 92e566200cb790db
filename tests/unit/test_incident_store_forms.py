"""Records of older and newer forms: brought up to date after a backup, all or nothing, or read as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from incident_samples import INCIDENT, T0, event, note, opened
from opsconsole.domain.incident import IncidentState, Milestone
from opsconsole.domain.incident_event import Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.incidents.folding import fold, walks
from opsconsole.incidents.protocols import IncidentQuery, StoreError
from opsconsole.incidents.store.opening import open_copy, open_record
from opsconsole.incidents.store.place import usual_path
from opsconsole.incidents.store.schema import MIGRATIONS
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.incidents.store.verifying import verify

FORMS = Path(__file__).parent / "incident_records"
NEXT = (
    "ALTER TABLE event ADD COLUMN mood TEXT",
    "CREATE TABLE mood (incident TEXT PRIMARY KEY, word TEXT) STRICT",
    "INSERT INTO mood SELECT DISTINCT incident, 'calm' FROM event",
    "CREATE INDEX mood_of_event ON event (mood)",
)
"""What a next form could be made by."""

MIGRATING = (
    "import os, signal, sys, time\n"
    "from pathlib import Path\n"
    "import apsw\n"
    "from opsconsole.incidents.store.opening import open_record\n"
    "from opsconsole.incidents.store.schema import MIGRATIONS\n"
    f"NEXT = {NEXT!r}\n"
    "seen = 0\n"
    "def one_more(*_):\n"
    "    global seen\n"
    "    seen += 1\n"
    "    if seen == int(sys.argv[2]):\n"
    "        os.kill(os.getpid(), signal.SIGKILL)\n"
    "    return True\n"
    "def watch(connection):\n"
    "    connection.exec_trace = one_more\n"
    "apsw.connection_hooks.append(watch)\n"
    "open_record(Path(sys.argv[1]), time.time, migrations=(*MIGRATIONS, NEXT))\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A record of form 1."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return Path(shutil.copy(FORMS / "form-1.db", folder / "incidents.db"))


def form(path: Path) -> int:
    with closing(apsw.Connection(str(path))) as connection:
        return int(connection.pragma("user_version"))


def test_there_is_a_record_of_every_form() -> None:
    assert sorted(file.name for file in FORMS.glob("*.db")) == [f"form-{n}.db" for n in range(1, len(MIGRATIONS) + 1)]


@pytest.mark.parametrize("number", range(1, len(MIGRATIONS) + 1))
async def test_a_record_of_every_form_is_read_whole(number: int, tmp_path: Path) -> None:
    store = SqliteIncidents(Path(shutil.copy(FORMS / f"form-{number}.db", tmp_path / "incidents.db")))
    incident = await store.incident(INCIDENT)
    events = await store.events(INCIDENT)
    assert incident == fold(events)
    assert (incident.state, incident.cause) == (IncidentState.RESOLVED, "release 1.4.2 keeps connections")
    assert [one.value for one in incident.conflicts[0].versions] == ["release 1.4.2 keeps connections", "the node"]
    assert incident.milestones[Milestone.DETECTED] == T0 - 60
    assert [one.what.kind for one in events if isinstance(one.what, Unreadable)] == ["hologram"]
    assert [(walk.id, walk.over) for walk in walks(events)] == [("w1", True)]
    assert [one.id for one in await store.incidents(IncidentQuery(words=SafeText("连接池 1.4.2")))] == [INCIDENT]
    assert await store.watermark(SafeText("prod")) == 17
    shared = {one.id for one in events} - {one.id for one in await store.unshared(SafeText("prod"))}
    assert shared == {"g-open", "g-theirs", *(one.id for one in events if isinstance(one.what, Unreadable))}
    await store.append([event(note("and on"), 200)])
    await store.close()
    assert verify(tmp_path / "incidents.db").events == len(events) + 2


def test_an_older_record_is_copied_and_then_changed(path: Path) -> None:
    opening = open_record(path, lambda: T0, migrations=(*MIGRATIONS, NEXT))
    opening.connection.close()
    backup = path.with_name("incidents-form-1-20270115T080000Z.db")
    assert opening.backup == backup
    assert (form(path), form(backup)) == (2, 1)
    assert verify(backup).events == verify(path).events == verify(FORMS / "form-1.db").events
    assert backup.stat().st_mode & 0o777 == 0o600
    again = open_record(path, lambda: T0, migrations=(*MIGRATIONS, NEXT))
    again.connection.close()
    assert again.backup is None


def test_a_change_that_fails_leaves_the_record_as_it_was(path: Path) -> None:
    before = verify(path)
    with pytest.raises(apsw.SQLError, match="no such table: nowhere"):
        open_record(path, lambda: T0, migrations=(*MIGRATIONS, (*NEXT, "INSERT INTO nowhere VALUES (1)")))
    assert form(path) == 1
    assert verify(path) == before


def test_a_process_that_is_killed_at_any_statement_leaves_a_whole_record(path: Path, tmp_path: Path) -> None:
    ends = set[int]()
    for number in range(1, 200):
        folder = tmp_path / f"{number}"
        folder.mkdir(mode=0o700)
        copy = Path(shutil.copy(path, folder / "incidents.db"))
        done = subprocess.run((sys.executable, "-c", MIGRATING, str(copy), str(number)), check=False, timeout=60)
        ends.add(form(copy))
        assert verify(copy).problem == ""
        assert verify(copy).events == verify(path).events
        opening = open_record(copy, time.time, migrations=(*MIGRATIONS, NEXT))
        with closing(opening.connection) as connection:
            assert connection.execute("SELECT count(*) FROM mood").get == 2
        whole = list(folder.glob("incidents-form-1-*.db"))
        assert whole
        assert all(verify(file).fine and form(file) == 1 for file in whole)
        if done.returncode == 0:
            break
        assert done.returncode == -9
    else:
        pytest.fail("the migration never ends")
    assert number > 10
    assert ends == {1, 2}


async def test_a_newer_record_is_read_and_not_written(path: Path) -> None:
    open_record(path, lambda: T0, migrations=(*MIGRATIONS, NEXT)).connection.close()
    store = SqliteIncidents(path)
    assert len(await store.incidents()) == 2
    words = r"was made by a newer opsconsole \(form 2, this one knows 1\): it can be read but not written; update this"
    for writing in (
        store.append([event(note("x"), 200)]), store.merge([event(note("x"), 200)]), store.mark_shared(["g-1"]),
        store.set_watermark(SafeText("prod"), 99),
    ):  # fmt: skip
        with pytest.raises(StoreError, match=words):
            await writing
    assert store.read_only.startswith("the incident record")
    assert (await store.watermark(SafeText("prod")), len(await store.events(INCIDENT))) == (17, 26)
    await store.close()
    assert form(path) == 2


async def test_a_console_that_has_it_open_while_a_newer_one_changes_it_writes_no_more(path: Path) -> None:
    store = SqliteIncidents(path)
    await store.append([event(note("before"), 200)])
    open_record(path, lambda: T0, migrations=(*MIGRATIONS, NEXT)).connection.close()
    with pytest.raises(StoreError, match=r"newer opsconsole \(form 2, this one knows 1\)"):
        await store.append([event(note("after"), 201)])
    assert len(await store.events(INCIDENT)) == 27
    await store.close()


def test_an_older_record_is_looked_into_without_a_change(path: Path) -> None:
    before = path.read_bytes()
    opening = open_copy(path, migrations=(*MIGRATIONS, NEXT))
    with closing(opening.connection) as connection:
        assert connection.execute("SELECT count(*) FROM mood").get == 2
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["incidents.db"]


def test_two_that_migrate_at_once_do_it_once(path: Path) -> None:
    both = [subprocess.Popen((sys.executable, "-c", MIGRATING, str(path), "0"), env={**os.environ}) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert form(path) == 2
    assert verify(path).fine
    assert len(list(path.parent.glob("incidents-form-1-*.db"))) == 1


async def test_a_record_of_before_the_first_word_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    store = SqliteIncidents()
    await store.append([event(opened())])
    await store.close()
    assert form(usual_path()) == len(MIGRATIONS)


def test_a_form_is_never_left_behind(path: Path) -> None:
    """Tables and columns of the first form are there in the last, under their names."""
    opening = open_record(path, time.time)
    with closing(opening.connection) as connection:
        tables = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = [str(row[1]) for row in connection.execute("PRAGMA table_info(event)")]
    assert {"event", "incident", "words", "unshared", "watermark"} <= tables
    assert columns[:6] == ["seq", "id", "incident", "at", "recorded_at", "body"]
