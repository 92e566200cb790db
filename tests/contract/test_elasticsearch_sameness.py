"""The practice cluster's Elasticsearch against a real one with the very same lines: each query finds the same ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.practice.elasticsearch import documents
from practice_shop import Drill
from servers.elasticsearch import Elasticsearch
from servers.loading import index_named, load_lines, remove_index

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.xdist_group("elasticsearch")]

SCENARIO = "bad-release"
SPAN = 120.0
"""Seconds of the shop's past that both hold."""

SORT = [{"@timestamp": {"order": "desc", "format": "strict_date_optional_time_nanos"}}]


class Both(msgspec.Struct):
    """The two servers, and the lines that both have."""

    drill: Drill
    api: httpx.Client
    index: str
    span: dict[str, Any]

    def practice(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return asyncio.run(self._practice(path, body))

    async def _practice(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.drill.elasticsearch.post(f"/logs-shop-*/{path}", json=body)

    def real(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.api.post(f"/{self.index}/{path}", json=body)

    def within(self, query: dict[str, Any]) -> dict[str, Any]:
        return {"bool": {"filter": [self.span, query]}}

    def found(self, query: dict[str, Any]) -> tuple[Any, Any]:
        """The ids that each finds, or its error's status and type."""
        body = {"query": self.within(query), "size": 10_000, "_source": False, "sort": SORT}
        return _ids(self.practice("_search", body)), _ids(self.real("_search", body))


def _ids(answer: httpx.Response) -> Any:
    if answer.status_code != 200:
        return answer.status_code, answer.json()["error"]["root_cause"][0]["type"]
    assert answer.json()["_shards"]["failed"] == 0, answer.text
    return sorted(hit["_id"] for hit in answer.json()["hits"]["hits"])


@pytest.fixture(scope="module")
def both(elasticsearch: Elasticsearch) -> Iterator[Both]:
    drill = Drill(SCENARIO)
    end = drill.shop.now()
    start = end - SPAN
    lines = drill.shop.logs(start, end)
    index = index_named("sameness")
    load_lines(elasticsearch, ((line.id, documents.source(line)) for line in lines), index=index)
    span = {"range": {"@timestamp": {"gte": int(start * 1000) + 1, "format": "epoch_millis"}}}
    with httpx.Client(base_url=elasticsearch.url, trust_env=False, timeout=60) as api:
        yield Both(drill, api, index, span)
    remove_index(elasticsearch, index)


def simple(words: str, fields: list[str]) -> dict[str, Any]:
    common = {"query": words, "fields": fields, "default_operator": "and", "analyze_wildcard": True, "lenient": True}
    return {"simple_query_string": common}


WORDS = (
    "request", "request failed", "failed request", '"request failed"', '"failed request"', "request -failed",
    "-request", "- request", "--request", "-(request failed)", "request | order", "request + failed", "request +slow",
    "(request | order) failed", "req*", "REQ*", "check*", "checkout", "checkout request", "order-created", "!!!",
    "request !!!", '"', "()", "(", ")", "((request", "request)", "a AND b", "*", "~", "requst~", "requst~1",
    '"request checkout"~3', '"failed request"~2', "登录", "用户", "500", "200", "true", "10.0.0.1", "error", "ERROR",
    "POST", "/pay", "server/access.go:88", "access.go", "\\", "request \\-failed", "request |", "| request", "+", "-",
    "*quest", "re?uest", " ", "request\tfailed", "level:error", "[ERROR]", "don't", "kubernetes", "node-1", "shop",
    '"request', 'request "failed', "status 500", "2026", "request~0", " * ", "+*", "request *",
    "* | request", "**", "-*", "***", "!*", "500:*", "server/acc*", "access.go:8*",
)  # fmt: skip


@pytest.mark.parametrize("fields", [["message"], ["message", "*"]], ids=["message", "everywhere"])
@pytest.mark.parametrize("words", WORDS)
def test_words_find_the_same_lines(both: Both, words: str, fields: list[str]) -> None:
    practice, real = both.found(simple(words, fields))
    assert practice == real


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet='request failed orders "*()|+-~\\!:/.5', max_size=24))
def test_whatever_is_typed_finds_the_same_lines_and_never_fails(both: Both, words: str) -> None:
    practice, real = both.found(simple(words, ["message"]))
    assert isinstance(real, list)
    assert practice == real


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_no_text_at_all_is_an_error(both: Both, words: str) -> None:
    practice, real = both.found(simple(words, ["message", "*"]))
    assert isinstance(practice, list)
    assert isinstance(real, list)


RAW = (
    "request", "request failed", "request AND failed", "request OR order", "request NOT failed", "NOT request",
    "message:request", "message:(request AND failed)", 'message:"request failed"', "level:error", "level:err*",
    "level:?rror", "status:500", "status:[400 TO 599]", "status:{499 TO 599]", "status:>=500", "status:abc", "nope:1",
    "*:*", "*", "_exists_:status", "_exists_:nope", "service:checkout", "+request -failed", "request && failed",
    "request || order", "!request", "message:requst~1", '"failed request"~2', "(request OR order) AND failed",
    "request OR order failed", "level:(error OR warn)", "request^2 failed", "message:/req.*/", "foo\\:bar",
    "service:check*", "level:error AND status:>400", "-request",
)  # fmt: skip
BROKEN = (
    "request AND (", "level:", '"request', "[1 TO", "a:b:c", "NOT", "request OR", "!", "{", "request\\", "foo~9", ")",
    "AND", "request AND AND failed", "(request",
)  # fmt: skip


@pytest.mark.parametrize("text", [*RAW, *BROKEN])
def test_the_query_language_finds_the_same_lines_and_breaks_at_the_same_mistakes(both: Both, text: str) -> None:
    common = {"query": text, "fields": ["message"], "default_operator": "and", "lenient": True}
    practice, real = both.found({"query_string": common})
    assert practice == real
    assert isinstance(real, list) is (text in RAW)


CLAUSES: tuple[dict[str, Any], ...] = (
    {"term": {"service.keyword": {"value": "checkout"}}},
    {"term": {"status": {"value": 500}}},
    {"terms": {"level.keyword": ["ERROR", "error", "Error"]}},
    {"match": {"status": {"query": "500", "lenient": True}}},
    {"match": {"status": {"query": "abc", "lenient": True}}},
    {"match_phrase": {"message": {"query": "request failed"}}},
    {"match_phrase": {"message": {"query": "!"}}},
    {"multi_match": {"query": "request failed", "fields": ["message"], "type": "phrase", "lenient": True}},
    {"exists": {"field": "service.keyword"}},
    {"exists": {"field": "stacktrace"}},
    {"bool": {"must_not": [{"exists": {"field": "status"}}]}},
    {"wildcard": {"message.keyword": {"value": "*request*"}}},
    {"term": {"service": {"value": "check"}}},
    {"match_none": {}},
)


@pytest.mark.parametrize("clause", CLAUSES, ids=str)
def test_clauses_find_the_same_lines(both: Both, clause: dict[str, Any]) -> None:
    practice, real = both.found(clause)
    assert practice == real


@pytest.mark.parametrize("field", ["level.keyword", "service.keyword", "status"])
def test_values_are_counted_alike(both: Both, field: str) -> None:
    terms = {"field": field, "size": 3, "show_term_doc_count_error": True}
    body = {"query": both.span, "size": 0, "aggs": {"values": {"terms": terms}}, "track_total_hits": True}
    practice, real = (ask("_search", body).json()["aggregations"]["values"] for ask in (both.practice, both.real))
    assert practice == real


def test_fields_are_described_alike(both: Both) -> None:
    asked = [*documents.every_field(), "kubernetes", "kubernetes.pod", "nope", "_index"]
    practice, real = (ask("_field_caps", {"fields": asked}).json()["fields"] for ask in (both.practice, both.real))
    kinds = {name: set(told) for name, told in practice.items()}
    assert {name: kinds[name] for name in real} == {name: set(told) for name, told in real.items()}
    assert real["kubernetes.container.name"]["text"] == practice["kubernetes.container.name"]["text"]
    # Dynamic mapping makes a field with the first line that has it, the practice cluster knows all from the start.
    assert not [name for name in kinds if name not in real and name.startswith(("kubernetes", "service", "level"))]


REQUESTS: tuple[dict[str, Any], ...] = (
    {"pit": {"id": "bm9uc2Vuc2U=", "keep_alive": "1m"}},
    {"search_after": ["2026-08-07T14:11:03.120Z", 1, 2], "sort": SORT},
    {"size": 1, "from": 5, "search_after": ["2026-08-07T14:11:03.120Z"], "sort": SORT},
    {"size": 10_000, "from": 5},
    {"query": {"query_string": {"fields": ["message"]}}},
)


@pytest.mark.parametrize("body", REQUESTS, ids=str)
def test_requests_that_make_no_sense_are_refused_alike(both: Both, body: dict[str, Any]) -> None:
    assert both.practice("_search", body).status_code == both.real("_search", body).status_code == 400
