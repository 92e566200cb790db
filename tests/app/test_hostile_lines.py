"""Hostile lines and spans, over real HTTP from the practice cluster: each is still there, and says what it lacks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from hostile.practice import LOST_TIMES, PLAIN_LINES, RAW_VALUES, hostile_cluster
from opsconsole.clock import SystemClock
from opsconsole.domain.log_query import LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace_query import TraceQuery, TraceSearch
from opsconsole.safe_text import safe_text
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import Sources

CHECKOUT = Selection(SafeText("practice"), SafeText("shop"), SafeText("checkout"))
OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


@asynccontextmanager
async def reached() -> AsyncIterator[tuple[Sources, TimeRange]]:
    """The sources of the hostile cluster, and two hours, longer than containers keep their lines."""
    async with hostile_cluster() as (cluster, _):
        clock = SystemClock()
        sources = connect(cluster, clock)
        try:
            yield sources, TimeRange(clock.now() - 7200, clock.now())
        finally:
            for source in (sources.logs, sources.traces, sources.workloads):
                if source is not None:
                    await source.close()


def texts_of(value: object) -> str:
    """Every text in `value`, as it is."""
    found: list[str] = []
    rest: list[object] = [msgspec.to_builtins(value)]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            rest += (*one.keys(), *one.values())
        elif isinstance(one, list | tuple):
            rest += one
        elif isinstance(one, str):
            found.append(one)
    return " ".join(found)


async def test_every_line_is_there_with_what_its_values_and_its_time_are() -> None:
    query = LogQuery(SafeText("caller:hostile"), LogSyntax.RAW)
    async with reached() as (sources, span):
        assert sources.logs is not None
        reading = await sources.logs.newest(LogSearch(CHECKOUT, span, query), 500)
        reader = sources.logs.reader(LogSearch(CHECKOUT, span, query))
        older = await reader.older(500)
        await reader.close()
    lines = {line.id.split("/")[1]: line for line in reading.value.records}
    assert {f"h{number}" for number in range(len(RAW_VALUES))} < lines.keys()
    assert all(lines[f"t{number}"].time is None for number in range(len(LOST_TIMES)))
    assert all(lines[f"h{number}"].time is not None for number in range(len(RAW_VALUES)))
    assert {line.id for line in reading.value.records} <= {line.id for line in older.value.records}
    assert dict(lines["h0"].fields)[SafeText("\u2026")].endswith(" more fields, not shown")
    assert dict(lines["t0"].fields)[SafeText("@timestamp")] == "yesterday"
    assert any("nested too deeply" in line.message for line in lines.values())
    assert any(line.message.endswith(" characters") for line in lines.values()), "what is cut is counted"
    assert OBEYED.findall(texts_of(reading.value)) == []


async def test_every_line_of_a_container_is_there() -> None:
    records: list[LogRecord] = []
    async with reached() as (sources, span):
        assert sources.container_logs is not None
        reader = sources.container_logs.reader(LogSearch(CHECKOUT, span))
        while True:
            page = (await reader.older(500)).value
            records += page.records
            if page.exhausted:
                break
        await reader.close()
    messages = [line.message for line in records]
    plain = [line for line in PLAIN_LINES if not line.startswith((b"{", b"ten"))]
    wanted = {safe_text(line.decode("utf-8", "replace").rstrip("\r"))[:20] for line in plain}
    assert {words for words in wanted if not any(words in message for message in messages)} == set()
    assert any("deep in a container" in message for message in messages)
    assert "the second" in messages
    assert any(message.startswith("ten megabytes mmm") and message.endswith(" characters") for message in messages)
    assert [line.time for line in records if line.message.endswith("a line of no time")] == [None]
    assert OBEYED.findall(texts_of(records)) == []


async def test_every_span_is_there_with_its_links_and_warnings() -> None:
    async with reached() as (sources, span):
        assert sources.traces is not None
        reading = await sources.traces.search(TraceSearch(CHECKOUT, span, TraceQuery()), 20)
        names = (await sources.traces.services()).value
        edges = (await sources.traces.dependencies(span)).value
    spans = [one for trace in reading.value.traces for one in trace.spans]
    assert spans
    assert not any("unreadable" in note or "be read" in note for note in reading.completeness.notes)
    assert all(any(words.startswith("evil ␛]52") for words in one.warnings) for one in spans)
    assert all(len(one.links) == 2 for one in spans)
    assert any(name.startswith("evil ␛]52") for name in names)
    assert OBEYED.findall(texts_of((reading.value, names, edges))) == []
