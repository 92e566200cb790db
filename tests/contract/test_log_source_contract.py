"""What the console asks of logs beyond the newest page: the practice cluster and a real Elasticsearch answer alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, ElasticsearchSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns import matches
from opsconsole.sources.connect import connect
from opsconsole.sources.elasticsearch import elasticsearch_source
from opsconsole.sources.protocols import LogReader, LogSource
from opsconsole.sources.wire import ELASTICSEARCH_READS, Wire

SHOP = Selection(SafeText("contract"), namespace=SafeText("shop"))
CHECKOUT = Selection(SafeText("contract"), namespace=SafeText("shop"), service=SafeText("checkout"))
PATIENCE = 60.0


@pytest.fixture(scope="module")
def settings(logging_shop: ClusterSettings) -> ElasticsearchSettings:
    assert logging_shop.elasticsearch is not None
    return logging_shop.elasticsearch


@pytest.fixture
async def source(logging_shop: ClusterSettings) -> AsyncIterator[LogSource]:
    logs = connect(logging_shop, SystemClock()).logs
    assert logs is not None
    yield logs
    await logs.close()


@pytest.fixture
def api(settings: ElasticsearchSettings) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=settings.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def span(logging_shop: ClusterSettings) -> TimeRange:
    """Ten minutes of lines, in which nothing more arrives: the copy in the real server gets none after its making."""
    assert logging_shop.name
    end = time.time() - 90
    return TimeRange(end - 600, end)


def query(**parts: object) -> LogQuery:
    words = parts.pop("words", "")
    return LogQuery(words=SafeText(str(words)), **parts)  # type: ignore[arg-type]


async def everything(reader: LogReader, limit: int = 500) -> list[LogRecord]:
    lines: list[LogRecord] = []
    while True:
        reading = await reader.older(limit)
        lines += reading.value.records
        if reading.value.exhausted:
            return lines


async def all_of(source: LogSource, search: LogSearch) -> list[LogRecord]:
    reader = source.reader(search)
    try:
        return await everything(reader)
    finally:
        await reader.close()


async def test_a_reader_gives_every_line_once_newest_first(source: LogSource, span: TimeRange) -> None:
    search = LogSearch(SHOP, span)
    lines = await all_of(source, search)
    assert len(lines) == (await source.histogram(search, 60)).value.total
    assert len({line.id for line in lines}) == len(lines)
    times = [line.time for line in lines if line.time is not None]
    assert times == sorted(times, reverse=True)
    assert len(times) == len(lines)


class Noting(httpx.AsyncHTTPTransport):
    """Keeps the ids of the points in time that are opened through it."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if request.method == "POST" and request.url.path.endswith("/_pit"):
            await response.aread()
            self.opened.append(response.json()["id"])
        return response


async def test_a_reader_finds_its_place_again_when_the_server_forgot_it(
    source: LogSource, span: TimeRange, settings: ElasticsearchSettings
) -> None:
    search = LogSearch(CHECKOUT, span)
    whole = await all_of(source, search)
    noting = Noting()
    wire = Wire("elasticsearch", settings, SystemClock(), ELASTICSEARCH_READS, transport=noting)
    watched = elasticsearch_source(wire, settings, SystemClock())
    reader = watched.reader(search)
    lines = list((await reader.older(20)).value.records)
    forgotten = await wire.request("DELETE", "/_pit", json={"id": noting.opened[-1]})
    assert forgotten.status == 200
    reading = await reader.older(20)
    assert any("forgotten the place" in note for note in reading.completeness.notes)
    lines += [*reading.value.records, *await everything(reader)]
    await reader.close()
    await watched.close()
    assert sorted(line.id for line in lines) == sorted(line.id for line in whole)
    assert len(noting.opened) == 2


