"""Incidents that somebody else has filled with hostile texts: read as words, printed and written up as words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from hostile.record import INCIDENT, STORABLE, hostile_events
from opsconsole.cli.commands import opsconsole
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.incidents.event_json import decode_event
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.safe_text import safe_text
from post_mortem_samples import whole_incident

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")
TURNS = range(len(STORABLE))
"""Where in the corpus a record begins: over all of them every text stands in every field."""


async def written(path: Path, events: tuple[IncidentEvent, ...]) -> None:
    """A record at `path` with `events`, as they are."""
    store = SqliteIncidents(path)
    await store.merge(events)
    await store.close()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a record for each turn, and `plain.db`."""
    folder = tmp_path_factory.mktemp("records")
    for turn in TURNS:
        asyncio.run(written(folder / f"{turn}.db", hostile_events(turn)))
    asyncio.run(written(folder / "plain.db", whole_incident()))
    return folder


def texts_in(value: object) -> Iterator[str]:
    """Every string in `value`, as JSON is decoded."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from texts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_in(one)


def controls_in(text: str) -> list[str]:
    """What a terminal might obey. A zero-width joiner within an emoji is part of a letter."""
    return CONTROL.findall(text.replace("👩\u200d👩\u200d👧", ""))


def called(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(opsconsole, ("incident", *arguments), standalone_mode=False)
    assert result.exception is None, result.output
    return result.output


def written_up(file: Path, form: str) -> str:
    """The post-mortem of the incident in `file`."""
    return called("export", "--file", str(file), "--format", form, "--output", "-", "--time-zone", "UTC", INCIDENT)


@pytest.mark.parametrize("turn", TURNS)
async def test_what_is_read_from_a_file_is_safe_whatever_is_in_it(turn: int, tmp_path: Path) -> None:
    events = hostile_events(turn)
    assert any(safe_text(one) != one for one in texts_in(msgspec.to_builtins(events))), "the record is hostile"
    await written(tmp_path / "r.db", events)
    store = SqliteIncidents(tmp_path / "r.db")
    (incident,) = await store.incidents()
    found = await store.events(INCIDENT)
    similar = await store.similar(incident)
    await store.close()
    assert len(found) == len(events)
    for text in texts_in(msgspec.to_builtins((incident, found, similar))):
        assert safe_text(text, len(text) + 1) == text


@pytest.mark.parametrize("turn", TURNS)
def test_what_comes_from_the_team_is_safe_too(turn: int) -> None:
    for event in hostile_events(turn):
        read = decode_event(msgspec.json.encode(event))
        assert all(safe_text(text, len(text) + 1) == text for text in texts_in(msgspec.to_builtins(read)))


@pytest.mark.long
def test_commands_print_words_alone(records: Path) -> None:
    for turn in TURNS:
        file = ("--file", str(records / f"{turn}.db"))
        for command in (("list",), ("show", INCIDENT), ("search", "e"), ("search", '\x1b[2J [/b] %s " OR *')):
            for form in ((), ("--json",)):
                printed = called(command[0], *file, *command[1:], *form)
                assert controls_in(printed) == []
                told = [text for line in printed.splitlines() if form for text in texts_in(json.loads(line))]
                assert not any(controls_in(text) for text in told)


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.long
def test_a_page_of_it_has_no_tag_that_another_has_not(records: Path) -> None:
    known = Tags(written_up(records / "plain.db", "html"))
    for turn in TURNS:
        page = written_up(records / f"{turn}.db", "html")
        assert controls_in(page) == []
        found = Tags(page)
        assert found.tags <= known.tags
        assert found.attributes <= known.attributes
        assert not any(one.startswith(("javascript:", "data:")) for one in found.addresses)


@pytest.mark.long
def test_markdown_of_it_has_no_block_that_another_has_not(records: Path) -> None:
    def kinds(record: str) -> set[str]:
        text = written_up(records / record, "md")
        assert controls_in(text) == []
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        return {one.type for token in tokens for one in (token, *(token.children or ()))}

    known = kinds("plain.db")
    for turn in TURNS:
        assert kinds(f"{turn}.db") <= known


@pytest.mark.long
def test_json_of_it_holds_safe_words(records: Path) -> None:
    for turn in TURNS:
        text = written_up(records / f"{turn}.db", "json")
        assert not any(controls_in(one) for one in texts_in(json.loads(text)))
