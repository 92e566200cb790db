"""From one log query to the next, and log lines as text."""

from __future__ import annotations

import stat
from datetime import UTC
from pathlib import Path

import msgspec
import pytest

from hostile.corpus import HOSTILE
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.screens.logs.keeping import json_line, text_line, write_lines
from opsconsole.screens.logs.narrowing import (
    chips,
    flipped,
    origins,
    with_filter,
    with_next_level,
    with_words,
    without,
    words_to_mark,
)
from widget_samples import LOGS, NOW

POD = LogFilter(SafeText("pod"), SafeText("checkout-1"))
NOT_ORDERS = LogFilter(SafeText("service"), SafeText("orders"), exclude=True)
FULL = LogQuery(SafeText("pool wait"), LogSyntax.RAW, LogLevel.WARN, (POD, NOT_ORDERS), SafeText("pool <*>"))


def test_every_chip_says_what_it_does_and_can_be_taken_away_alone() -> None:
    assert [chip.words for chip in chips(FULL)] == [
        "RAW /pool wait",
        "level warn and worse",
        "pattern pool <*>",
        "pod checkout-1",
        "not service orders",
    ]
    for chip in chips(FULL):
        left = without(FULL, chip.key)
        assert [one.words for one in chips(left)] == [one.words for one in chips(FULL) if one.key != chip.key]
    assert not without(LogQuery(SafeText("x"), LogSyntax.RAW), "words")


def test_a_filter_is_turned_round_and_replaces_its_opposite() -> None:
    assert flipped(FULL, "filter 0").filters == (msgspec.structs.replace(POD, exclude=True), NOT_ORDERS)
    assert flipped(FULL, "level") == FULL
    turned = with_filter(FULL, msgspec.structs.replace(POD, exclude=True))
    assert turned.filters == (NOT_ORDERS, msgspec.structs.replace(POD, exclude=True))


def test_levels_go_round_from_wherever_they_are() -> None:
    assert with_next_level(LogQuery()).level is LogLevel.WARN
    assert with_next_level(LogQuery(level=LogLevel.INFO)).level is LogLevel.WARN


def test_no_words_are_plain_again() -> None:
    assert with_words(FULL, SafeText(""), LogSyntax.RAW).syntax is LogSyntax.PLAIN


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("Pool wait", ("pool", "wait")),
        ('"pool wait" -orders', ("pool wait",)),
        ("time* a", ("time",)),
        ('unclosed "quote', ("unclosed", "quote")),
        ("", ()),
    ],
)
def test_the_words_that_lines_were_found_by_are_marked(words: str, marked: tuple[str, ...]) -> None:
    assert words_to_mark(LogQuery(SafeText(words))) == marked
    assert words_to_mark(LogQuery(SafeText(words), LogSyntax.RAW)) == ()


def test_a_line_tells_where_it_comes_from() -> None:
    assert {one.field for one in origins(LOGS.records[0])} == {"service", "namespace", "pod", "trace"}


def test_a_line_is_one_line_of_text_and_one_of_json_whatever_it_holds() -> None:
    for raw in HOSTILE:
        text = safe_text(raw)
        record = LogRecord(text, None, LogLevel.UNKNOWN, text, text, fields=((text, text),))
        assert "\n" not in text_line(record, UTC)
        whole = msgspec.json.decode(json_line(record))
        assert (whole["message"], whole["time"], whole["fields"]) == (text, None, {text: text})


def test_saved_lines_are_their_owner_s_alone_and_never_take_another_file_s_place(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    first = write_lines(folder, ["one", "two"], NOW, "txt")
    assert first.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    second = write_lines(folder, ["three"], NOW, "txt")
    assert first.read_text() == "one\ntwo\n"
    assert second != first


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    name = write_lines(tmp_path / "logs", [], NOW, "txt").name
    (tmp_path / "logs" / name).unlink()
    (tmp_path / "logs" / name).symlink_to(target)
    path = write_lines(tmp_path / "logs", ["x"], NOW, "txt")
    assert path.name != name
    assert not target.exists()