def test_a_point_in_time_is_frozen_paged_and_gone_when_closed(
    api: httpx.Client, settings: ElasticsearchSettings
) -> None:
    pit = api.post(f"/{settings.index}/_pit", params={"keep_alive": "1m", "ignore_unavailable": "true"}).json()["id"]
    sort = [{"@timestamp": {"order": "desc", "format": "strict_date_optional_time_nanos"}}]
    body = {"size": 50, "sort": sort, "pit": {"id": pit, "keep_alive": "1m"}, "_source": False}
    first = api.post("/_search", json=body).json()
    hits = first["hits"]["hits"]
    assert first["pit_id"]
    assert len(hits[0]["sort"]) == 2
    second = api.post("/_search", json={**body, "search_after": hits[-1]["sort"]}).json()["hits"]["hits"]
    assert not {hit["_id"] for hit in hits} & {hit["_id"] for hit in second}
    assert second[0]["sort"][0] <= hits[-1]["sort"][0]
    assert api.post("/_search", json=body).json()["hits"]["hits"] == hits
    assert api.post(f"/{settings.index}/_search", json=body).status_code == 400
    assert api.post(f"/{settings.index}/_pit").status_code == 400
    assert api.request("DELETE", "/_pit", json={"id": pit}).json()["succeeded"] is True
    assert api.request("DELETE", "/_pit", json={"id": pit}).status_code == 404
    gone = api.post("/_search", json=body)
    assert gone.status_code == 404
    assert gone.json()["error"]["root_cause"][0]["type"] == "search_context_missing_exception"


@pytest.mark.parametrize("words", ["request", "request -slow", '"request failed"', "reques* failed", "slow | failed"])
async def test_words_find_what_they_say(source: LogSource, span: TimeRange, words: str) -> None:
    lines = (await source.newest(LogSearch(SHOP, span, query(words=words)), 500)).value.records
    assert lines
    wanted = {
        "request": lambda text: "request" in text,
        "request -slow": lambda text: "request" in text and "slow" not in text,
        '"request failed"': lambda text: "request failed" in text,
        "reques* failed": lambda text: "request" in text and "failed" in text,
        "slow | failed": lambda text: "slow" in text or "failed" in text,
    }[words]
    told = [" ".join([line.message, *(value for _, value in line.fields)]).lower() for line in lines]
    assert all(wanted(text) for text in told)


@pytest.mark.parametrize("words", ['"', "(((", "a AND (", "~", "\\", "user:", "[1 TO", "/", "-", "!!!", "登录 ("])
async def test_no_words_are_a_syntax_error(source: LogSource, span: TimeRange, words: str) -> None:
    reading = await source.newest(LogSearch(SHOP, span, query(words=words)), 10)
    assert reading.completeness.whole


async def test_the_stores_own_language_is_read_and_its_mistakes_are_told(source: LogSource, span: TimeRange) -> None:
    raw = query(words="level:error AND service:checkout", syntax=LogSyntax.RAW)
    lines = (await source.newest(LogSearch(SHOP, span, raw), 100)).value.records
    assert {(line.service, line.level) for line in lines} == {("checkout", LogLevel.ERROR)}
    with pytest.raises(SourceError) as caught:
        await source.newest(LogSearch(SHOP, span, query(words="level:(error", syntax=LogSyntax.RAW)), 10)
    assert caught.value.kind is ErrorKind.BAD_QUERY
    assert "Failed to parse query [level:(error]; correct it" in caught.value.sentence


