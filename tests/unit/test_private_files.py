"""What the console makes on the disk is its owner's alone, whatever the umask says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.file_writing import open_new, private_folder


@pytest.fixture(autouse=True)
def open_to_everybody() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_folder_and_those_around_it_are_the_owners_alone(tmp_path: Path) -> None:
    private_folder(tmp_path / "state" / "opsconsole" / "crashes")
    private_folder(tmp_path / "state" / "opsconsole" / "audit")
    assert {mode(path) for path in (tmp_path / "state", *(tmp_path / "state").rglob("*"))} == {0o700}


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    private_folder(tmp_path / "shared")
    assert mode(tmp_path / "shared") == 0o755


def test_a_file_is_the_owners_alone(tmp_path: Path) -> None:
    os.close(open_new(tmp_path / "new"))
    assert mode(tmp_path / "new") == 0o600


@pytest.mark.parametrize("below", ["", "below"])
def test_where_something_else_stands_no_folder_is_made(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        private_folder(tmp_path / "file" / below)
