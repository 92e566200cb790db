"""The one door for text from outside: nothing that comes through can command a terminal or deceive a reader."""

from __future__ import annotations

import json
import math
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import get_character_cell_size

from hostile.corpus import EVERY
from opsconsole.safe_text import LINE_LIMIT, MARKS_PER_CELL, ascii_form, safe_lines, safe_mapping, safe_text

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180e\u200b\u200c\u200d\u2060\u2061\u2064\u3164\ufeff\uffa0"
)
ARABIC_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Format characters that are seen: they enclose a number or stand over it."""

FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})

anything = st.text(st.characters(), max_size=400)
suspicious = st.text(
    st.one_of(
        st.sampled_from("\x1b\x9b\x90\x07\r\n\t\x00\x7f\u202e\u200b\ud800\u0301\U000e0041\u2028[]"), st.characters()
    ),
    max_size=200,
)


def is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Mc"}


def is_safe(text: str) -> bool:
    return not any(
        unicodedata.category(char) in FORBIDDEN_CATEGORIES
        or char in BIDI
        or char in INVISIBLE
        or 0xE0000 <= ord(char) <= 0xE0FFF
        or ord(char) in (0xFFFE, 0xFFFF)
        for char in text
    )


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("\x1b[31mred\x1b[0m", "␛[31mred␛[0m", id="colour"),
        pytest.param("evil\rgood", "evil␍good", id="overwrite"),
        pytest.param("\x1b]52;c;cm0gLXJm\x07", "␛]52;c;cm0gLXJm␇", id="clipboard"),
        pytest.param("\x1b]0;title\x1b\\", "␛]0;title␛\\", id="title"),
        pytest.param("\x1b]8;;http://e.example\x1b\\x", "␛]8;;http://e.example␛\\x", id="link"),
        pytest.param("\x1bP1$r", "␛P1$r", id="unterminated device string"),
        pytest.param("\x9b2J\x90\x9d", "⟨9B⟩2J⟨90⟩⟨9D⟩", id="eight-bit controls"),
        pytest.param("a\x00b\x7fc\x08", "a␀b␡c␈", id="null, delete, backspace"),
        pytest.param("two\nlines", "two␊lines", id="newline"),
        pytest.param("a\u2028b\u2029c\x85d", "a␤b␤c⟨85⟩d", id="other line ends"),
        pytest.param("a\tb", "a    b", id="tab"),
        pytest.param("abc\u202egnp.exe", "abc⟨202E⟩gnp.exe", id="text that reads backwards"),
        pytest.param("pass\u200bword\ufeff", "pass⟨200B⟩word⟨FEFF⟩", id="zero width"),
        pytest.param("x\U000e0041", "x⟨E0041⟩", id="tag characters"),
        pytest.param("a\ud800b", "a⟨D800⟩b", id="half a surrogate pair"),
        pytest.param("[@click=app.danger('prod')]x[/]", "[@click=app.danger('prod')]x[/]", id="markup stays as it is"),
        pytest.param("用户登录成功 é ü ñ → ✔ 😀", "用户登录成功 é ü ñ → ✔ 😀", id="what people write"),
    ],
)
def test_what_a_terminal_would_obey_becomes_a_picture_of_itself(raw: str, shown: str) -> None:
    assert safe_text(raw) == shown


def test_marks_beyond_a_few_are_counted_and_not_sent() -> None:
    assert safe_text("e" + "\u0301" * 100) == "e" + "\u0301" * MARKS_PER_CELL + "⟨+92⟩"
    assert safe_text("e" + "\u0301" * MARKS_PER_CELL) == "e" + "\u0301" * MARKS_PER_CELL


@pytest.mark.parametrize("mark", ["\u0e49", "\u064b", "\u0591", "\ufe0f", "\u20dd"])
def test_marks_of_other_scripts_are_bounded_too(mark: str) -> None:
    assert safe_text("x" + mark * 5000).count(mark) == MARKS_PER_CELL


UNICODE = tuple(map(chr, range(0x110000)))


def test_no_character_of_unicode_slips_through() -> None:
    """All 1,114,112, apart from each other, so that none is taken for a part of a run."""
    shown = safe_text("\u4e00".join(UNICODE), 0x400000)
    left = set(shown)
    assert shown.count("\u4e00") == len(UNICODE)
    assert len(left) > 1_000_000
    assert FORBIDDEN_CATEGORIES.isdisjoint(map(unicodedata.category, left))
    assert {*BIDI, *INVISIBLE, *UNICODE[0xE0000:0xE1000], "\ufffe", "\uffff"}.isdisjoint(left)
    shown.encode()


def test_format_characters_are_left_where_they_are_drawn() -> None:
    left = {
        char for char in map(chr, range(0x110000)) if unicodedata.category(char) == "Cf" and safe_text(char) == char
    }
    assert left == set(ARABIC_SIGNS)


def test_no_character_without_a_cell_of_its_own_floods_one() -> None:
    """A terminal takes them all onto the cell before. What has no cell is what Textual, which counts them, says."""
    known = (*UNICODE[:0x20000], *UNICODE[0xE0000:0xE1000])  # beyond are ideographs
    narrow = {char for char in known if get_character_cell_size(char) == 0 or is_mark(char)}
    assert len(narrow) > 6000
    assert [char for char in narrow if safe_text(f"x{char * 20}").count(char) > MARKS_PER_CELL] == []


def test_marks_of_several_scripts_are_counted_together() -> None:
    shown = safe_text("x" + "\u0301\u0941\u0e49\u064b" * 5 + "y\u0301")
    assert shown == "x" + "\u0301\u0941\u0e49\u064b" * 2 + "⟨+12⟩y\u0301"


@pytest.mark.parametrize(
    "text",
    [
        "उपयोगकर्ता ने लॉग इन किया",
        "ผู้ใช้เข้าสู่ระบบสำเร็จ",
        "المستخدم سجّل الدخول",
        "המשתמש התחבר",
        "한국어 사용자",
        "Пользователь вошёл",
        "👍🏽 👩🏿‍🚀".replace("\u200d", ""),
        "က ျမန်မာ",
    ],
)
def test_what_people_write_in_other_scripts_stays(text: str) -> None:
    assert safe_text(text) == text
    assert safe_text(text * 20) == text * 20


def test_a_long_line_tells_how_much_of_it_is_not_shown() -> None:
    shown = safe_text("x" * 10_000)
    kept, _, rest = shown.partition("…")
    assert len(shown) <= LINE_LIMIT
    assert rest == f" +{10_000 - len(kept)} characters"


def test_a_line_of_pictures_keeps_its_limit_and_its_count() -> None:
    shown = safe_text("\u202e" * 8000, 100)
    count = shown.count("⟨202E⟩")
    assert len(shown) <= 100
    assert shown.endswith(f"… +{8000 - count} characters")


@pytest.mark.parametrize(
    "raw", [None, 3, math.nan, math.inf, b"\x1b[0m", ["\x1b"], {"a": 1}, object, pytest.param(10**5000, id="huge")]
)
def test_any_object_has_a_safe_text(raw: object) -> None:
    assert is_safe(safe_text(raw))


def test_a_lone_surrogate_from_json_can_be_written_out() -> None:
    safe_text(json.loads('"\\ud800"')).encode()


@pytest.mark.parametrize("raw", EVERY, ids=range(len(EVERY)))
def test_every_hostile_string_comes_out_safe_and_bounded(raw: str) -> None:
    shown = safe_text(raw)
    assert is_safe(shown)
    assert len(shown) <= LINE_LIMIT


@given(st.one_of(anything, suspicious), st.integers(32, 200))
@example("\u202e" * 40, 32)
@example("\u202e" * 30, 32)
@example("e" + "\u0301" * 60, 32)
@example("a" * 26 + "\u0301" * 9, 32)
def test_safe_text_is_safe_bounded_and_final(raw: str, limit: int) -> None:
    shown = safe_text(raw, limit)
    assert is_safe(shown)
    assert len(shown) <= limit
    assert safe_text(shown, limit) == shown
    shown.encode()


@given(st.text(st.characters(categories=("Lu", "Ll", "Nd", "Pd", "Po", "Sm", "Sc", "So", "Zs")), max_size=200))
def test_printable_text_is_left_alone(raw: str) -> None:
    assert safe_text(raw) == raw


@given(suspicious)
def test_lines_are_as_many_as_the_text_has_and_each_is_safe(raw: str) -> None:
    lines = safe_lines(raw)
    assert len(lines) == len(raw.splitlines())
    assert all(is_safe(line) for line in lines)


def test_more_lines_than_wanted_are_counted() -> None:
    assert safe_lines("a\nb\nc\nd", limit=2) == ("a", "b", "… +2 lines")


@given(st.dictionaries(suspicious, suspicious, max_size=5))
def test_both_sides_of_a_mapping_are_safe(raw: dict[str, str]) -> None:
    shown = safe_mapping(raw)
    assert all(is_safe(key) and is_safe(value) and len(key) <= 256 for key, value in shown.items())


@given(suspicious)
def test_the_ascii_form_is_printable_ascii(raw: str) -> None:
    assert all(" " <= char <= "~" for char in ascii_form(raw))


def test_the_ascii_form_tells_look_alikes_apart() -> None:
    assert ascii_form("prоd") == "pr\\u{43e}d"
    assert ascii_form("prod") == "prod"


# -- to the character --------------------------------------------------------------------------------


def test_marks_are_cut_from_the_ninth_on() -> None:
    eight = "กก" + "\u0e49" * MARKS_PER_CELL
    assert safe_text(f"{eight}ก") == f"{eight}ก"
    assert safe_text(f"{eight}\u0e49ก") == f"{eight}⟨+1⟩ก"


def test_a_number_that_python_does_not_write_says_so() -> None:
    assert safe_text(10**5000) == "⟨a number of thousands of digits⟩"


def test_as_much_as_fits_is_kept() -> None:
    assert safe_text("a" * 200, 100) == "a" * 83 + "… +117 characters"
    assert safe_text("\u202e" * 8000, 100) == "⟨202E⟩" * 13 + "… +7987 characters"
    assert safe_text("a" * 100, 100) == "a" * 100


def test_two_thousand_lines_are_kept() -> None:
    assert len(safe_lines("a\n" * 2000)) == 2000
    assert safe_lines("a\n" * 2001)[-2:] == ("a", "… +1 lines")


def test_a_mapping_keeps_what_belongs_together() -> None:
    assert safe_mapping({"a": "b", "c\x1b": 3}) == {"a": "b", "c␛": "3"}
    assert len(next(iter(safe_mapping({"k" * 300: "v" * 300})))) == 255
    assert next(iter(safe_mapping({"k": "v" * 300}).values())) == "v" * 300


def test_printable_ascii_is_its_own_form() -> None:
    assert ascii_form(" a~") == " a~"
