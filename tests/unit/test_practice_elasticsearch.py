from __future__ import annotations

import itertools
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, BadRequestError, NotFoundError

from opsconsole.practice.elasticsearch import documents, simple_query
from practice_shop import STARTED, Drill, standing

LAST_TEN_MINUTES = {"range": {"@timestamp": {"gte": "now-10m"}}}


async def search(drill: Drill, body: dict[str, Any], path: str = "/logs-shop-*/_search", status: int = 200) -> Any:
    answer = await drill.elasticsearch.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def recent(*clauses: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"query": {"bool": {"filter": [LAST_TEN_MINUTES, *clauses], **others}}, "size": 500}


def sources(answer: Any) -> list[dict[str, Any]]:
    return [hit["_source"] for hit in answer["hits"]["hits"]]


async def test_every_answer_says_whose_it_is_and_in_the_version_asked_for() -> None:
    drill = standing("healthy")
    answer = await drill.elasticsearch.get("/")
    assert answer.headers["x-elastic-product"] == "Elasticsearch"
    assert answer.json()["version"]["number"].startswith("8.19.")
    asked = {"accept": "application/vnd.elasticsearch+json; compatible-with=8"}
    answer = await drill.elasticsearch.get("/_count", headers=asked)
    assert answer.headers["content-type"] == "application/vnd.elasticsearch+json;compatible-with=8"
    refused = await drill.elasticsearch.get(
        "/_count", headers={"accept": "application/vnd.elasticsearch+json; compatible-with=9"}
    )
    assert refused.json()["error"]["type"] == "media_type_header_exception"
    assert refused.headers["x-elastic-product"] == "Elasticsearch"


async def test_terms_are_whole_in_keywords_and_words_in_texts() -> None:
    drill = standing("pool-exhaustion")
    by_keyword = await search(drill, recent({"term": {"message.keyword": "pool wait timeout"}}))
    assert by_keyword["hits"]["total"]["value"] > 10
    assert {source["service"] for source in sources(by_keyword)} == {"orders"}
    by_phrase = await search(drill, recent({"term": {"message": "pool wait timeout"}}))
    assert by_phrase["hits"]["total"]["value"] == 0
    by_word = await search(drill, recent({"term": {"message": {"value": "timeout"}}}))
    assert by_word["hits"]["total"]["value"] >= by_keyword["hits"]["total"]["value"]


def has_level(*levels: str) -> Any:
    return lambda line: line["level"] in levels


POOL_BUT_NOT_TIMEOUT = {"query": "pool -timeout", "fields": ["message"], "default_operator": "and"}
WARN_OR_ERROR = {"should": [{"term": {"level": "error"}}, {"term": {"level": "warn"}}]}


@pytest.mark.parametrize(
    ("clause", "holds"),
    [
        ({"match": {"message": "timeout nonsense"}}, lambda line: "timeout" in line["message"]),
        (
            {"match": {"message": {"query": "pool exhausted", "operator": "and"}}},
            lambda line: "pool" in line["message"] and "exhausted" in line["message"],
        ),
        ({"match_phrase": {"message": "pool wait timeout"}}, lambda line: line["message"] == "pool wait timeout"),
        ({"terms": {"level": ["warn", "error"]}}, has_level("warn", "error")),
        ({"exists": {"field": "stacktrace"}}, lambda line: "stacktrace" in line),
        ({"prefix": {"kubernetes.pod.name.keyword": "orders-"}}, lambda line: line["service"] == "orders"),
        ({"wildcard": {"caller.keyword": "sql/*"}}, lambda line: line["caller"].startswith("sql/")),
        ({"range": {"status": {"gte": 500}}}, lambda line: line["status"] >= 500),
        ({"simple_query_string": POOL_BUT_NOT_TIMEOUT}, lambda line: "exhausted" in line["message"]),
        ({"bool": WARN_OR_ERROR}, has_level("warn", "error")),
        ({"bool": {"must_not": [{"term": {"service": "orders"}}]}}, lambda line: line["service"] != "orders"),
    ],
)
async def test_clauses_find_what_they_say_and_nothing_else(clause: dict[str, Any], holds: Any) -> None:
    drill = standing("pool-exhaustion")
    found = sources(await search(drill, {**recent(clause), "size": 5000}))
    everything = sources(await search(drill, {**recent(), "size": 5000}))
    assert found
    assert all(holds(line) for line in found)
    assert len(found) < len(everything)


@pytest.mark.parametrize("field", ["@timestamp", "service.keyword"])
async def test_hits_come_sorted_and_can_be_paged_without_loss(field: str) -> None:
    drill = standing("bad-release")
    body = {**recent(), "size": 100, "sort": [{field: {"order": "desc"}}, {"_id": "asc"}], "track_total_hits": True}
    first = await search(drill, body)
    seen = [hit["_id"] for hit in first["hits"]["hits"]]
    hits = first["hits"]["hits"]
    while hits:
        hits = (await search(drill, {**body, "search_after": hits[-1]["sort"]}))["hits"]["hits"]
        seen += [hit["_id"] for hit in hits]
    assert len(seen) == len(set(seen)) == first["hits"]["total"]["value"]
    keys = [hit["sort"][0] for hit in first["hits"]["hits"]]
    assert keys == sorted(keys, reverse=True)


