"""Lines are broken without losing a character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.widgets.glyphs import UNICODE
from opsconsole.widgets.rows import fit, fit_start, pad
from opsconsole.widgets.wrapping import wrap


def plain(content: Content, width: int, hang: int = 0) -> list[str]:
    return [line.plain for line in wrap(content, width, hang)]


def test_lines_break_after_a_space_and_hang_below_their_start() -> None:
    assert plain(Content("  one two three four"), 11, 4) == ["  one two ", "    three ", "    four"]


def test_a_word_without_end_is_broken_where_the_line_ends() -> None:
    assert plain(Content("x" * 25), 10, 2) == ["x" * 10, "  " + "x" * 8, "  " + "x" * 7]


def test_marks_that_cover_no_cell_cost_no_text() -> None:
    text = "e\u0301" * 30 + " end"
    assert "".join(plain(Content(text), 10)) == text


def test_styles_survive_the_break() -> None:
    lines = wrap(Content.assemble(("one two three", "bold"), " four"), 8)
    assert [[span.style for span in line.spans] for line in lines] == [["bold"], ["bold"], []]


@given(st.text(max_size=200).map(safe_text), st.integers(2, 60), st.integers(0, 20))
def test_nothing_is_lost_and_nothing_is_too_wide(text: SafeText, width: int, hang: int) -> None:
    lines = plain(Content(text), width, hang)
    hung = min(hang, width // 2, width - 2)
    assert "".join([lines[0], *(line[hung:] for line in lines[1:])]) == text
    assert all(cell_len(line) <= width for line in lines)


@given(st.text(max_size=200).map(safe_text), st.integers(0, 60))
def test_fitted_text_covers_the_cells_it_was_given(text: SafeText, width: int) -> None:
    assert cell_len(fit(text, width, UNICODE.cut)) <= width
    assert cell_len(fit_start(text, width, UNICODE.cut)) <= width
    assert cell_len(pad(text, width, UNICODE.cut)) == width
    assert cell_len(pad(text, width, UNICODE.cut, right=True)) == width
    if cell_len(text) <= width:
        assert fit(text, width, UNICODE.cut) == text


def test_what_is_cut_says_so() -> None:
    assert fit(SafeText("pool wait timeout"), 8, UNICODE.cut) == "pool wa…"
    assert fit_start(SafeText("checkout-abcde"), 8, UNICODE.cut) == "…t-abcde"
    assert fit(SafeText("用户登录成功"), 6, UNICODE.cut) == "用户…"
    assert fit(SafeText("\u05d0" + "\u05b0" * 500 + "x"), 8, UNICODE.cut).endswith("…")
