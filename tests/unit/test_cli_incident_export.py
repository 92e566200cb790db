"""`opsconsole incident export`: a new file of one's own, or stdout, in three forms."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.commands import opsconsole
from opsconsole.cli.entry import main
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from post_mortem_samples import INCIDENT, whole_incident

EXAMPLE = Path(__file__).parent / "post_mortems" / "checkout.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty, of a user whose record has the whole incident."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "state" / "opsconsole" / "incidents.db"
    path.parent.mkdir(parents=True, mode=0o700)
    keep(path, INCIDENT)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def keep(path: Path, name: str) -> None:
    events = [
        msgspec.structs.replace(
            event, id=f"{name} {event.id}", incident=name, replaces=tuple(f"{name} {one}" for one in event.replaces)
        )
        for event in whole_incident()
    ]

    async def merge() -> None:
        store = SqliteIncidents(path)
        await store.merge(events)
        await store.close()

    asyncio.run(merge())


def call(*arguments: str) -> Result:
    return CliRunner().invoke(opsconsole, ("incident", "export", *arguments), standalone_mode=False)


def without_its_end(text: str) -> list[str]:
    """Its lines but for the one that tells when it was written."""
    return [line for line in text.splitlines() if not line.startswith("Written by opsconsole")]


def test_it_is_written_into_a_new_file_of_the_incidents_name_for_its_owner_alone(folder: Path) -> None:
    result = call("INC-7kq4", "--time-zone", "UTC")
    assert result.output == f"{INCIDENT}.md\n"
    path = folder / f"{INCIDENT}.md"
    assert without_its_end(path.read_text("utf-8")) == without_its_end(EXAMPLE.read_text("utf-8"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_time_another_name_is_found(folder: Path) -> None:
    call(INCIDENT)
    (folder / f"{INCIDENT}.md").write_text("mine")
    assert call(INCIDENT).output == f"{INCIDENT}-2.md\n"
    assert (folder / f"{INCIDENT}.md").read_text() == "mine"


def test_json_goes_to_stdout(folder: Path) -> None:
    found = json.loads(call("7kq4", "--format", "json", "--output", "-").output)
    assert found["schema"] == "opsconsole.post-mortem/1"
    assert found["incident"]["id"] == INCIDENT
    assert list(folder.iterdir()) == []


def test_a_page_goes_where_it_is_wanted(folder: Path) -> None:
    assert call("7kq4", "--format", "html", "--output", "page.html").output == "page.html\n"
    assert (folder / "page.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("through", ["file", "link", "dangling link"])
def test_nothing_that_is_there_is_written_over(folder: Path, through: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder / "target"
    if through != "dangling link":
        target.write_text("mine")
    if through != "file":
        (folder / "out.md").symlink_to(target)
    out = "target" if through == "file" else "out.md"
    assert main(("incident", "export", "7kq4", "--output", out)) == 2
    assert capsys.readouterr().err == f"opsconsole: --output: {out} is there already; name another file\n"
    assert not target.exists() or target.read_text() == "mine"


def test_a_folder_that_is_not_there_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del folder
    assert main(("incident", "export", "7kq4", "--output", "no/such.md")) == 2
    assert "can't write no/such.md (No such file or directory); name another file" in capsys.readouterr().err


def test_an_id_that_others_chose_leads_nowhere_else(folder: Path, tmp_path: Path) -> None:
    keep(tmp_path / "state" / "opsconsole" / "incidents.db", "../../inc-x-evil")
    output = call("evil").output
    assert [path.name for path in folder.iterdir()] == [output.strip()]
    assert "/" not in output


def test_an_incident_that_is_not_there_is_no_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("incident", "export", "nope")) == 1
    assert "there is no incident" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_zone_that_is_none_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del folder
    assert main(("incident", "export", "7kq4", "--time-zone", "Mars/Base")) == 2
    assert "write UTC, local or Europe/Berlin" in capsys.readouterr().err


def test_times_are_in_the_configured_zone(folder: Path, tmp_path: Path) -> None:
    del folder
    config = tmp_path / "config" / "opsconsole" / "config.toml"
    config.parent.mkdir(parents=True, mode=0o700)
    config.write_text('time_zone = "Asia/Shanghai"\n')
    config.chmod(0o600)
    assert "CST, UTC+08:00" in call("7kq4", "--output", "-").output
