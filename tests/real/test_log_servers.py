"""The servers of logs and traces, and the troubles that tests have with them."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from servers.elasticsearch import Elasticsearch, run_elasticsearch
from servers.jaeger import Jaeger, run_jaeger
from servers.loading import Document, has_trace, load_lines, load_spans
from servers.log_troubles import (
    add_lost_shard,
    add_shard_that_cannot_sort,
    forget_points_in_time,
    load_two_mappings,
    timestamp,
    wait_until_points_in_time_expired,
)
from servers.rsyslog import run_rsyslog
from servers.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.long]

PATIENCE = 120.0
NEWEST_FIRST = {"sort": [{"@timestamp": "desc"}]}


def ask(server: Elasticsearch, method: str, path: str, body: object = None) -> httpx.Response:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60.0) as client:
        return client.request(method, path, json=body)


def search(server: Elasticsearch, index: str, **body: Any) -> Any:
    answer = ask(server, "POST", f"/{index}/_search?ignore_unavailable=true", {"size": 10_000, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def sources(found: Any) -> list[Any]:
    return [hit["_source"] for hit in found["hits"]["hits"]]


def count(server: Elasticsearch, index: str) -> int:
    """Lines in the index, 0 while it does not answer for them because its shard has yet to start."""
    with contextlib.suppress(httpx.HTTPStatusError):
        ask(server, "POST", f"/{index}/_refresh?ignore_unavailable=true").raise_for_status()
        answer = ask(server, "GET", f"/{index}/_count?ignore_unavailable=true").raise_for_status()
        found: int = answer.json()["count"]
        return found
    return 0


def span(trace_id: str, service: str) -> Document:
    """One span as OTLP's JSON has it."""
    now = time.time_ns()
    one = {"traceId": trace_id, "spanId": trace_id[:16], "name": "GET /", "kind": 2}
    timed = {**one, "startTimeUnixNano": str(now - 1_000_000), "endTimeUnixNano": str(now)}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resource": resource, "scopeSpans": [{"spans": [timed]}]}


def test_lines_that_were_loaded_are_found(elasticsearch: Elasticsearch, log_index: str) -> None:
    lines = [(str(number), {"@timestamp": timestamp(time.time()), "n": number}) for number in range(12_000)]
    load_lines(elasticsearch, lines, index=log_index)
    assert count(elasticsearch, log_index) == 12_000


def test_a_document_that_is_refused_is_no_success(elasticsearch: Elasticsearch, log_index: str) -> None:
    with pytest.raises(AssertionError, match="document_parsing_exception"):
        load_lines(elasticsearch, [("1", {"at": "now"}), ("2", {"at": {"a": 1}})], index=log_index)


@pytest.mark.parametrize("server", ["jaeger", "stored_jaeger"])
def test_a_span_that_was_sent_is_found_by_its_trace(server: str, request: pytest.FixtureRequest) -> None:
    jaeger: Jaeger = request.getfixturevalue(server)
    trace_id = f"{time.time_ns():032x}"
    assert not has_trace(jaeger, trace_id)
    load_spans(jaeger, [span(trace_id, "checkout")])
    assert has_trace(jaeger, trace_id)


def test_spans_in_elasticsearch_outlive_jaeger(elasticsearch: Elasticsearch, log_index: str, tmp_path: Path) -> None:
    trace_id = f"{time.time_ns():032x}"
    with run_jaeger(tmp_path, elasticsearch=elasticsearch.url, index_prefix=log_index) as jaeger:
        load_spans(jaeger, [span(trace_id, "checkout")])
        jaeger.kill()
        jaeger.start()
        assert has_trace(jaeger, trace_id)


def test_lines_of_a_file_are_shipped_json_or_not(elasticsearch: Elasticsearch, log_index: str, tmp_path: Path) -> None:
    moment = timestamp(time.time())
    written = {"@timestamp": moment, "level": "info", "service": "users", "message": "用户登录成功", "took": 0.25}
    log = tmp_path / "users-0.log"
    files = {log: {"kubernetes.pod.name": "users-0"}}
    with run_rsyslog(tmp_path / "rsyslog", files=files, elasticsearch=elasticsearch.url, index=log_index):
        log.write_text(f"{json.dumps(written, ensure_ascii=False)}\npanic: no route\n", encoding="utf-8")
        until(lambda: count(elasticsearch, log_index) == 2, "both lines", PATIENCE)
    parsed, raw = sorted(sources(search(elasticsearch, log_index)), key=lambda line: line["log"]["offset"])
    assert written.items() <= parsed.items()
    assert raw["message"] == "panic: no route"
    assert raw["@timestamp"]
    for line in (parsed, raw):
        assert line["kubernetes"] == {"pod": {"name": "users-0"}}
        assert line["log"]["file"] == {"path": str(log)}


