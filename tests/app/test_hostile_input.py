"""One hostile string through every pane of the whole console: read, never obeyed."""

from __future__ import annotations

import re

import msgspec
import pytest
from console_case import SETTINGS, console

from hostile.corpus import HOSTILE
from hostile.practice import ALL_AT_ONCE
from opsconsole.actions import LIVE_PANES, PaneName
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord
from opsconsole.domain.pod import PodList
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel, PanelReading, Severity
from opsconsole.domain.snapshot import Problem, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span, Trace, TraceList
from opsconsole.safe_text import safe_text
from still_sources import PANELS, Backends, StillSource, backends
from widget_samples import NOW, PODS

OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]")


MOVES = {PaneName.METRICS: "right", PaneName.LOGS: "up"}
"""From one row to the next, where that is not `down`."""
AT_ONCE = 5
GROUPS = [HOSTILE[first : first + AT_ONCE] for first in range(0, len(HOSTILE), AT_ONCE)]


class Charts(StillSource):
    """Metrics whose series are labelled with the title of their panel."""

    async def read_panel(
        self, panel: Panel, selection: Selection, span: TimeRange, columns: int
    ) -> Reading[PanelReading]:
        self.labels = {panel.title: panel.title}
        return await super().read_panel(panel, selection, span, columns)


def alert(text: SafeText) -> Alert:
    """An alert whose every text is `text`."""
    return Alert(
        SafeText(f"f{text}"),
        text,
        AlertState.FIRING,
        Severity.CRITICAL,
        NOW - 60,
        {SafeText("service"): text, text: text},
        {SafeText("summary"): text},
        runbook_url=text,
    )


def poisoned(*raws: str) -> Backends:
    """Backends with a row for each of `raws` in every list, whose texts all are that one, as adapters hand it on."""
    texts = [safe_text(raw) for raw in raws]
    told = msgspec.structs.replace(backends(), metrics=Charts(SourceName.PROMETHEUS))
    told.alerts.alert_list = tuple(map(alert, texts))
    told.logs.log_page = LogPage(
        tuple(
            LogRecord(SafeText(f"{place}"), NOW - place, LogLevel.ERROR, *[text] * 6, fields=((text, text),))
            for place, text in enumerate(texts)
        ),
        len(texts),
    )
    told.traces.trace_list = TraceList(
        tuple(
            Trace(text, (Span(text, text, None, text, text, NOW, 0.5, True, text, text, {text: text}, pod=text),))
            for text in texts
        )
    )
    fields = ("name", "namespace", "service", "phase", "node", "owner", "reason", "message")
    told.workloads.pod_list = PodList(
        tuple(
            msgspec.structs.replace(PODS.pods[0], uid=SafeText(f"u{place}"), **dict.fromkeys(fields, text))
            for place, text in enumerate(texts)
        ),
        tuple(texts),
    )
    told.metrics.panel_list = tuple(
        msgspec.structs.replace(PANELS[place % len(PANELS)], id=f"panel-{place}", title=text)
        for place, text in enumerate(texts)
    )
    return told


@pytest.mark.parametrize(
    "raws", [GROUPS[0], *(pytest.param(one, marks=pytest.mark.long) for one in GROUPS[1:])], ids=range(len(GROUPS))
)
async def test_every_pane_and_every_opened_row_shows_it_and_obeys_nothing(raws: tuple[str, ...]) -> None:
    settings = msgspec.structs.replace(SETTINGS, cluster=msgspec.structs.replace(SETTINGS.cluster, name=raws[0] or "c"))
    async with console(told=poisoned(*raws), settings=settings) as case:
        title, clipboard = case.app.title, case.app.clipboard
        for pane in LIVE_PANES:
            assert OBEYED.findall(await case.screen_after(pane.digit)) == [], pane
            opened = set()
            for raw in raws:
                text = await case.screen_after("o")
                assert OBEYED.findall(text) == [], (pane, raw)
                opened.add(text)
                await case.press("escape", MOVES.get(pane, "down"))
            assert len(opened) == len(raws), f"not every row of {pane} was opened"
        for dialog in ("i", "w", "s"):
            assert OBEYED.findall(await case.screen_after("1", dialog)) == [], dialog
            assert case.app.screen is not case.screen
            await case.press("escape")
        assert (case.app.title, case.app.clipboard) == (title, clipboard)
        assert case.app.is_running


async def test_the_palette_a_toast_and_the_clipboard_have_its_words_alone() -> None:
    async with console(told=poisoned(ALL_AT_ONCE), size=(160, 50)) as case:
        title = case.app.title
        await case.press("1", "colon")
        found = await case.screen_after(*"service evil")
        assert "Service evil" in found
        assert "␛]52;c;ZXZpbA==␇␛]0;owned␇␛[2J⟨9B⟩31m⟨202E⟩gnp⟨2066⟩⟨200B⟩[@click=app.qu" in found
        assert OBEYED.findall(found) == []
        chosen = await case.screen_after("enter")
        assert case.scope.selection.service == safe_text(ALL_AT_ONCE)
        assert OBEYED.findall(chosen) == []
        assert case.app.clipboard == ""
        await case.press("1", "y")
        assert "evil ␛]52;c;ZXZpbA==␇" in case.app.clipboard
        assert OBEYED.findall(case.app.clipboard) == []
        missed = ALL_AT_ONCE.replace("\u200b", "")  # the guard of last resort knows what commands and what turns round
        case.app.notify(missed, title=missed, markup=False)
        toast = await case.screen_after("1")
        assert "[@click=app.quit]x[/] [/b] 'a'" in " ".join(toast.split())
        assert OBEYED.findall(toast) == []
        assert case.app.title == title
        assert case.app.is_running


async def test_an_error_in_a_backends_own_words_is_shown_as_words() -> None:
    told = backends()
    told.logs.failing = SourceError(ErrorKind.BAD_QUERY, "elasticsearch", safe_text("\x1b[31m[/b] no such \x07index"))
    async with console(told=told, size=(170, 50)) as case:
        assert "\x1b" not in case.text
        assert "[/b]" in case.text


async def test_text_that_missed_its_door_is_stopped_at_the_terminal() -> None:
    """The guard of last resort: a source that forgot `safe_text` still moves nothing but letters."""
    told = backends()
    told.logs.log_page = LogPage(
        (LogRecord(SafeText("1"), NOW, LogLevel.ERROR, SafeText("s"), SafeText("a\x1b]0;owned\x07b\u202ec")),), 1
    )
    async with console(told=told) as case:
        assert OBEYED.findall(case.text) == []
        assert "owned" in case.text


def test_a_problem_carries_only_safe_words() -> None:
    problem = Problem.of(SourceError(ErrorKind.SERVER, "jaeger", safe_text("\x1b[2J")))
    assert "\x1b" not in problem.sentence
