"""Every claim of SECURITY.md names a test, and every test it names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "SECURITY.md"
PATHS = re.compile(r"`((?:console|widgets|themes|tests)/[^`\s]*)`")
NAMED = re.compile(r"`([^`\s:]+\.py)(?:::([^`\s]+))?`")
"""A test, or a file all of whose tests are meant."""


class Row(NamedTuple):
    """One line of a table of claims."""

    line: int
    cells: tuple[str, ...]

    @property
    def tests(self) -> list[tuple[str, str]]:
        """File and test of each test it names."""
        return NAMED.findall(self.cells[-1])


def claims(page: str) -> Iterator[Row]:
    """The rows of the tables under "Claims", without their heads."""
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("## "):
            inside = line == "## Claims"
        elif inside and line.startswith("|") and not re.fullmatch(r"\|[-|]+\||\| claim \| kept by \| test \|", line):
            yield Row(number, tuple(cell.strip() for cell in line.strip("|").split("|")))


def names_in(source: str) -> set[str]:
    """The names by which pytest finds the tests of a module; a state machine's stands as an assignment."""
    found = set()
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.ClassDef():
                inner = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
                found |= {node.name, *(f"{node.name}::{one.name}" for one in inner)}
            case _:
                pass
    return {name for name in found if name.rpartition("::")[2].lower().startswith("test")}


def faults(page: str, root: Path) -> list[str]:
    """What is wrong with the claims of `page`, by line."""
    found = []
    for row in claims(page):
        if len(row.cells) != 3 or not all(row.cells):
            found.append(f"{row.line}: a claim, what keeps it and its test, each in a cell")
            continue
        if not row.tests or NAMED.sub("", row.cells[2]).strip(", "):
            found.append(f"{row.line}: tests alone, as `file::test`, apart by commas")
        found += [f"{row.line}: no {path}" for path in PATHS.findall(row.cells[1]) if not (root / path).exists()]
        for file, test in row.tests:
            path = root / file
            if not file.startswith("tests/") or not path.is_file():
                found.append(f"{row.line}: no file {file}")
            elif test not in names_in(path.read_text("utf-8")) | {""}:
                found.append(f"{row.line}: no {test} in {file}")
    return found


def test_every_claim_names_tests_that_are_there() -> None:
    page = PAGE.read_text("utf-8")
    assert list(claims(page))
    assert faults(page, ROOT) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("| a | b | `tests/a.py::test_there` |", None),
        ("| a | b | `tests/a.py::test_there`, `tests/a.py::TestGroup::test_in` |", None),
        ("| a | `console/gone.py` | `tests/a.py::test_there` |", "no console/gone.py"),
        ("| a | b | `tests/a.py` |", None),
        ("| a | b | |", "each in a cell"),
        ("| a | `tests/a.py::test_there` |", "each in a cell"),
        ("| a | b | it is tested |", "tests alone"),
        ("| a | b | `tests/a.py::test_there` and more |", "tests alone"),
        ("| a | b | `tests/gone.py::test_there` |", "no file"),
        ("| a | b | `a.py::test_there` |", "no file"),
        ("| a | b | `tests/a.py::test_gone` |", "no test_gone"),
        ("| a | b | `tests/a.py::stage` |", "no stage"),
    ],
)
def test_a_row_without_its_test_is_found(row: str, words: str | None, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    source = "def test_there(): ...\nstage = 1\nclass TestGroup:\n    def test_in(self): ...\n"
    (tmp_path / "tests/a.py").write_text(source)
    page = f"# Security\n\n## Claims\n\n| claim | kept by | test |\n|---|---|---|\n{row}\n\n## After\n\n| x |\n"
    assert [fault for fault in faults(page, tmp_path) if words is None or words not in fault] == []
    assert bool(faults(page, tmp_path)) is (words is not None)