def test_no_line_is_lost_or_doubled_over_restarts(tmp_path: Path) -> None:
    log = tmp_path / "users-0.log"
    written = 0

    def write(lines: int) -> None:
        nonlocal written
        with log.open("a") as file:
            for number in range(written, written + lines):
                file.write(json.dumps({"@timestamp": timestamp(time.time()), "n": number}) + "\n")
        written += lines

    with (
        run_elasticsearch(tmp_path / "elasticsearch") as server,
        run_rsyslog(tmp_path / "rsyslog", files={log: {}}, elasticsearch=server.url, index="lines") as shipper,
    ):
        write(500)
        until(lambda: count(server, "lines") == 500, "the lines of before", PATIENCE)
        write(2_000)
        server.kill()
        write(500)
        with pytest.raises(httpx.ConnectError):
            count(server, "lines")
        server.start()
        until(lambda: count(server, "lines") >= written, "the lines written while it was down", PATIENCE)
        shipper.stop()
        write(500)
        shipper.start()
        until(lambda: count(server, "lines") >= written, "the lines of after", PATIENCE)
        numbers = sorted(line["n"] for line in sources(search(server, "lines")))
        assert numbers == list(range(written))


def test_two_mappings_of_service_are_searched_as_one(elasticsearch: Elasticsearch, log_index: str) -> None:
    now = time.time()
    pattern = load_two_mappings(
        elasticsearch, log_index, plain=[(now - 2, "users", "error", "old")], ecs=[(now - 1, "users", "error", "new")]
    )
    found = search(elasticsearch, pattern, **NEWEST_FIRST)
    assert [line["service"] for line in sources(found)] == [{"name": "users"}, "users"]
    assert found["_shards"]["failed"] == 0
    fields = ask(elasticsearch, "GET", f"/{pattern}/_field_caps?fields=service*").json()["fields"]
    assert {"text", "object"} <= fields["service"].keys()


def test_a_lost_shard_is_counted_in_an_answer_that_says_200(elasticsearch: Elasticsearch, log_index: str) -> None:
    load_lines(elasticsearch, [("1", {"@timestamp": timestamp(time.time())})], index=f"{log_index}-whole")
    add_lost_shard(elasticsearch, f"{log_index}-lost")
    found = search(elasticsearch, f"{log_index}-*", **NEWEST_FIRST)
    assert found["_shards"]["failed"] == 1
    assert found["_shards"]["failures"][0]["reason"]["type"] == "no_shard_available_action_exception"
    assert len(sources(found)) == 1


def test_a_shard_that_cannot_sort_says_why(elasticsearch: Elasticsearch, log_index: str) -> None:
    load_lines(elasticsearch, [("1", {"@timestamp": timestamp(time.time())})], index=f"{log_index}-whole")
    add_shard_that_cannot_sort(elasticsearch, f"{log_index}-text")
    found = search(elasticsearch, f"{log_index}-*", **NEWEST_FIRST)
    assert found["_shards"]["failed"] == 1
    assert "[@timestamp]" in found["_shards"]["failures"][0]["reason"]["reason"]
    assert len(sources(found)) == 1


@pytest.mark.parametrize("by", ["itself", "hand"])
def test_a_point_in_time_expires(elasticsearch: Elasticsearch, log_index: str, by: str) -> None:
    load_lines(elasticsearch, [("1", {"@timestamp": timestamp(time.time())})], index=log_index)
    kept = "1ms" if by == "itself" else "5m"
    point = ask(elasticsearch, "POST", f"/{log_index}/_pit?keep_alive={kept}").json()["id"]
    if by == "itself":
        wait_until_points_in_time_expired(elasticsearch, log_index)
    else:
        assert ask(elasticsearch, "POST", "/_search", {"pit": {"id": point}}).status_code == 200
        forget_points_in_time(elasticsearch, log_index)
    answer = ask(elasticsearch, "POST", "/_search", {"pit": {"id": point}})
    assert answer.status_code == 404
    assert answer.json()["error"]["root_cause"][0]["type"] == "search_context_missing_exception"
    assert count(elasticsearch, log_index) == 1