async def test_a_level_lets_pass_what_is_at_least_it(source: LogSource, span: TimeRange) -> None:
    lines = await all_of(source, LogSearch(SHOP, span))
    for level in (LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR):
        page = (await source.histogram(LogSearch(SHOP, span, query(level=level)), 60)).value
        assert page.total == sum(line.level.rank >= level.rank for line in lines)
        assert all(one.rank >= level.rank for bucket in page.buckets for one in bucket.counts)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service", "checkout"), ("namespace", "shop"), ("container", "checkout"), ("level", "error"),
        ("status", "500"), ("kubernetes.node.name", "node-1"), ("message", "request failed"),
        ("status", "no number"), ("service", "check"),
    ],
)  # fmt: skip
async def test_a_filter_and_its_opposite_part_the_lines(
    source: LogSource, span: TimeRange, field: str, value: str
) -> None:
    everyone = (await source.histogram(LogSearch(SHOP, span), 10)).value.total
    told = LogFilter(SafeText(field), SafeText(value))
    other = LogFilter(SafeText(field), SafeText(value), exclude=True)
    included = await source.newest(LogSearch(SHOP, span, query(filters=(told,))), 500)
    excluded = (await source.histogram(LogSearch(SHOP, span, query(filters=(other,))), 10)).value.total
    assert included.value.total + excluded == everyone
    assert (included.value.total > 0) is (value not in ("no number", "check"))
    shown = {"service": "service", "namespace": "namespace", "container": "container", "message": "message"}
    for line in included.value.records:
        own = getattr(line, shown[field]) if field in shown else dict(line.fields)[SafeText(field)]
        assert own == value


async def test_a_field_that_no_line_has_finds_nothing_and_says_so(source: LogSource, span: TimeRange) -> None:
    told = LogFilter(SafeText("no.such.field"), SafeText("x"))
    reading = await source.newest(LogSearch(SHOP, span, query(filters=(told,))), 10)
    assert reading.value.total == 0
    assert "no.such.field" in reading.completeness.notes[0]


async def test_a_pattern_lets_pass_just_its_own_lines(source: LogSource, span: TimeRange) -> None:
    lines = await all_of(source, LogSearch(SHOP, span))
    template = SafeText("request failed")
    found = await all_of(source, LogSearch(SHOP, span, query(pattern=template)))
    assert found
    assert {line.id for line in found} == {line.id for line in lines if matches(template, line.message)}


async def test_values_are_counted_as_the_lines_have_them(source: LogSource, span: TimeRange) -> None:
    lines = await all_of(source, LogSearch(SHOP, span))
    for field, own in (("service", lambda line: line.service), ("pod", lambda line: line.pod)):
        reading = await source.values(LogSearch(SHOP, span), SafeText(field), 100)
        counts = {one.value: one.count for one in reading.value}
        assert counts == {value: sum(own(line) == value for line in lines) for value in {own(line) for line in lines}}
        assert all(one.exact for one in reading.value)
        ordered = [one.count for one in reading.value]
        assert ordered == sorted(ordered, reverse=True)
    assert len((await source.values(LogSearch(SHOP, span), SafeText("service"), 2)).value) == 2


async def test_around_a_line_stand_the_lines_of_its_container(source: LogSource, span: TimeRange) -> None:
    found = (await source.newest(LogSearch(CHECKOUT, span, query(level=LogLevel.ERROR)), 50)).value.records
    line = found[len(found) // 2]
    reading = await source.around(line, SHOP, 5)
    around = reading.value.records
    assert reading.completeness.whole
    assert len(around) == 11
    assert [one.id for one in around].index(line.id) == 5
    assert {(one.pod, one.container) for one in around} == {(line.pod, line.container)}
    times = [one.time for one in around if one.time is not None]
    assert times == sorted(times, reverse=True)
    own = Selection(SafeText("contract"), pod=line.pod)
    pods = await all_of(source, LogSearch(own, TimeRange(times[-1], times[0])))
    assert {one.id for one in around} <= {one.id for one in pods}


async def test_a_tail_tells_every_line_since_a_moment_once(source: LogSource, span: TimeRange) -> None:
    after = span.end - 60
    wanted = await all_of(source, LogSearch(SHOP, TimeRange(after + 0.001, span.end)))
    assert wanted
    told: list[LogRecord] = []
    tail = source.tail(LogSearch(SHOP, span), after)
    try:
        async with asyncio.timeout(PATIENCE):
            async for batch in tail:
                assert batch.words == ""
                told += batch.records
                if {line.id for line in wanted} <= {line.id for line in told}:
                    break
    finally:
        await tail.aclose()
    assert len({line.id for line in told}) == len(told)
    assert all(line.time is not None and line.time > after for line in told)
