"""Evidence drawn again: from what a store gives back, without any backend."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec
import pytest
from rich.cells import cell_len

from hostile.corpus import HOSTILE
from incident_samples import event
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.incident_event import EvidencePinned
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.marker import Marker, MarkerKind
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel, PanelReading, Series, Severity, Threshold, Unit
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.incidents.pinning import (
    LinesSeen,
    Standpoint,
    pinned_alert,
    pinned_chart,
    pinned_lines,
    pinned_pod,
    pinned_trace,
)
from opsconsole.safe_text import safe_text
from opsconsole.widgets.evidence import evidence_lines
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.incidents.event_preview import EventPreview
from widget_samples import ALERTS, LOGS, NOW, PODS, SLOW_TRACE, live
from widget_stage import Stage, shown

SPAN = TimeRange(NOW - 3600, NOW)
SEEN = Standpoint(Selection(SafeText("prod"), service=SafeText("checkout")), SPAN, NOW, NOW - 240)
PANEL = Panel("errors", SafeText("Errors"), "q", Unit.RATIO, thresholds=(Threshold(0.05, Severity.CRITICAL),))
VALUES = [0.001] * 56 + [0.08] * 4
TIMES = tuple(SPAN.start + 60 * (place + 1) for place in range(60))


def chart(panel: Panel = PANEL, *, hole: range = range(0)) -> Pinned:
    pairs = [pair for place, pair in enumerate(zip(TIMES, VALUES, strict=True)) if place not in hole]
    one = Series({}, tuple(time for time, _ in pairs), tuple(value for _, value in pairs), SafeText("checkout"))
    reading = PanelReading(panel, (one,), 60.0, SafeText('sum(rate(errors{service="checkout"}[1m]))'))
    stale = Snapshot(FeedState.STALE, reading, NOW - 90)
    marks = (Marker(NOW - 360, MarkerKind.DEPLOY, SafeText("checkout v1.9.0")),)
    return _stored(pinned_chart(stale, SEEN, marks))


def lines() -> Pinned:
    records = tuple(reversed(LOGS.records))
    query = LogQuery(
        SafeText("timeout"), level=LogLevel.ERROR, filters=(LogFilter(SafeText("pod"), SafeText("x"), True),)
    )
    search = LogSearch(SEEN.selection, SPAN, query)
    seen = LinesSeen(search, records, SafeText("elasticsearch"), records[-1], total=88_310, total_is_exact=False)
    return _stored(pinned_lines(seen, NOW))


def _stored(pinned: Pinned | None) -> Pinned:
    """What comes back from a store that keeps JSON."""
    return msgspec.json.decode(msgspec.json.encode(pinned), type=Pinned)


ALL = {
    "chart": chart(),
    "lines": lines(),
    "trace": _stored(pinned_trace(SLOW_TRACE, NOW, chosen=SLOW_TRACE.spans[-1].span_id)),
    "pod": _stored(pinned_pod(PODS.pods[0], live(PODS), SEEN)),
    "alert": _stored(pinned_alert(ALERTS[0], live(ALERTS), SEEN)),
}


def text_of(pinned: Pinned, width: int = 100, **more: object) -> str:
    drawn = evidence_lines(pinned, width, **{"zone": UTC, "glyphs": UNICODE, **more})  # type: ignore[arg-type]
    return "\n".join(line.plain for line in drawn)


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_tells_what_it_is_when_it_was_and_who_said_so(kind: str) -> None:
    pinned = ALL[kind]
    text = text_of(pinned)
    assert text.startswith(pinned.title)
    assert "2026-03-02 14:12:00 UTC" in text
    assert f"from {pinned.source}" in text


def test_a_chart_is_drawn_again_with_its_query_its_marker_and_its_value_at_the_cursor() -> None:
    text = text_of(chart())
    assert 'sum(rate(errors{service="checkout"}[1m]))' in text
    assert "D 14:06 checkout v1.9.0" in text
    assert "8 %" in text
    assert "at 14:08:00" in text
    assert any("⠀" < letter <= "⣿" for letter in text)


def test_a_link_stands_last_where_it_takes_no_room_from_the_chart() -> None:
    linked = msgspec.structs.replace(chart(), link=SafeText("https://prom.example/graph?g0.expr=up"))
    assert text_of(linked).splitlines()[-1].split() == ["link", "https://prom.example/graph?g0.expr=up"]


def test_what_was_stale_says_so_first() -> None:
    assert text_of(chart()).splitlines()[1].strip().startswith("not whole")
    assert "stale as of 2026-03-02 14:10:30 UTC" in text_of(chart())


def columns_with_dots(text: str) -> set[int]:
    return {place for line in text.splitlines() for place, letter in enumerate(line) if "⠀" < letter <= "⣿"}


def test_a_gap_in_the_samples_is_a_gap_in_the_chart() -> None:
    plain = msgspec.structs.replace(PANEL, thresholds=())
    whole = columns_with_dots(text_of(chart(plain)))
    broken = columns_with_dots(text_of(chart(plain, hole=range(20, 40))))
    assert len(whole - broken) > 20
    assert broken < whole


def test_lines_are_drawn_with_their_search_and_the_one_that_was_meant_is_marked() -> None:
    text = text_of(lines())
    assert "service checkout; words: timeout; error or worse; not pod x" in text
    assert "6 lines kept of 88,310+ that match" in text
    (meant,) = (line for line in text.splitlines() if line.startswith(UNICODE.cursor))
    assert "pool wait timeout after 3000 ms" in meant


def test_a_trace_is_drawn_with_its_spans_and_the_one_that_was_looked_at() -> None:
    text = text_of(ALL["trace"])
    assert "looked at     db acquire connection" in text
    for span in SLOW_TRACE.spans:
        assert span.service in text


def test_a_pods_ages_are_those_of_the_moment_it_was_kept() -> None:
    assert "last failure 2026-03-02 14:11:58 UTC, 2s ago" in text_of(ALL["pod"])


def test_times_are_told_in_the_readers_zone() -> None:
    assert "2026-03-02 22:12:00 CST" in text_of(ALL["alert"], zone=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_charts_fit_the_width_and_nothing_fails_at_any(kind: str, width: int) -> None:
    drawn = evidence_lines(ALL[kind], width, zone=UTC, glyphs=ASCII)
    if kind == "chart":
        assert max(cell_len(line.plain) for line in drawn[-10:]) <= width


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile: str) -> None:
    alert = msgspec.structs.replace(ALERTS[0], name=safe_text(hostile), labels={SafeText("x"): safe_text(hostile)})
    text = text_of(_stored(pinned_alert(alert, live(ALERTS), SEEN)))
    assert not set(text) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}


@pytest.mark.parametrize("kind", ALL)
async def test_below_the_timeline_it_is_drawn_for_the_room_there_is(kind: str) -> None:
    preview = EventPreview(glyphs=UNICODE, zone=UTC)
    preview.styles.height = "100%"
    app = Stage(preview)
    async with app.run_test(size=(100, 40)) as pilot:
        preview.look_at(event(EvidencePinned(ALL[kind])), NOW)
        await pilot.pause()
        assert "evidence · Enter opens it" in "\n".join(shown(app))
        first = ALL[kind].title.partition(",")[0] if kind in ("chart", "pod") else ALL[kind].title[:40]
        assert first in "\n".join(shown(app))
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert first in "\n".join(shown(app))
        preview.look_at(None, NOW)
        await pilot.pause()
        assert not set("".join(shown(app))) - set(" ─")
