"""Whatever a backend sends, it is read and never obeyed, in every field of every widget."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC

import msgspec
import pytest
from textual.widget import Widget

from hostile.corpus import HOSTILE
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.errors import ErrorKind
from opsconsole.domain.log_query import LogSyntax
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.pod import Container, Evidence, Pod, PodList, Probe, ProbeKind, ProbeState
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Severity
from opsconsole.domain.snapshot import Completeness, FeedState, Problem, Snapshot, SourceFreshness, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, SpanEvent, Trace, TraceList
from opsconsole.safe_text import safe_mapping, safe_text
from opsconsole.traces.comparison import compare
from opsconsole.traces.topology import service_map, topology_of
from opsconsole.widgets.alert_list import AlertList
from opsconsole.widgets.details import DetailView, alert_detail, log_detail, pod_detail, trace_detail
from opsconsole.widgets.freshness_line import FreshnessLine
from opsconsole.widgets.glyphs import UNICODE
from opsconsole.widgets.key_line import KeyLine
from opsconsole.widgets.log_list import LogList
from opsconsole.widgets.log_query_line import LogQueryLine
from opsconsole.widgets.pod_list import PodListView
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.scope_header import HeaderFacts, ScopeHeader
from opsconsole.widgets.topology_edges import edge_rows
from opsconsole.widgets.topology_map import Ego, TopologyMap
from opsconsole.widgets.trace_comparison import pair_rows
from opsconsole.widgets.trace_list import TraceListView
from widget_samples import NOW, live
from widget_stage import Stage, screen_text

TEXTS = tuple(safe_text(raw) for raw in HOSTILE)
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def hostile_alert(text: SafeText, number: int = 0) -> Alert:
    mapping = {**safe_mapping({text: text, "service": text, "pod": text}), SafeText("n"): SafeText(str(number))}
    return Alert(
        SafeText(f"{text}{number}"), text, AlertState.FIRING, Severity.CRITICAL, NOW, mapping, mapping,
        runbook_url=text, generator_url=text, receivers=(text,), silenced_by=(text,), inhibited_by=(text,),
    )  # fmt: skip


def hostile_record(text: SafeText) -> LogRecord:
    return LogRecord(
        SafeText(f"id{text}"), NOW, LogLevel.ERROR, text, text, text, text, text, text, fields=((text, text),)
    )


def hostile_trace(text: SafeText) -> Trace:
    event = SpanEvent(NOW, text, {text: text})
    first = Span(text, text, None, text, text, NOW, 0.5, True, text, text, {text: text}, (event,), text)
    child = Span(text, SafeText(f"{text}c"), text, text, text, NOW + 0.1, 0.2, True, text, text)
    return Trace(text, (first, child))


def calling(text: SafeText) -> Trace:
    """A service of that name that calls a database of that name."""
    told = {SafeText("db.system"): text, SafeText("server.address"): text}
    first = Span(text, text, None, SafeText("caller"), text, NOW, 0.5, True, SafeText("client"))
    child = Span(text, SafeText(f"{text}c"), text, text, text, NOW + 0.1, 0.2, True, SafeText("client"), text, told)
    return Trace(text, (first, child))


def hostile_pod(text: SafeText) -> Pod:
    failed = {"failures": 2, "last_failure": text, "last_failure_at": NOW}
    probe = Probe(ProbeKind.LIVENESS, text, ProbeState.FAILING, Evidence.EVENTS, **failed)  # type: ignore[arg-type]
    container = Container(text, text, False, 1, text, text, text, text, 137, NOW, NOW, (probe,))
    names = (text, text, text, text, text)
    return Pod(SafeText(f"uid{text}"), text, text, text, text, False, NOW, (container,), *names, {text: text})


def problem(value: object, text: SafeText) -> Snapshot[object]:
    told = Problem(ErrorKind.SERVER, text)
    return Snapshot(FeedState.DOWN, value, NOW, Completeness(1, 2, (text,)), told, NOW)


def show_alerts(widget: AlertList, text: SafeText) -> None:
    widget.show(live((hostile_alert(text), hostile_alert(text, 1))), now=NOW)


def show_logs(widget: LogList, text: SafeText) -> None:
    widget.start_over((hostile_record(text),))
    widget.look_as(msgspec.structs.replace(widget.look, marked=(text.casefold() or "x",)))
    widget.toggle_open()
    widget.toggle_mark()


def show_wrapped_logs(widget: LogList, text: SafeText) -> None:
    widget.look_as(msgspec.structs.replace(widget.look, wrapped=True))
    show_logs(widget, text)


def show_chips(widget: LogQueryLine, text: SafeText) -> None:
    widget.show((text, text))


def show_typed_words(widget: LogQueryLine, text: SafeText) -> None:
    widget.open(text, LogSyntax.RAW)


def show_traces(widget: TraceListView, text: SafeText) -> None:
    widget.show(live(TraceList((hostile_trace(text),))), now=NOW)


def show_map(widget: TopologyMap, text: SafeText) -> None:
    traces = (hostile_trace(text), calling(text))
    widget.show(Ego.of(service_map(None, topology_of(traces)), text))


def show_edges(widget: RowList, text: SafeText) -> None:
    widget.show(edge_rows(service_map(None, topology_of((calling(text),))).edges), now=NOW)


def show_pairs(widget: RowList, text: SafeText) -> None:
    words = (text.casefold() or "x",)
    widget.show(pair_rows(compare(hostile_trace(text), calling(text)), as_tree=True, words=words), now=NOW)


def show_pods(widget: PodListView, text: SafeText) -> None:
    widget.show(live(PodList((hostile_pod(text),), forbidden=(text,))), now=NOW)


def show_stale(widget: TraceListView, text: SafeText) -> None:
    told = Problem(ErrorKind.SERVER, text)
    page = TraceList((hostile_trace(text),))
    widget.show(Snapshot(FeedState.DOWN, page, NOW, Completeness(1, 2, (text,)), told, NOW), now=NOW)


def show_partial(widget: TraceListView, text: SafeText) -> None:
    widget.show(Snapshot(FeedState.PARTIAL, TraceList(()), NOW, Completeness(1, 2, (text,))), now=NOW)


def show_problem(widget: TraceListView, text: SafeText) -> None:
    widget.show(Snapshot(FeedState.DOWN, problem=Problem(ErrorKind.SERVER, text)), now=NOW)


def show_header(widget: ScopeHeader, text: SafeText) -> None:
    widget.show(HeaderFacts(Scope(Selection(text, text, text, text, text, text)), NOW, production=True))


def show_keys(widget: KeyLine, text: SafeText) -> None:
    widget.show(((SafeText("r"), text), (text, SafeText("x"))))


def show_freshness(widget: FreshnessLine, text: SafeText) -> None:
    source = SourceFreshness(SourceName.JAEGER, FeedState.PARTIAL, NOW, Completeness(1, 2, (text,)))
    widget.show((source,), now=NOW)


def show_details(widget: DetailView, text: SafeText) -> None:
    widget.show(
        (
            *log_detail(hostile_record(text), zone=UTC),
            *alert_detail(hostile_alert(text), now=NOW, zone=UTC, glyphs=UNICODE),
            *trace_detail(hostile_trace(text), 38, zone=UTC, glyphs=UNICODE),
            *pod_detail(hostile_pod(text), now=NOW, zone=UTC, glyphs=UNICODE),
        )
    )


SHOWS: tuple[tuple[type[Widget], Callable[..., None]], ...] = (
    (AlertList, show_alerts),
    (LogList, show_logs),
    (TraceListView, show_traces),
    (PodListView, show_pods),
    (TopologyMap, show_map),
    (RowList, show_edges),
    (RowList, show_pairs),
    (TraceListView, show_stale),
    (TraceListView, show_partial),
    (TraceListView, show_problem),
    (LogList, show_wrapped_logs),
    (LogQueryLine, show_chips),
    (LogQueryLine, show_typed_words),
    (ScopeHeader, show_header),
    (KeyLine, show_keys),
    (FreshnessLine, show_freshness),
    (DetailView, show_details),
)
CLICKABLE = safe_text("[@click=app.boom]press[/]" * 9)


def strips_of(widget: Widget) -> list[str]:
    """Everything the widget and its children would send, as text."""
    drawn = [node for node in widget.walk_children(with_self=True) if isinstance(node, Widget)]
    return [node.render_line(y).text for node in drawn for y in range(node.size.height) if node.size.width]


@pytest.mark.parametrize(
    "width", [pytest.param(40, marks=pytest.mark.long), 80, pytest.param(120, marks=pytest.mark.long)]
)
@pytest.mark.parametrize(("kind", "show"), SHOWS, ids=lambda part: part.__name__)
async def test_no_byte_of_it_is_a_command_and_no_widget_falls(
    kind: type[Widget], show: Callable[..., None], width: int
) -> None:
    widget = kind()
    app = Stage(widget)
    booms: list[str] = []
    app.action_boom = lambda: booms.append("boom")  # type: ignore[attr-defined]
    async with app.run_test(size=(width, 24), notifications=True) as pilot:
        for text in (*TEXTS, CLICKABLE):
            show(widget, text)
            await pilot.pause()
            lines = strips_of(widget)
            assert lines
            assert not [line for line in lines if FORBIDDEN.search(line)]
            assert not FORBIDDEN.search(screen_text(app).replace("\n", ""))
        for y in range(3):
            await pilot.click(offset=(12, y))
        await pilot.press("enter", "end", "space")
    assert booms == []


@pytest.mark.parametrize("raw", ["[@click=app.boom]press[/]", "[/foo] [ERROR]", "[None] arr[i] = 3", "[b]bold[/b]"])
@pytest.mark.parametrize(
    ("kind", "show"),
    [
        (LogList, show_logs),
        (LogQueryLine, show_chips),
        (TraceListView, show_problem),
        (TraceListView, show_partial),
        (DetailView, show_details),
    ],
    ids=lambda part: part.__name__,
)
async def test_brackets_are_text(kind: type[Widget], show: Callable[..., None], raw: str) -> None:
    widget = kind()
    app = Stage(widget)
    async with app.run_test(size=(120, 24), notifications=True) as pilot:
        show(widget, safe_text(raw))
        await pilot.pause()
        assert raw in screen_text(app)


async def test_what_was_replaced_can_be_seen() -> None:
    widget = LogList()
    app = Stage(widget)
    async with app.run_test(size=(120, 5), notifications=True) as pilot:
        show_logs(widget, safe_text("a\x1b[31mred\u202egnp"))
        await pilot.pause()
        assert "a␛[31mred⟨202E⟩gnp" in screen_text(app)


def test_the_corpus_is_hostile() -> None:
    raw = "".join(HOSTILE)
    categories = {unicodedata.category(char) for char in raw}
    assert {"Cc", "Cf", "Mn", "Cs"} <= categories
    assert FORBIDDEN.search(raw)
