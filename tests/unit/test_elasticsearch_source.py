"""The log source against a scripted Elasticsearch: what it asks and what it makes of the answers."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.elasticsearch.source import ElasticsearchSource
from opsconsole.sources.wire import ELASTICSEARCH_READS, Wire

ALL = Selection(SafeText("prod"))
CHECKOUT = Selection(
    SafeText("prod"), namespace=SafeText("shop"), service=SafeText("checkout"), pod=SafeText("checkout-1")
)
HOUR = TimeRange(1786108263.0, 1786111863.0)
PRODUCT = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/vnd.elasticsearch+json;compatible-with=8"}
KEYWORD = {"keyword": {"type": "keyword", "searchable": True, "aggregatable": True}}
TEXT = {"text": {"type": "text", "searchable": True, "aggregatable": False}}
ECS = {
    "@timestamp": {"date": {"type": "date", "searchable": True, "aggregatable": True}},
    "service.name": KEYWORD,
    "log.level": KEYWORD,
    "message": TEXT,
    "kubernetes.pod.name": KEYWORD,
    "kubernetes.namespace": KEYWORD,
}
EMPTY: dict[str, Any] = {
    "took": 3,
    "timed_out": False,
    "_shards": {"total": 2, "successful": 2, "failed": 0},
    "hits": {"total": {"value": 0, "relation": "eq"}, "hits": []},
}


class Server:
    """Answers `_field_caps` and `_search` from memory and remembers what it was asked."""

    def __init__(self, fields: dict[str, Any] = ECS, search: dict[str, Any] | None = None) -> None:
        self.fields = fields
        self.search = EMPTY if search is None else search
        self.headers = PRODUCT
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.path, body))
        if request.url.path.endswith("/_field_caps"):
            return self._json({"indices": ["app-1"] if self.fields else [], "fields": self.fields})
        if request.url.path.endswith("/_search"):
            return self._json(self.search)
        return httpx.Response(405, json={"error": "Incorrect HTTP method"}, headers=self.headers)

    def _json(self, body: dict[str, Any]) -> httpx.Response:
        return httpx.Response(200, content=json.dumps(body), headers=self.headers)

    @property
    def searches(self) -> list[Any]:
        return [body for _, path, body in self.asked if path.endswith("/_search")]


def source_of(handler: Callable[[httpx.Request], httpx.Response]) -> ElasticsearchSource:
    clock = SystemClock()
    settings = SourceSettings("http://es.test:9200/base", timeout=10)
    wire = Wire("elasticsearch", settings, clock, ELASTICSEARCH_READS, transport=httpx.MockTransport(handler))
    return ElasticsearchSource(wire, "logs-*,app-*", clock)


def filters(body: Any) -> list[Any]:
    clauses: list[Any] = body["query"]["bool"]["filter"]
    return clauses


async def test_the_selection_becomes_exact_terms_below_the_base_path() -> None:
    server = Server()
    await source_of(server).newest(LogSearch(CHECKOUT, HOUR), 100)
    method, path, body = server.asked[-1]
    assert (method, path) == ("POST", "/base/logs-*,app-*/_search")
    times, *terms = filters(body)
    assert times == {"range": {"@timestamp": {"gte": 1786108263000, "lte": 1786111863000, "format": "epoch_millis"}}}
    assert terms == [
        {"term": {"kubernetes.namespace": {"value": "shop"}}},
        {"term": {"service.name": {"value": "checkout"}}},
        {"term": {"kubernetes.pod.name": {"value": "checkout-1"}}},
    ]
    assert (body["size"], body["sort"][0]["@timestamp"]["order"]) == (100, "desc")
    assert body["timeout"] == "8000ms"


async def test_a_text_field_is_matched_by_its_keyword_and_shapes_are_joined_by_or() -> None:
    server = Server({**ECS, "service": TEXT, "service.keyword": KEYWORD})
    await source_of(server).newest(LogSearch(Selection(SafeText("prod"), service=SafeText("checkout")), HOUR), 1)
    assert filters(server.searches[0])[1] == {
        "bool": {
            "should": [
                {"term": {"service.name": {"value": "checkout"}}},
                {"term": {"service.keyword": {"value": "checkout"}}},
                # Where the value has no keyword beside it: it is too long, or the index maps the field otherwise.
                {
                    "bool": {
                        "filter": [{"match_phrase": {"service": {"query": "checkout"}}}],
                        "must_not": [{"exists": {"field": "service.keyword"}}],
                    }
                },
            ],
            "minimum_should_match": 1,
        }
    }


async def test_no_more_than_five_hundred_lines_are_asked_for() -> None:
    server = Server()
    await source_of(server).newest(LogSearch(ALL, HOUR), 10_000)
    assert server.searches[0]["size"] == 500


async def test_a_hostile_service_name_stays_a_json_value() -> None:
    server = Server()
    evil = 'x" OR *:* } ] {"match_all":{}}'
    await source_of(server).newest(LogSearch(Selection(SafeText("prod"), service=SafeText(evil)), HOUR), 1)
    assert filters(server.searches[0])[1] == {"term": {"service.name": {"value": evil}}}


async def test_lines_of_other_services_never_stand_in_for_a_service_that_no_field_tells() -> None:
    server = Server({"@timestamp": ECS["@timestamp"], "message": TEXT})
    reading = await source_of(server).newest(
        LogSearch(Selection(SafeText("prod"), service=SafeText("checkout")), HOUR), 1
    )
    assert {"match_none": {}} in filters(server.searches[0])
    assert not reading.completeness.whole
    assert "service" in reading.completeness.notes[0]


async def test_a_namespace_that_no_field_tells_is_left_out_and_said() -> None:
    server = Server({"@timestamp": ECS["@timestamp"], "service": KEYWORD})
    reading = await source_of(server).newest(
        LogSearch(Selection(SafeText("prod"), namespace=SafeText("shop")), HOUR), 1
    )
    assert len(filters(server.searches[0])) == 1
    assert "namespace" in reading.completeness.notes[0]


async def test_records_come_newest_first_with_the_total_and_whether_it_is_exact() -> None:
    hits = [
        {
            "_index": "app-1",
            "_id": str(number),
            "_source": {"@timestamp": f"2026-08-07T14:11:0{number}Z", "message": "m"},
        }
        for number in (3, 2, 1)
    ]
    server = Server(search={**EMPTY, "hits": {"total": {"value": 10000, "relation": "gte"}, "hits": hits}})
    page = (await source_of(server).newest(LogSearch(ALL, HOUR), 3)).value
    assert [record.id for record in page.records] == ["app-1/3", "app-1/2", "app-1/1"]
    assert (page.total, page.total_is_exact) == (10000, False)


async def test_failed_shards_and_a_time_out_make_the_reading_partial() -> None:
    shards = {"total": 5, "failed": 1, "failures": [{"reason": {"type": "x", "reason": "shard is gone"}}]}
    server = Server(search={**EMPTY, "timed_out": True, "_shards": shards})
    completeness = (await source_of(server).newest(LogSearch(ALL, HOUR), 1)).completeness
    assert (completeness.got, completeness.wanted) == (4, 5)
    assert "shard is gone" in completeness.notes


async def test_the_histogram_counts_by_level_in_about_as_many_buckets_as_columns() -> None:
    bars = {
        "bars": {
            "buckets": [
                {"key": 1786108260000, "doc_count": 3, "level_0": {"buckets": [{"key": "error", "doc_count": 2}]}}
            ]
        }
    }
    server = Server(search={**EMPTY, "aggregations": bars})
    page = (await source_of(server).histogram(LogSearch(ALL, HOUR), 60)).value
    (body,) = server.searches
    assert body["size"] == 0
    assert body["aggs"]["bars"]["date_histogram"]["fixed_interval"] == "60000ms"
    assert body["aggs"]["bars"]["aggs"] == {"level_0": {"terms": {"field": "log.level", "size": 20}}}
    assert page.bucket_width == 60.0
    assert page.buckets[0].counts == {LogLevel.ERROR: 2, LogLevel.UNKNOWN: 1}
    assert page.records == ()


async def test_the_fields_are_asked_once_for_many_searches() -> None:
    server = Server()
    source = source_of(server)
    await source.newest(LogSearch(ALL, HOUR), 1)
    await source.histogram(LogSearch(ALL, HOUR), 10)
    await source.newest(LogSearch(ALL, HOUR), 1)
    assert [path.rpartition("/")[2] for _, path, _ in server.asked] == ["_field_caps", "_search", "_search", "_search"]


async def test_no_index_is_an_empty_page_that_names_the_pattern_and_is_asked_again() -> None:
    server = Server(fields={})
    source = source_of(server)
    reading = await source.newest(LogSearch(ALL, HOUR), 1)
    assert (reading.value.total, reading.completeness.whole) == (0, False)
    assert "logs-*,app-*" in reading.completeness.notes[0]
    server.fields = ECS
    assert (await source.newest(LogSearch(ALL, HOUR), 1)).completeness.whole


async def test_health_needs_no_root_address_and_names_what_is_missing() -> None:
    server = Server({"@timestamp": ECS["@timestamp"], "service": KEYWORD})
    health = await source_of(server).health()
    assert health.version == ""
    assert [missing.split(",")[0] for missing in health.missing] == ["a field for the level", "a field for the message"]


async def test_a_server_that_is_no_elasticsearch_is_said_to_be_none() -> None:
    server = Server()
    server.headers = {"Content-Type": "application/json"}
    with pytest.raises(SourceError) as caught:
        await source_of(server).newest(LogSearch(ALL, HOUR), 1)
    assert caught.value.kind is ErrorKind.UNSUPPORTED
    assert "not Elasticsearch" in caught.value.sentence


async def test_warning_headers_of_the_server_never_reach_the_terminal() -> None:
    server = Server()
    server.headers = {**PRODUCT, "Warning": '299 Elasticsearch-8.19.3 "deprecated"'}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await source_of(server).newest(LogSearch(ALL, HOUR), 1)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            httpx.Response(200, html="<title>Log in</title>", headers=PRODUCT | {"Content-Type": "text/html"}),
            ErrorKind.MALFORMED,
        ),
        (httpx.Response(200, json={"status": "ok"}, headers=PRODUCT), ErrorKind.MALFORMED),
        (httpx.Response(200, content=b"[" * 100_000, headers=PRODUCT), ErrorKind.MALFORMED),
        (httpx.Response(200, content=b"\xff", headers=PRODUCT), ErrorKind.MALFORMED),
        (httpx.Response(200, content=b"ok", headers=PRODUCT | {"Content-Type": "text/plain"}), ErrorKind.MALFORMED),
        (httpx.Response(200, content=b"ok", headers=PRODUCT | {"Content-Type": "image/png"}), ErrorKind.MALFORMED),
        (httpx.Response(401, json={"error": {"type": "security_exception"}}), ErrorKind.UNAUTHORIZED),
        (httpx.Response(429, json={"error": {"type": "circuit_breaking_exception"}}), ErrorKind.THROTTLED),
        (httpx.Response(400, json={"error": {"type": "x", "reason": "too many buckets"}}), ErrorKind.BAD_QUERY),
        (httpx.Response(503, json={"error": {"type": "x", "reason": "all shards failed"}}), ErrorKind.SERVER),
    ],
)
async def test_every_refusal_is_a_source_error_after_one_request(answer: httpx.Response, kind: ErrorKind) -> None:
    searches = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal searches
        if request.url.path.endswith("_field_caps"):
            return Server()(request)
        searches += 1
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    with pytest.raises(SourceError) as caught:
        await source_of(handler).newest(LogSearch(ALL, HOUR), 1)
    assert (caught.value.kind, caught.value.source, searches) == (kind, "elasticsearch", 1)


async def test_closing_twice_is_no_error() -> None:
    source = source_of(Server())
    await source.newest(LogSearch(ALL, HOUR), 1)
    await source.close()
    await source.close()