async def test_totals_are_counted_as_far_as_asked() -> None:
    drill = standing("healthy")
    assert (await search(drill, {"track_total_hits": 100}))["hits"]["total"] == {"value": 100, "relation": "gte"}
    assert "total" not in (await search(drill, {"track_total_hits": False}))["hits"]
    exact = await search(drill, {"track_total_hits": True, "size": 0})
    count = (await drill.elasticsearch.post("/_count", json={})).json()["count"]
    assert exact["hits"]["total"] == {"value": count, "relation": "eq"}


async def test_a_histogram_covers_its_bounds_and_its_levels_add_up() -> None:
    drill = standing("bad-release")
    end = int(STARTED * 1000)
    body = recent()
    body["size"] = 0
    body["aggs"] = {
        "bars": {
            "date_histogram": {
                "field": "@timestamp",
                "fixed_interval": "30s",
                "min_doc_count": 0,
                "extended_bounds": {"min": end - 1_200_000, "max": end},
            },
            "aggs": {"levels": {"terms": {"field": "level.keyword"}}},
        }
    }
    answer = await search(drill, body)
    buckets = answer["aggregations"]["bars"]["buckets"]
    assert [after["key"] - before["key"] for before, after in itertools.pairwise(buckets)] == [30_000] * 40
    assert sum(bucket["doc_count"] for bucket in buckets) == answer["hits"]["total"]["value"]
    for bucket in buckets:
        assert sum(level["doc_count"] for level in bucket["levels"]["buckets"]) == bucket["doc_count"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"query": {"nonsense": {}}}, "parsing_exception"),
        ({"size": 20_000}, "search_phase_execution_exception"),
        ({"aggs": {"a": {"terms": {"field": "level"}}}}, "search_phase_execution_exception"),
        ({"sort": [{"message": "asc"}]}, "search_phase_execution_exception"),
        ({"sort": [{"unheard_of": "asc"}]}, "search_phase_execution_exception"),
        ({"query": {"range": {"@timestamp": {"gte": "yesterday"}}}}, "search_phase_execution_exception"),
        ({"colour": "red"}, "parsing_exception"),
        (
            {"aggs": {"a": {"date_histogram": {"field": "@timestamp", "fixed_interval": "1ms"}}}},
            "search_phase_execution_exception",
        ),
    ],
)
async def test_requests_that_make_no_sense_are_refused_in_its_own_form(body: dict[str, Any], kind: str) -> None:
    answer = await search(standing("healthy"), body, status=400)
    assert answer["error"]["type"] == kind
    assert answer["error"]["root_cause"]
    assert answer["status"] == 400


async def test_fields_are_described_as_dynamic_mapping_makes_them() -> None:
    drill = standing("healthy")
    answer = (await drill.elasticsearch.get("/logs-*/_field_caps?fields=service*,kubernetes*,@timestamp")).json()
    assert answer["fields"]["service"]["text"]["aggregatable"] is False
    assert answer["fields"]["service.keyword"]["keyword"]["aggregatable"] is True
    assert answer["fields"]["kubernetes.pod"]["object"]["searchable"] is False
    assert "date" in answer["fields"]["@timestamp"]


async def test_source_and_fields_can_be_chosen() -> None:
    drill = standing("healthy")
    body = {**recent(), "size": 1, "_source": ["kubernetes.pod.*", "level"], "fields": ["service", "kubernetes.*"]}
    hit = (await search(drill, body))["hits"]["hits"][0]
    assert hit["_source"].keys() == {"level", "kubernetes"}
    assert hit["_source"]["kubernetes"].keys() == {"pod"}
    assert hit["fields"]["service"] == [hit["fields"]["kubernetes.container.name"][0]]


async def test_the_official_client_works_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    drill = standing("healthy")
    client = AsyncElasticsearch("http://practice:9200", node_class="httpxasync")
    for node in client.transport.node_pool.all():
        monkeypatch.setattr(node, "client", drill.elasticsearch)
    info = await client.info()
    assert info["version"]["number"].startswith("8.")
    answer = await client.search(index="logs-shop-*", query={"match": {"message": "用户登录成功"}}, size=3)
    assert answer["hits"]["hits"][0]["_source"]["service"] == "users"
    with pytest.raises(NotFoundError, match="index_not_found_exception"):
        await client.search(index="nothing-here")
    with pytest.raises(BadRequestError, match="unknown query"):
        await client.search(index="logs-shop-*", query={"nonsense": {}})
    await client.close()


def test_words_are_cut_as_the_standard_analyzer_cuts_them() -> None:
    assert documents.tokens("Pool-wait TIMEOUT, 1.5s") == ["pool", "wait", "timeout", "1.5s"]
    assert documents.tokens("用户登录") == ["用", "户", "登", "录"]


@pytest.mark.parametrize(
    ("query", "matching"),
    [
        ("red green", {"red", "green", "red green"}), ("red + green", {"red green"}), ("red -green", {"red"}),
        ("red | green", {"red", "green", "red green"}), ("(red + green) | blue", {"red green", "blue"}),
        ('"red green"', {"red green"}), ("bl*", {"blue"}), ('"unclosed', set()), ("((", set()), ("", set()),
    ],
)  # fmt: skip
def test_simple_queries_never_fail(query: str, matching: set[str]) -> None:
    def word(text: str) -> Any:
        return lambda line: text in line.split()

    def phrase(text: str) -> Any:
        return lambda line: text in line

    def prefix(text: str) -> Any:
        return lambda line: any(one.startswith(text) for one in line.split())

    makers = simple_query.Makers(word, lambda text, _slop: phrase(text), prefix, lambda text, _edits: word(text))
    test: Any = simple_query.compiled(query, makers, every=query == "red -green")
    assert {text for text in ("red", "green", "blue", "red green") if test(text)} == matching
