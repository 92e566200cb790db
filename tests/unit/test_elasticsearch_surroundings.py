"""Lines around a line, values of a field, and how whole an answer is."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec
import pytest

from fake_clock import FakeClock
from memory_elasticsearch import MemoryElasticsearch, answer, caps
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.elasticsearch.answers import SearchAnswer
from opsconsole.sources.elasticsearch.source import ElasticsearchSource
from opsconsole.sources.wire import ELASTICSEARCH_READS, Wire

NOW = 1_800_000_000.0
ALL = Selection(SafeText("prod"))
SEARCH = LogSearch(ALL, TimeRange(NOW - 3600, NOW))


def source_of(
    server: MemoryElasticsearch, clock: FakeClock | None = None, **names: tuple[str, ...]
) -> ElasticsearchSource:
    clock = clock or FakeClock(NOW)
    settings = SourceSettings("http://es.test:9200", timeout=10)
    wire = Wire("elasticsearch", settings, clock, ELASTICSEARCH_READS, transport=httpx.MockTransport(server))
    return ElasticsearchSource(wire, "app-*", clock, fields=names)


def record(name: str, moment: float | None, **parts: str) -> LogRecord:
    told = {key: SafeText(value) for key, value in parts.items()}
    return LogRecord(SafeText(name), moment, LogLevel.INFO, told.pop("service", SafeText("")), SafeText("m"), **told)


async def around(server: MemoryElasticsearch, name: str, lines: int, moment: float | None = NOW) -> list[str]:
    reading = await source_of(server).around(record(name, moment, service="checkout"), ALL, lines)
    assert reading.completeness.whole
    return [str(line.message) for line in reading.value.records]


async def test_as_many_lines_before_as_after_stand_around_the_line_newest_first() -> None:
    server = MemoryElasticsearch()
    names = [server.add(NOW - 100 + number, message=str(number)) for number in range(100)]
    assert await around(server, names[50], 3) == ["53", "52", "51", "50", "49", "48", "47"]
    assert await around(server, names[0], 2) == ["2", "1", "0"]
    assert await around(server, names[99], 2) == ["99", "98", "97"]


async def test_lines_of_the_same_moment_are_neither_lost_nor_doubled() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 9, message="before")
    names = [server.add(NOW - 5, message=str(number)) for number in range(5)]
    server.add(NOW - 1, message="after")
    assert await around(server, names[2], 2) == ["4", "3", "2", "1", "0"]
    assert await around(server, names[2], 9) == ["after", "4", "3", "2", "1", "0", "before"]
    assert await around(server, names[4], 1) == ["after", "4", "3"]


async def test_a_line_that_is_gone_leaves_the_lines_around_its_time_and_a_note() -> None:
    server = MemoryElasticsearch()
    for number in range(10):
        server.add(NOW - 10 + number, message=str(number))
    reading = await source_of(server).around(record("app-1/gone", NOW - 5.5, service="checkout"), ALL, 2)
    assert [line.message for line in reading.value.records] == ["6", "5", "4", "3"]
    assert "no longer there" in reading.completeness.notes[0]


async def test_a_line_without_a_time_that_is_gone_stands_alone() -> None:
    reading = await source_of(MemoryElasticsearch()).around(record("app-1/x", None, service="a"), ALL, 2)
    assert [line.id for line in reading.value.records] == ["app-1/x"]
    assert not reading.completeness.whole


@pytest.mark.parametrize(
    ("parts", "terms"),
    [
        (
            {"service": "s", "pod": "p", "container": "c"},
            {"kubernetes.container.name": "c", "kubernetes.pod.name": "p"},
        ),
        ({"service": "s", "pod": "p"}, {"kubernetes.pod.name": "p"}),
        ({"service": "s", "container": "c"}, {"service": "s"}),
        ({"service": "s", "namespace": "n"}, {"service": "s", "kubernetes.namespace": "n"}),
    ],
)
async def test_the_narrowest_place_that_the_line_tells_is_looked_at(
    parts: dict[str, str], terms: dict[str, str]
) -> None:
    server = MemoryElasticsearch()
    kinds = dict.fromkeys(("kubernetes__container__name", "kubernetes__pod__name", "kubernetes__namespace"), "keyword")
    server.fields = {**server.fields, **caps(**kinds)}
    server.add(NOW - 1, "x")
    await source_of(server).around(record("app-1/x", NOW - 1, **parts), ALL, 2)
    _own, older, *_ = server.searches
    told = [clause["term"] for clause in older["query"]["bool"]["filter"] if "term" in clause]
    assert {name: value["value"] for one in told for name, value in one.items()} == terms


async def test_a_line_that_tells_no_place_has_lines_of_all_around_it_and_says_so() -> None:
    server = MemoryElasticsearch()
    name = server.add(NOW - 1)
    reading = await source_of(server).around(record(name, NOW - 1), ALL, 2)
    assert "neither container, pod nor service" in reading.completeness.notes[0]


class Counting(MemoryElasticsearch):
    """Answers aggregations from a script."""

    def __init__(self, total: int, *parts: dict[str, Any], **shards: Any) -> None:
        super().__init__()
        told = {f"values_{number}": part for number, part in enumerate(parts)}
        hits = {"total": {"value": total, "relation": "eq"}, "hits": []}
        shards = {"total": 2, "failed": 0, **shards}
        self.body = {"timed_out": False, "_shards": shards, "hits": hits, "aggregations": told}

    def _search(self, body: dict[str, Any]) -> httpx.Response:
        assert body["size"] == 0
        return answer(self.body)


def part(*buckets: tuple[Any, int], error: int = 0, others: int = 0) -> dict[str, Any]:
    told = [{"key": key, "doc_count": count, "doc_count_error_upper_bound": error} for key, count in buckets]
    return {"buckets": told, "sum_other_doc_count": others}


async def values(server: MemoryElasticsearch, field: str = "level", limit: int = 5) -> Any:
    return await source_of(server).values(SEARCH, SafeText(field), limit)


async def test_values_come_most_frequent_first_and_are_exact_when_all_shards_told_theirs() -> None:
    reading = await values(Counting(10, part(("info", 7), ("warn", 2), others=1)))
    assert [(one.value, one.count, one.exact) for one in reading.value] == [("info", 7, True), ("warn", 2, True)]
    assert reading.completeness.whole


async def test_counts_are_estimates_where_a_shard_may_have_more_or_is_missing() -> None:
    assert not (await values(Counting(10, part(("info", 7), error=3)))).value[0].exact
    reading = await values(Counting(10, part(("info", 7)), failed=1))
    assert not reading.value[0].exact
    assert not reading.completeness.whole


async def test_fields_of_several_shapes_add_up_and_aliases_do_not() -> None:
    shapes = {**caps(service="keyword", service__name="keyword"), **MemoryElasticsearch().fields}
    different, alias = Counting(9, part(("a", 5)), part(("a", 4))), Counting(5, part(("a", 5)), part(("a", 5)))
    different.fields = alias.fields = shapes
    assert [one.count for one in (await values(different, "service")).value] == [9]
    assert [one.count for one in (await values(alias, "service")).value] == [5]


async def test_a_field_that_can_not_be_counted_says_why() -> None:
    server = MemoryElasticsearch()
    assert "text without a keyword" in (await values(server, "message")).completeness.notes[0]
    assert "no nope" in (await values(server, "nope")).completeness.notes[0]
    mixed = Counting(3, part((500, 2)))
    mixed.fields = {**mixed.fields, "status": {**caps(s="keyword")["s"], **caps(s="long")["s"]}}
    reading = await values(mixed, "status")
    assert "several kinds" in reading.completeness.notes[0]
    assert reading.value == ()


async def test_remote_clusters_and_shards_that_are_missing_are_named() -> None:
    raw = {
        "_shards": {"total": 4, "failed": 1, "failures": [{"reason": {"type": "t", "reason": "disk is full"}}]},
        "_clusters": {
            "total": 2,
            "successful": 1,
            "skipped": 1,
            "details": {"": {"status": "successful"}, "eu": {"status": "skipped"}},
        },
        "hits": {"hits": []},
    }
    told = msgspec.json.decode(json.dumps(raw), type=SearchAnswer).completeness()
    assert (told.got, told.wanted) == (3, 4)
    assert told.notes == ("disk is full", "1 of 2 remote clusters gave no whole answer: eu skipped")


async def test_a_raw_query_that_does_not_parse_is_told_with_the_servers_reason_and_what_to_do() -> None:
    server = MemoryElasticsearch()
    cause = {"type": "query_shard_exception", "reason": "Failed to parse query [a AND (]" + "x" * 500}
    error = answer({"error": {"root_cause": [cause], **cause}, "status": 400}, 400)
    server.failing = lambda request: error if request.url.path.endswith("_search") else None
    raw = LogQuery(words=SafeText("a AND ("), syntax=LogSyntax.RAW)
    for ask in (source_of(server).newest, source_of(server).histogram):
        with pytest.raises(SourceError) as caught:
            await ask(LogSearch(ALL, SEARCH.span, raw), 10)
        assert caught.value.kind is ErrorKind.BAD_QUERY
        assert caught.value.sentence.startswith("elasticsearch refused the query: Failed to parse query [a AND (]xxx")
        assert caught.value.sentence.endswith(
            "correct it (field:value, AND, OR, NOT, parentheses, quotes), or search for plain words"
        )
        assert len(caught.value.detail) <= 160


async def test_configured_fields_are_searched_and_read() -> None:
    server = MemoryElasticsearch()
    server.fields = {"@timestamp": server.fields["@timestamp"], **caps(svc="keyword", text="text", lvl="keyword")}
    source = source_of(server, service=("svc",), message=("text",), level=("lvl",))
    await source.newest(LogSearch(Selection(SafeText("p"), service=SafeText("checkout")), SEARCH.span), 1)
    assert {"term": {"svc": {"value": "checkout"}}} in server.searches[0]["query"]["bool"]["filter"]
    assert "svc" in server.searches[0]["fields"]
    assert (await source.health()).missing == ()


async def test_a_field_that_nothing_told_yet_is_looked_for_again_soon() -> None:
    server, clock = MemoryElasticsearch(), FakeClock(NOW)
    source = source_of(server, clock)
    search = LogSearch(ALL, SEARCH.span, LogQuery(filters=(LogFilter(SafeText("tenant"), SafeText("a")),)))
    reading = await source.newest(search, 1)
    assert "no tenant" in reading.completeness.notes[0]
    server.fields = {**server.fields, **caps(tenant="keyword")}
    await clock.advance(5)
    assert (await source.newest(search, 1)).completeness.whole


async def test_indices_that_are_recovering_do_not_make_fields_unknown() -> None:
    server, clock = MemoryElasticsearch(), FakeClock(NOW)
    source = source_of(server, clock)
    await source.newest(SEARCH, 1)
    server.failing = lambda request: (
        answer({"indices": ["app-1"], "fields": {}, "failed_indices": 1})
        if request.url.path.endswith("_field_caps")
        else None
    )
    await clock.advance(1000)
    selection = Selection(SafeText("p"), service=SafeText("checkout"))
    assert (await source.newest(LogSearch(selection, SEARCH.span), 1)).completeness.whole
