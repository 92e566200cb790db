"""Each of the twenty-two kinds of bad input has its examples and its tests, which are there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from hostile.corpus import EVERY, HOSTILE
from hostile.rows import ROWS, Row

ROOT = Path(__file__).resolve().parents[2]
WAYS_OF_ANSWERING = {14, 15, 16}
"""Rows that are no text: what a server does, not what it says."""


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_rows_are_numbered_and_all_there() -> None:
    assert [row.number for row in ROWS] == list(range(1, 23))
    assert {row.number for row in ROWS if not row.texts and not row.bodies} == WAYS_OF_ANSWERING
    assert set(HOSTILE) <= set(EVERY)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number} {row.name}")
def test_a_row_says_what_it_stands_for_and_its_tests_are_there(row: Row) -> None:
    assert row.name
    assert row.known
    assert row.required
    assert row.tests
    for named in row.tests:
        file, _, test = named.partition("::")
        assert test in functions_of(ROOT / file), named
