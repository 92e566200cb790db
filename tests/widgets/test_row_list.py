"""The list that every pane is made of."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from textual.content import Content
from textual.widgets import Input

from opsconsole.widgets.rows import RowList, RowView
from widget_stage import Stage, shown


@dataclass(frozen=True)
class Word:
    """A row that reads as its key and counts how often it was drawn."""

    key: str
    height: int = 1
    drawn: list[str] | None = None
    text: str = ""

    def lines(self, view: RowView) -> tuple[Content, ...]:  # noqa: ARG002  - a row's signature
        if self.drawn is not None:
            self.drawn.append(self.key)
        return tuple(Content(f"{self.text or self.key}.{line}") for line in range(self.height))


def words(*keys: object) -> tuple[Word, ...]:
    return tuple(Word(str(key)) for key in keys)


def first_column(app: Stage) -> str:
    return "".join((line or " ")[0] for line in shown(app))


async def test_only_lines_in_view_are_drawn() -> None:
    drawn: list[str] = []
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(tuple(Word(str(number), drawn=drawn) for number in range(10_000)), now=0)
        await pilot.pause()
        assert shown(app)[9] == " 9.0"
        assert set(drawn) == {str(number) for number in range(10)}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["down"], "1"),
        (["j", "j", "k"], "1"),
        (["down", "up", "up"], "0"),
        (["end"], "99"),
        (["G"], "99"),
        (["G", "g"], "0"),
        (["end", "home"], "0"),
        (["pagedown"], "9"),
        (["pagedown", "pagedown", "pageup"], "9"),
        (["end", "pagedown", "down"], "99"),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], expected: str) -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words(*range(100)), now=0)
        await pilot.press(*keys)
        await pilot.pause()
        assert rows.cursor_key == expected
        marked = [line for line in shown(app) if line.startswith("▌")]
        assert [line.rstrip("┃ ") for line in marked] == [f"▌{expected}.0"]


async def test_moving_tells_that_the_operator_did_it_and_enter_opens() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words("a", "b"), now=0)
        await pilot.press("down", "down", "enter")
        await pilot.pause()
    assert app.highlighted == [("a", False), ("b", True)]
    assert app.chosen == ["b"]


async def test_the_cursor_holds_on_to_its_row_when_rows_move() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words("a", "b", "c", "d"), now=0)
        await pilot.press("down", "down")
        rows.show(words("x", "d", "c", "a", "y"), now=0)
        await pilot.pause()
        assert rows.cursor_key == "c"
        assert first_column(app).index("▌") == 2


@pytest.mark.parametrize(
    ("after", "expected"),
    [(("a", "b", "d"), "d"), (("a", "b"), "b"), (("b", "x"), "b"), (("x", "y", "z"), "z"), (("x",), "x")],
)
async def test_the_cursor_goes_to_the_nearest_row_when_its_row_is_gone(after: tuple[str, ...], expected: str) -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words("a", "b", "c", "d"), now=0)
        await pilot.press("down", "down")
        rows.show(words(*after), now=0)
        await pilot.pause()
    assert rows.cursor_key == expected
    assert app.highlighted[-1] == (expected, False)


async def test_the_place_on_the_screen_stays_when_rows_come_above_it() -> None:
    rows = RowList(newest_first=True)
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words(*range(100, 0, -1)), now=0)
        await pilot.press(*["down"] * 5)
        before = shown(app)
        rows.show(words(*range(130, 0, -1)), now=0)
        await pilot.pause()
        assert [line.rstrip("┃ ") for line in shown(app)] == [line.rstrip("┃ ") for line in before]
        assert rows.unseen == 30
        rows.show(words(*range(132, 0, -1)), now=0)
        await pilot.pause()
        assert rows.unseen == 32
        await pilot.press("home")
        await pilot.pause()
        assert rows.unseen == 0
        assert shown(app)[0].startswith("▌132.0")


async def test_a_reader_on_the_top_row_of_a_newest_first_list_stays_on_top() -> None:
    rows = RowList(newest_first=True)
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words(3, 2, 1), now=0)
        rows.show(words(5, 4, 3, 2, 1), now=0)
        await pilot.pause()
        assert rows.cursor_key == "5"
        assert rows.unseen == 0
        assert shown(app)[0] == "▌5.0"
    assert ("5", False) in app.highlighted


async def test_a_refresh_that_changes_nothing_repaints_nothing() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words("a", "b", "c"), now=0)
        await pilot.pause()
        painted: list[int] = []
        render_line = rows.render_line

        def counting(y: int):
            painted.append(y)
            return render_line(y)

        rows.render_line = counting  # type: ignore[method-assign]
        rows.show(words("a", "b", "c"), now=1)
        await pilot.pause()
        assert painted == []
        rows.show((Word("a"), Word("b", text="changed"), Word("c")), now=2)
        await pilot.pause()
        assert set(painted) == {1}
        painted.clear()
        await pilot.press("down")
        await pilot.pause()
        assert set(painted) == {0, 1}


async def test_the_cursor_comes_back_to_its_row_after_the_list_was_empty() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words("a", "b", "c"), now=0)
        await pilot.press("down")
        rows.show((), now=1)
        rows.show(words("x", "b", "y"), now=2)
        await pilot.pause()
        assert rows.cursor_key == "b"
        rows.show((), now=3)
        rows.show(words("x", "y"), now=4)
        assert rows.cursor_key == "x"


async def test_focus_shows_without_colour() -> None:
    rows, field = RowList(), Input()
    app = Stage(rows, beside=field)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words("a", "b"), now=0)
        await pilot.pause()
        assert shown(app)[0] == "▌a.0"
        field.focus()
        await pilot.pause()
        assert shown(app)[0] == "▏a.0"


async def test_rows_of_several_lines_scroll_whole() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 5), notifications=True) as pilot:
        rows.show((Word("a"), Word("b", 3), Word("c", 2), Word("d")), now=0)
        await pilot.press("down", "down")
        await pilot.pause()
        assert [line.rstrip("┃ ") for line in shown(app)] == [" b.0", " b.1", " b.2", "▌c.0", "▌c.1"]


async def test_the_thumb_shows_how_far_down_the_view_is() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        rows.show(words(*range(20)), now=0)
        await pilot.pause()
        assert [line.endswith("┃") for line in shown(app)] == [True] * 5 + [False] * 5
        await pilot.press("end")
        await pilot.pause()
        assert [line.endswith("┃") for line in shown(app)] == [False] * 5 + [True] * 5


async def test_the_placeholder_is_wrapped_and_gives_way_to_rows() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(20, 6), notifications=True) as pilot:
        rows.show((), now=0, placeholder=(Content("prometheus can't be reached"), Content("asks again")))
        await pilot.pause()
        assert shown(app)[:3] == [" prometheus can't", " be reached", " asks again"]
        await pilot.press("down", "enter", "G", "pagedown")
        rows.show(words("a"), now=0, placeholder=(Content("no"),))
        await pilot.pause()
        assert shown(app)[0] == "▌a.0"
        rows.show((), now=0, placeholder=(Content("none"),))
        await pilot.pause()
        assert shown(app)[0] == " none"
        assert rows.cursor_key is None


async def test_a_smaller_window_keeps_the_cursor_in_view() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 12), notifications=True) as pilot:
        rows.show(words(*range(30)), now=0)
        await pilot.press(*["down"] * 11)
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        assert any(line.startswith("▌11.0") for line in shown(app))


async def test_rows_can_be_shown_before_the_list_is_on_the_screen() -> None:
    rows = RowList()
    rows.show(words("a", "b"), now=0)
    app = Stage(rows)
    async with app.run_test(size=(40, 5), notifications=True) as pilot:
        await pilot.pause()
        assert shown(app)[:2] == ["▌a.0", " b.0"]


async def test_a_click_selects_and_a_second_one_opens() -> None:
    rows = RowList()
    app = Stage(rows)
    async with app.run_test(size=(40, 8), notifications=True) as pilot:
        rows.show(words("a", "b", "c"), now=0)
        await pilot.pause()
        await pilot.click(rows, offset=(3, 2))
        assert rows.cursor_key == "c"
        await pilot.click(rows, offset=(3, 6))
        assert rows.cursor_key == "c"
        await pilot.double_click(rows, offset=(3, 1))
        await pilot.pause()
    assert app.chosen == ["b"]
