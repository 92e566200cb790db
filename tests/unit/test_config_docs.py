"""`docs/configuration.md` against the code: its examples load, and it knows every key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from opsconsole.actions import with_keymap
from opsconsole.cli.commands import opsconsole
from opsconsole.cli.flags import Flags
from opsconsole.config.configuration import load
from opsconsole.config.environment import entries_of_variables
from opsconsole.config.layers import Layer
from opsconsole.config.reference import PLACES, keys_of, page_with_tables, plain
from opsconsole.config.reference_words import WORDS
from opsconsole.config.settings import PRODUCTION
from opsconsole.config.shapes import Inner, Listed, Named, shapes_of
from opsconsole.config.tables import FileTable, Table

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_example_loads(tmp_path: Path, block: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(block, encoding="utf-8")
    configuration = load({}, tmp_path, Flags().entries(), file=file)
    assert configuration.settings().cluster.name in ("prod", "staging")
    with_keymap(configuration.keymap())


def tables_below(table: type[Table]) -> Iterator[type[Table]]:
    """`table` and every table that can stand somewhere in it."""
    yield table
    for shape in shapes_of(table).values():
        match shape:
            case Inner(inner) | Named(Inner(inner)) | Listed(inner):
                yield from tables_below(inner)


def test_every_table_of_the_file_has_its_place_in_the_reference() -> None:
    described = {*PLACES, *(base for table in PLACES for base in table.__mro__)}
    assert set(tables_below(FileTable)) <= described


@pytest.mark.parametrize("table", PLACES, ids=lambda table: table.__name__)
def test_the_reference_has_words_for_exactly_the_keys_there_are(table: type[Table]) -> None:
    inherited = {key for base in table.__mro__[1:] if base in PLACES for key in shapes_of(base)}
    assert set(WORDS[table]) == set(shapes_of(table)) - inherited
    assert [one.name for one in keys_of(table) if not (one.words and one.default)] == []


def test_the_page_has_the_tables_of_the_reference() -> None:
    assert sorted(re.findall(r"<!-- keys: (\w+) -->", PAGE)) == sorted(table.__name__ for table in PLACES)
    anew = page_with_tables(PAGE)
    assert anew.splitlines() == PAGE.splitlines(), "run `python -m opsconsole.config.reference docs/configuration.md`"


@pytest.mark.parametrize("key", ["since", "theme", "ascii", "refresh", "time_zone"])
def test_a_default_of_the_reference_is_what_is_in_force(tmp_path: Path, key: str) -> None:
    (said,) = (plain(one.default) for one in keys_of(FileTable) if one.name == key)
    written = said if key == "ascii" else f'"{said}"'
    without, file = tmp_path / "without.toml", tmp_path / "with.toml"
    without.write_text('[clusters.prod]\nprometheus = "http://127.0.0.1:9090"\n', encoding="utf-8")
    file.write_text(f"{key} = {written}\n{without.read_text(encoding='utf-8')}", encoding="utf-8")
    first, second = (load({}, tmp_path, Flags().entries(), file=one).settings() for one in (without, file))
    assert first == second


def test_the_reference_is_printed_without_marks_of_markdown() -> None:
    printed = CliRunner().invoke(opsconsole, ["config", "reference"])
    assert printed.exit_code == 0
    for table, place in PLACES.items():
        section = printed.output.split(f"{place}:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines() if re.match(r"  \w", line)] == [
            one.name for one in keys_of(table)
        ]
    assert not re.search(r"`|\]\(", printed.output)


def test_the_variables_on_the_page_are_read(tmp_path: Path) -> None:
    block = re.findall(r"```sh\n(OPSCONSOLE.*?)```", PAGE, re.DOTALL)[0]
    variables = dict(line.split("=", 1) for line in block.splitlines())
    entries = entries_of_variables(variables, Layer.ENVIRONMENT, ["eu-west"], tmp_path)
    assert entries["clusters", "eu-west", "kubernetes", "namespaces"].value == ("shop", "payments")
    assert len(entries) == len(variables)


def test_every_key_stands_in_some_example() -> None:
    examples = "\n".join(BLOCKS)
    for table in PLACES:
        for key in shapes_of(table):
            assert re.search(rf"\b{key}\b", examples), key


def test_the_page_names_every_environment_in_which_the_name_is_typed() -> None:
    (line,) = (line for line in PAGE.splitlines() if line.startswith("| `environment` |"))
    assert set(re.findall(r"`(\w+)`", line)) - {"environment"} == PRODUCTION
