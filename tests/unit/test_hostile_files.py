"""Files that the console writes: named by itself, new, nobody else's, and never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from hostile.corpus import EVERY
from hostile.rows import ROWS
from opsconsole.cli import crash
from opsconsole.cli.commands import opsconsole
from opsconsole.cli.incident_export import _write_named
from opsconsole.cli.parts import Parts
from opsconsole.file_writing import open_new
from opsconsole.incidents.attachment import attachment_of
from opsconsole.operations.audit.log import log_path
from opsconsole.screens.logs.keeping import write_lines

_STORABLE = (*ROWS[18].texts, *ROWS[21].texts, *(text for text in EVERY if text and text.isprintable()), "\x1b]0;x\x07")
NAMES = tuple(dict.fromkeys(_STORABLE))


@pytest.mark.parametrize("write", ["an export", "an audit log", "an attachment"])
def test_no_name_leads_out_of_the_folder(write: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of incidents and names of clusters, whoever chose them."""
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    made: dict[str, Callable[[str], object]] = {
        "an export": lambda name: _write_named(name, "md", "text"),
        "an audit log": lambda name: log_path(folder, name).write_text("text"),
        "an attachment": lambda name: attachment_of(folder, name).write("INC-1"),
    }
    for name in NAMES:
        made[write](name)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert all(folder in path.parents for path in written)
    assert all(path.name.isprintable() for path in written)


@pytest.mark.parametrize("there", ["a file", "a link", "a link to nothing", "a pipe"])
def test_a_new_file_is_new_its_owners_and_no_link(there: str, tmp_path: Path) -> None:
    target, path = tmp_path / "elsewhere", tmp_path / "export.md"
    if there == "a file":
        path.write_text("of before")
    elif there == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(target)
    if there == "a link":
        target.write_text("of before")
    with pytest.raises(FileExistsError):
        open_new(path)
    assert not target.exists() or target.read_text() == "of before"
    before = os.umask(0)
    try:
        os.close(open_new(tmp_path / "new.md"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.md").stat().st_mode) == 0o600


def test_saved_lines_and_crashes_are_new_private_files_of_a_private_folder(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "logs", ["a"], 1_700_000_000.0, "log")
    second = write_lines(tmp_path / "logs", ["b"], 1_700_000_000.0, "log")
    told = crash.report(ValueError("\x1b[2J"), tmp_path / "crashes")
    assert (first.read_text(), second.read_text()) == ("a\n", "b\n")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in files} == {0o700}
    assert "\x1b" not in str(told)


def test_a_file_of_a_hostile_name_is_shown_by_pictures(tmp_path: Path) -> None:
    path = tmp_path / "audit \x1b]0;owned\x07\x9b2J.jsonl"
    path.touch()
    told = CliRunner().invoke(opsconsole, ("audit", "verify", "--file", str(path)), obj=Parts(), standalone_mode=False)
    assert "audit ␛]0;owned␇⟨9B⟩2J.jsonl: 0 lines fit" in told.output
    assert told.output.replace("\n", "").isprintable()
