"""`opsconsole incident` on records that are whole, damaged, new and missing."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner, Result

from incident_samples import INCIDENT, event, note, opened
from opsconsole.cli.commands import opsconsole
from opsconsole.cli.entry import main
from opsconsole.domain.errors import ConfigError
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.store.place import practice_path
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.incidents.store.verifying import verify

SAMPLE = Path(__file__).parent / "incident_records" / "form-1.db"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own record, which is not there yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "state" / "opsconsole" / "incidents.db"


@pytest.fixture
def record(path: Path) -> Path:
    """The same with two incidents in it."""
    path.parent.mkdir(parents=True, mode=0o700)
    return Path(shutil.copy(SAMPLE, path))


def call(*arguments: str) -> Result:
    return CliRunner().invoke(opsconsole, ("incident", *arguments), standalone_mode=False)


def add(path: Path, words: str) -> None:
    async def append() -> None:
        store = SqliteIncidents(path)
        await store.append([event(note(words), 300)])
        await store.close()

    asyncio.run(append())


def damage(path: Path, statement: str) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        for each in ("DROP TRIGGER event_is_never_changed", "DROP TRIGGER event_is_never_deleted", statement):
            connection.execute(each)


@pytest.mark.usefixtures("record")
def test_incidents_are_listed_in_columns() -> None:
    rows = call("list").output.splitlines()
    assert rows[0].split() == ["id", "severity", "state", "opened", "lasted", "cluster", "services", "title"]
    assert rows[1].startswith("inc-20270114-aaaa  P2        triage    2027-01-15 05:30:00Z")
    assert rows[1].endswith("qa       –                 An old one")
    assert rows[2].startswith("inc-20270115-7kq4  P2        resolved  2027-01-15 08:00:00Z  4 m ")
    assert rows[2].endswith("  prod     checkout, orders  Checkout fails")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("list", "--open"), ["inc-20270114-aaaa"]), (("list", "--cluster", "prod"), [INCIDENT]),
        (("list", "--service", "orders"), [INCIDENT]), (("list", "--severity", "P1"), []),
        (("list", "--last", "1"), ["inc-20270114-aaaa"]), (("list", "--drills"), []),
        (("search", "pool", "连接"), [INCIDENT]), (("search", "CHECKOUT"), [INCIDENT]),
        (("search", "nothing", "of", "it"), []), (("search", "pool", "-c", "qa"), []),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("record")
def test_flags_and_words_narrow_the_list(arguments: tuple[str, ...], found: list[str]) -> None:
    result = call(*arguments, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["schema"] for line in lines} <= {"opsconsole.incident/1"}
    assert [line["incident"]["id"] for line in lines] == found
    plain = call(*arguments)
    assert len(plain.stdout.splitlines()) == (len(found) + 1 if found else 0)
    assert bool(plain.stderr) == (not found)
    assert (result.return_value, plain.return_value) == (0, 0)


@pytest.mark.usefixtures("record")
def test_one_is_shown_with_its_timeline() -> None:
    text = call("show", "INC-7kq4").output
    facts, _, timeline = text.partition("\n\n")
    for fact in (
        "INC-7kq4          Checkout fails", "state             resolved", "cause named       2027-01-15 08:01:20Z",
        "commander         jane since 2027-01-15 08:01:05Z until 2027-01-15 08:03:05Z",
        "done              give connections back (ali, due 2027-01-26 21:46:40Z)",
        "CONFLICT          cause: release 1.4.2 keeps connections (jane@laptop), the node (mei@box); set it anew",
    ):  # fmt: skip
        assert fact in facts
    rows = timeline.splitlines()
    assert rows[0].split() == ["time", "who", "what"]
    assert len(rows) == 27
    assert rows[1].startswith("2027-01-15 07:55:00Z  jane@laptop  rollout of deployment shop/checkout")
    lines = [json.loads(line) for line in call("show", "7kq4", "--json").stdout.splitlines()]
    assert (lines[0]["incident"]["id"], len([line for line in lines if "event" in line])) == (INCIDENT, 26)


@pytest.mark.usefixtures("record")
def test_a_name_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("incident", "show", "inc\x1b[2J")) == 1
    told = capsys.readouterr().err
    assert told.startswith("opsconsole: there is no incident")
    assert "\x1b" not in told
    assert told.count("\n") == 1


def test_a_machine_without_incidents_says_so_and_makes_no_file(path: Path) -> None:
    result = call("list")
    assert (result.return_value, result.stdout, result.stderr) == (
        0,
        "",
        "opsconsole: no incident is recorded that fits\n",
    )
    assert not path.exists()


@pytest.mark.usefixtures("path")
def test_another_file_is_read_where_it_is_named_and_stays_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "of-a-colleague"
    shared.mkdir()
    copy = Path(shutil.copy(SAMPLE, shared / "monday.db"))
    copy.chmod(0o644)
    assert len(call("list", "--file", str(copy), "--json").stdout.splitlines()) == 2
    assert len(call("search", "pool", "--file", str(copy), "--json").stdout.splitlines()) == 1
    assert "Checkout fails" in call("show", "7kq4", "--file", str(copy)).stdout
    assert (copy.read_bytes(), copy.stat().st_mode & 0o777) == (SAMPLE.read_bytes(), 0o644)
    assert [file.name for file in shared.iterdir()] == ["monday.db"]
    other = tmp_path / "notes.txt"
    other.write_text("no record " * 1000)
    other.chmod(0o644)
    assert isinstance(call("list", "--file", str(other)).exception, StoreError)
    assert other.stat().st_mode & 0o777 == 0o644
    with pytest.raises(ConfigError, match="--file: there is no"):
        CliRunner().invoke(
            opsconsole, ("incident", "list", "--file", "missing.db"), standalone_mode=False, catch_exceptions=False
        )


@pytest.mark.usefixtures("record")
def test_the_incidents_of_the_demo_are_in_a_record_of_their_own(path: Path) -> None:
    practice = practice_path(path)
    assert "no incident is recorded that fits" in call("list", "--practice").stderr
    assert not practice.parent.exists()
    store = SqliteIncidents(practice)

    async def opened_there() -> None:
        await store.append([event(opened("In the demo", cluster="practice"), incident="inc-20270116-demo")])
        await store.close()

    asyncio.run(opened_there())
    assert [row[:17] for row in call("list", "--practice").output.splitlines()[1:]] == ["inc-20270116-demo"]
    assert "inc-20270116-demo" not in call("list").output
    assert "In the demo" in call("search", "demo", "--practice").output
    assert "In the demo" in call("export", "INC-demo", "--practice", "--output", "-").output
    assert "1 incidents" in call("verify", "--practice").output
    assert isinstance(call("list", "--practice", "--file", str(path)).exception, ConfigError)


def test_a_backup_is_whole_private_and_never_replaces_a_file(record: Path, tmp_path: Path) -> None:
    target = tmp_path / "monday.db"
    result = call("backup", str(target))
    assert result.stdout == f"{target}: a copy of {record}; `opsconsole incident restore {target}` puts it back\n"
    assert verify(target) == verify(record)
    assert target.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.glob(".*")] == []
    before = target.read_bytes()
    again = call("backup", str(target))
    assert isinstance(again.exception, StoreError)
    assert f"{record} can't be copied: there is a file already; choose another name" in str(again.exception)
    assert target.read_bytes() == before


@pytest.mark.usefixtures("path")
def test_a_record_that_is_not_there_has_no_backup(tmp_path: Path) -> None:
    result = call("backup", str(tmp_path / "monday.db"))
    assert isinstance(result.exception, StoreError)
    assert list(tmp_path.glob("*.db")) == []


def test_a_damaged_record_is_no_backup(record: Path, tmp_path: Path) -> None:
    damage(record, "UPDATE words_content SET c0 = 'x'")
    result = call("backup", str(tmp_path / "monday.db"))
    assert isinstance(result.exception, StoreError)
    assert "can't be copied: the file is damaged" in str(result.exception)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == []


def test_a_restored_record_is_that_of_before_and_what_came_since_is_kept(record: Path, tmp_path: Path) -> None:
    target = tmp_path / "monday.db"
    call("backup", str(target))
    add(record, "written on Tuesday")
    result = call("restore", str(target))
    assert result.stdout.startswith(f"{record}: 2 incidents with 27 events put back; what was there before is kept in ")
    kept = Path(result.stdout.strip().rpartition(" ")[2])
    assert kept.parent == record.parent
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (verify(record).events, verify(kept).events) == (27, 28)
    assert record.stat().st_mode & 0o777 == 0o600
    assert call("search", "Tuesday").stdout == ""
    assert INCIDENT in call("search", "Tuesday", "--file", str(kept)).stdout


def test_a_console_that_is_open_goes_on_with_what_was_put_back(record: Path, tmp_path: Path) -> None:
    target = tmp_path / "monday.db"
    call("backup", str(target))

    async def walk() -> None:
        store = SqliteIncidents(record)
        await store.append([event(note("written on Tuesday"), 300)])
        result = await asyncio.to_thread(call, "restore", str(target))
        assert result.exception is None
        assert (await store.incident(INCIDENT)).events == 26
        await store.append([event(note("written on Wednesday"), 400)])
        assert (await store.incident(INCIDENT)).events == 27
        await store.close()

    asyncio.run(walk())
    found = verify(record)
    assert (found.problem, found.events) == ("", 28)


def test_a_backup_is_restored_where_there_is_no_record_yet(path: Path) -> None:
    assert call("restore", str(SAMPLE)).stdout == f"{path}: 2 incidents with 27 events put back\n"
    assert verify(path).fine


def test_a_damaged_backup_is_not_restored(record: Path, tmp_path: Path) -> None:
    bad = Path(shutil.copy(SAMPLE, tmp_path / "bad.db"))
    damage(bad, "UPDATE event SET body = x'00' WHERE id = 'g-8'")
    result = call("restore", str(bad))
    assert isinstance(result.exception, StoreError)
    assert "bad.db is not put back: row 10 of the events (g-8 of inc-20270115-7kq4) can't be read" in str(
        result.exception
    )
    assert "nothing was changed, try an older backup" in str(result.exception)
    assert [file.name for file in record.parent.glob("*before*")] == []


def test_a_record_that_is_beyond_repair_is_moved_away_for_the_backup(record: Path) -> None:
    wreck = b"no database at all" * 500
    record.write_bytes(wreck)
    result = call("restore", str(SAMPLE))
    kept = Path(result.stdout.strip().rpartition(" ")[2])
    assert (kept.read_bytes(), verify(record).events) == (wreck, 27)


def test_a_console_whose_record_was_damaged_goes_on_once_it_was_restored(record: Path) -> None:
    async def walk() -> None:
        store = SqliteIncidents(record)
        await store.changed()
        await asyncio.to_thread(record.write_bytes, b"no database at all" * 500)
        with pytest.raises(StoreError, match="the file is damaged"):
            await store.append([event(note("written on Tuesday"), 300)])
        await asyncio.to_thread(call, "restore", str(SAMPLE))
        await store.append([event(note("written on Wednesday"), 400)])
        await store.close()

    asyncio.run(walk())
    found = verify(record)
    assert (found.problem, found.events) == ("", 28)


def test_a_whole_record_is_verified(record: Path) -> None:
    result = call("verify")
    assert result.stdout == f"{record}: 2 incidents with 27 events fit, 1 of them by a newer console\n"
    told = json.loads(call("verify", "--json").stdout)
    assert (told["schema"], told["fine"], told["form"], told["events"]) == ("opsconsole.incident-record/1", True, 1, 27)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE event SET body = x'7b' WHERE seq IN (3, 5)",
            "row 3 of the events (g-1 of inc-20270115-7kq4) can't be",
        ),
        ("UPDATE event SET incident = 'inc-x' WHERE seq = 4", "row 4 of the events (g-2 of inc-x) can't be read"),
        ("UPDATE event SET id = 'g-new' WHERE seq = 4", "row 4 of the events (g-new of inc-20270115-7kq4) can't be"),
        ("DELETE FROM event WHERE seq = 4", "what is kept of INC-7kq4 (inc-20270115-7kq4) is not what its events say"),
        ("UPDATE incident SET body = x'7b7d'", "what is kept of INC-7kq4 (inc-20270115-7kq4) is not what its events"),
        ("DROP TABLE event", "the file is damaged: "),
        ("UPDATE words_content SET c0 = 'x'", "the file is damaged: "),
        ("PRAGMA application_id = 7", "the file is damaged: this is a database, but no incident record"),
    ],
)
def test_the_first_thing_that_does_not_fit_is_named(record: Path, statement: str, words: str) -> None:
    call("list")  # what is kept of each incident is of the present form now
    damage(record, statement)
    result = call("verify")
    assert result.return_value == 1
    assert result.stdout.startswith(f"{record}: {words}")
    assert json.loads(call("verify", "--json").stdout)["fine"] is False


@pytest.mark.parametrize("size", [0, 100, 8192, 50_000])
def test_a_file_that_was_cut_is_not_fine(record: Path, size: int) -> None:
    record.write_bytes(record.read_bytes()[:size])
    result = call("verify")
    assert result.return_value == 1
    assert "the file is " in result.stdout


@pytest.mark.usefixtures("path")
def test_verifying_what_is_not_there_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("incident", "verify", "--file", "missing.db")) == 2
    assert main(("incident", "verify")) == 1
    assert "there is no such file; check its name" in capsys.readouterr().err
