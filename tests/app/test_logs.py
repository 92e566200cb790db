"""The logs pane by keys: words, levels, chips, saved searches, origins, patterns."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from console_case import console
from log_case import NEWEST, OBEYED, asked, numbered, page, pane, until

from hostile.corpus import HOSTILE
from opsconsole.actions import PaneName
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogOrigin, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord
from opsconsole.domain.snapshot import Completeness
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.protocols import Sources
from still_sources import Backends, backends
from widget_samples import NOW, TRACE_ID


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files go here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


async def test_a_narrow_last_line_has_room_for_the_keys_that_lead_to_all_others() -> None:
    async with console(size=(80, 24)) as case:
        last = (await case.screen_after("3")).splitlines()[-1]
    for words in ("? help", "x go", "/ search"):
        assert words in last


async def test_words_are_searched_shown_as_a_chip_and_left_by_escape() -> None:
    async with console() as case:
        text = await case.screen_after("3", "slash", *"pool", "space", *"wait", "enter")
        assert case.scope.logs == LogQuery(SafeText("pool wait"))
        assert asked(case).query.words == "pool wait"
        assert asked(case, "histogram").query.words == "pool wait"
        assert "/pool wait" in text
        assert case.screen.focused_pane is PaneName.LOGS
        await case.press("escape")
        assert case.scope.logs == LogQuery()
        assert asked(case).query == LogQuery()


async def test_leaving_the_box_leaves_the_search_as_it_was() -> None:
    async with console() as case:
        await case.press("3", "slash", *"pool", "escape")
        assert case.scope.logs == LogQuery()
        assert case.app.focused is pane(case).lines


async def test_a_raw_query_is_said_in_the_box_and_what_the_server_makes_of_it_below() -> None:
    async with console(size=(170, 50)) as case:
        await case.press("3", "slash", "ctrl+r")
        assert "RAW /" in case.text
        case.backends.logs.failing = SourceError(ErrorKind.BAD_QUERY, "elasticsearch", SafeText("Failed to parse [(]"))
        text = await case.screen_after(*"(", "enter")
        assert case.scope.logs.syntax is LogSyntax.RAW
        assert "RAW /(" in text
        assert "Failed to parse [(]" in text


async def test_the_arrows_bring_earlier_searches_back() -> None:
    async with console() as case:
        for words in ("first", "second"):
            await case.press("3", "slash", *["backspace"] * 10, *words, "enter")
        await case.press("slash", "up", "up", "enter")
        assert case.scope.logs.words == "first"


async def test_found_words_are_underlined() -> None:
    async with console() as case:
        await case.press("3", "slash", *"wait", "enter")
        lines = pane(case).lines
        underlined = {
            part.text
            for y in range(lines.size.height)
            for part in lines.render_line(y)
            if part.style and part.style.underline
        }
    assert underlined == {"wait"}


async def test_the_level_goes_round_and_each_step_is_one_back() -> None:
    async with console() as case:
        await case.press("3")
        levels = []
        for _ in range(3):
            await case.press("E")
            levels.append(asked(case).query.level)
        assert levels == [LogLevel.WARN, LogLevel.ERROR, None]
        await case.press("escape")
        assert case.scope.logs.level is LogLevel.ERROR


@pytest.mark.parametrize(("key", "exclude"), [("I", False), ("X", True)])
async def test_the_value_of_an_opened_field_is_included_or_excluded(key: str, exclude: bool) -> None:
    async with console() as case:
        await case.press("3", "f", "o", "down", "down", "down", key)
        assert case.scope.logs.filters == (LogFilter(SafeText("pod"), NEWEST.pod, exclude),)
        assert f"{'not ' if exclude else ''}pod {NEWEST.pod}" in await case.settled()
        assert f"trace  {TRACE_ID}" in case.text, "the line is closed"


async def test_on_the_line_itself_it_is_asked_which_of_its_origins_is_meant() -> None:
    async with console() as case:
        text = await case.screen_after("3", "X")
        assert "Leave out lines of" in text
        assert f"pod {NEWEST.pod}" in text
        await case.press(*"trace", "enter")
        assert case.scope.logs.filters == (LogFilter(SafeText("trace"), safe_text(TRACE_ID), True),)


async def test_chips_are_added_by_the_values_there_are_turned_round_and_taken_away() -> None:
    async with console() as case:
        await case.press("3", "F")
        text = await case.screen_after(*"service", "enter")
        assert "checkout  7" in text
        assert [about for heard, about in case.backends.logs.asked if heard == "values"][-1][1] == "service"
        await case.press("enter")
        assert case.scope.logs.filters == (LogFilter(SafeText("service"), SafeText("checkout")),)
        await case.press("F", "space", "enter")
        assert case.scope.logs.filters[0].exclude
        await case.press("F", "x")
        assert case.scope.logs == LogQuery()


async def test_a_level_and_a_field_nobody_listed_are_chips_too() -> None:
    async with console() as case:
        await case.press("3", "F", *"level", "enter", *"error", "enter")
        assert case.scope.logs.level is LogLevel.ERROR
        await case.press("F", "a", *"http.status", "enter", *"503", "enter", "enter")
        assert case.scope.logs.filters == (LogFilter(SafeText("http.status"), SafeText("503")),)


async def test_a_source_that_does_not_tell_values_leaves_them_to_be_typed() -> None:
    async with console() as case:
        case.backends.logs.failing = SourceError(ErrorKind.TIMEOUT, "elasticsearch")
        text = await case.screen_after("3", "F", *"pod", "enter")
        assert "its values are not known: elasticsearch did not answer in time" in text
        await case.press(*"checkout-1", "enter")
        assert case.scope.logs.filters == (LogFilter(SafeText("pod"), SafeText("checkout-1")),)


async def test_what_is_missing_of_the_values_is_said() -> None:
    async with console() as case:
        whole = case.backends.logs.values

        async def values(search: LogSearch, field: SafeText, limit: int) -> object:
            note = Completeness(notes=(SafeText("pod is of several kinds"),))
            return msgspec.structs.replace(await whole(search, field, limit), completeness=note)

        case.backends.logs.values = values  # type: ignore[method-assign, assignment]
        text = await case.screen_after("3", "F", *"pod", "enter")
        assert "pod is of several kinds" in text
        assert "pod is of several kinds" in await case.screen_after("c")


async def test_a_search_is_saved_by_name_taken_up_again_and_deleted(home: Path) -> None:
    async with console() as case:
        await case.press("3", "E", "slash", *"pool", "enter")
        saved = case.scope.logs
        await case.press("S", "a", *"pools", "enter")
        assert (home / "config" / "opsconsole" / "searches.toml").is_file()
        await case.press("escape", "F", "x", "x")
        assert case.scope.logs == LogQuery()
        text = await case.screen_after("S")
        assert "pools" in text
        await case.press("enter")
        assert case.scope.logs == saved
        assert "none yet" in await case.screen_after("S", "x")


async def test_the_address_of_the_search_is_shown_and_copied_or_how_to_have_one() -> None:
    async with console() as case:
        assert "kibana" in (await case.screen_after("3", "K")).casefold()
        assert case.app.clipboard == ""
        case.backends.logs.browser_link = SafeText("https://kibana.example/app/discover#/?_a=(query:pool)")
        text = await case.screen_after("escape", "K")
        assert "https://kibana.example/app/discover" in text
        assert case.app.clipboard == case.backends.logs.browser_link


class TwoOrigins:
    """Backends with a second source of lines."""

    def __init__(self) -> None:
        self.store = backends()
        self.containers = backends()
        self.containers.logs.name = self.containers.workloads.name
        self.containers.logs.log_page = page(-3, 0)

    def sources(self) -> Sources:
        return msgspec.structs.replace(self.store.sources(), container_logs=self.containers.logs)


async def test_o_turns_to_the_containers_own_lines_and_back() -> None:
    both = TwoOrigins()
    async with console(told=as_told(both)) as case:
        text = await case.screen_after("3", "O")
        assert case.scope.log_origin is LogOrigin.CONTAINERS
        assert "line 0" in text
        assert "containers" in text.split("3 Logs")[1].splitlines()[0]
        await case.press("escape")
        assert case.scope.log_origin is LogOrigin.STORE
        assert "pool wait timeout" in case.text


def as_told(both: TwoOrigins) -> Backends:
    class Told(Backends):
        def sources(self, *without: str) -> Sources:
            del without
            return both.sources()

    store = both.store
    return Told(store.metrics, store.alerts, store.logs, store.traces, store.workloads)


async def test_without_a_second_origin_it_is_said_that_there_is_none() -> None:
    async with console() as case:
        assert "there is only the log store here" in await case.screen_after("3", "O")


async def test_patterns_are_compared_across_the_last_change_and_lead_to_their_lines() -> None:
    told = backends()
    panic = [msgspec.structs.replace(numbered(number), message=SafeText(f"panic at {number}")) for number in range(9)]
    told.logs.log_page = LogPage(tuple(reversed(panic)), 9)
    async with console(told=told, size=(170, 50)) as case:
        await case.press("3", "P")
        await until(case, lambda: "panic at <*>" in case.text)
        spans = [about[0].span for heard, about in told.logs.asked if heard == "older"]
        assert {(span.start, span.end) for span in spans} == {(NOW - 360, NOW), (NOW - 3600, NOW - 360)}
        assert "before and after deploy checkout v1.9.0" in case.text
        await case.press("enter")
        assert case.scope.logs.pattern == "panic at <*>"
        assert asked(case).query.pattern == "panic at <*>"
        assert case.screen.focused_pane is PaneName.LOGS
        assert "pattern panic at <*>" in case.text
        before = len([one for heard, one in told.logs.asked if heard == "older"])
        text = await case.screen_after("escape")
        assert case.scope.logs.pattern is None
        assert "panic at <*>" in text, "the way back leads to the patterns"
        assert "paused" not in text
        assert "Patterns" in text
        assert len([one for heard, one in told.logs.asked if heard == "older"]) == before


async def test_patterns_that_can_t_be_read_say_why() -> None:
    async with console() as case:
        case.backends.logs.failing = SourceError(ErrorKind.TIMEOUT, "elasticsearch")
        await case.press("3", "P")
        await until(case, lambda: "did not answer in time" in case.text)


async def test_hostile_lines_are_read_and_never_obeyed_in_any_view_of_theirs() -> None:
    told = backends()
    texts = [safe_text(raw) for raw in HOSTILE]
    told.logs.log_page = LogPage(
        tuple(
            LogRecord(
                SafeText(f"h{place}"), NOW - place, LogLevel.ERROR, text, text, text, text, text, text, text,
                fields=((text, text),),
            )
            for place, text in enumerate(texts)
        ),
        len(texts),
    )  # fmt: skip
    async with console(told=told) as case:
        title = case.app.title
        for keys in (("3", "o"), ("f", "z"), ("c", "o"), ("escape", "I"), ("escape", "F"), ("escape", "escape", "P")):
            assert OBEYED.findall(await case.screen_after(*keys)) == []
        await until(case, lambda: "patterns" in case.text)
        for keys in (("o",), ("escape",), ("escape", "space", "y")):
            assert OBEYED.findall(await case.screen_after(*keys)) == []
        assert OBEYED.findall(case.app.clipboard) == []
        assert case.app.title == title


async def test_leaving_the_pane_closes_the_box() -> None:
    async with console() as case:
        await case.press("3", "E", "slash", *"poo", "tab")
        assert case.screen.focused_pane is PaneName.TRACES
        assert "level warn and worse" in case.text
        assert case.scope.logs.words == ""
