"""What sharing incidents relies on: documents created once, replaced by what was read, numbered and found by number."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from opsconsole.config.settings import ClusterSettings
from opsconsole.sources.elasticsearch.incident_mapping import MADE_BY_US, creation

EVENT = {
    "doc": "event",
    "incident": "inc-20261128-7kq4",
    "size": 12,
    "what": {"type": "note", "words": "a\u00e4\u4e2d"},
}


@pytest.fixture(scope="module")
def api(logging_shop: ClusterSettings) -> Iterator[httpx.Client]:
    assert logging_shop.elasticsearch is not None
    with httpx.Client(base_url=logging_shop.elasticsearch.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def index(api: httpx.Client) -> Iterator[str]:
    name = f"incidents-{uuid.uuid4().hex[:8]}"
    api.put(f"/{name}", json=creation()).raise_for_status()
    yield name
    api.delete(f"/{name}")


def bulk(api: httpx.Client, index: str, *lines: object) -> Any:
    content = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    headers = {"content-type": "application/x-ndjson"}
    answer = api.put(f"/{index}/_bulk", content=content.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def search(api: httpx.Client, index: str, **body: Any) -> Any:
    api.post(f"/{index}/_refresh").raise_for_status()
    answer = api.post(f"/{index}/_search", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]["hits"]


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["type"]


def test_an_index_is_made_once_and_tells_its_mapping(api: httpx.Client, index: str) -> None:
    assert error_of(api.put(f"/{index}", json=creation())) == (400, "resource_already_exists_exception")
    (found,) = api.get(f"/{index}/_mapping").json().values()
    assert found["mappings"]["_meta"] == MADE_BY_US
    assert found["mappings"]["dynamic"] == "strict"


def test_an_index_that_is_deleted_is_gone(api: httpx.Client, index: str) -> None:
    api.put(f"/{index}/_create/ev-1", json=EVENT).raise_for_status()
    assert api.delete(f"/{index}").json() == {"acknowledged": True}
    assert error_of(api.get(f"/{index}/_doc/ev-1")) == (404, "index_not_found_exception")
    assert error_of(api.delete(f"/{index}")) == (404, "index_not_found_exception")


@pytest.mark.parametrize("name", ["UPPER", "_hidden", "-minus", "a b", "a,b"])
def test_a_name_that_is_none_is_refused(api: httpx.Client, name: str) -> None:
    assert error_of(api.put(f"/{name}", json=creation())) == (400, "invalid_index_name_exception")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "_mapping"), ("GET", "_doc/x"), ("POST", "_search"), ("POST", "_refresh")]
)
def test_an_index_that_is_missing_is_a_404_with_a_reason(api: httpx.Client, method: str, path: str) -> None:
    answer = api.request(method, f"/incidents-of-nobody/{path}")
    assert error_of(answer) == (404, "index_not_found_exception")


def test_a_document_is_created_once(api: httpx.Client, index: str) -> None:
    made = api.put(f"/{index}/_create/ev-1", json=EVENT)
    assert made.status_code == 201
    assert (made.json()["result"], made.json()["_seq_no"], made.json()["_primary_term"]) == ("created", 0, 1)
    again = api.put(f"/{index}/_create/ev-1", json={**EVENT, "size": 13})
    assert error_of(again) == (409, "version_conflict_engine_exception")
    assert api.get(f"/{index}/_doc/ev-1").json()["_source"] == EVENT


def test_a_document_that_is_missing_is_a_404_without_an_error(api: httpx.Client, index: str) -> None:
    answer = api.get(f"/{index}/_doc/nothing")
    assert (answer.status_code, answer.json()["found"]) == (404, False)
    assert "error" not in answer.json()


def test_a_field_without_a_name_in_the_mapping_is_refused(api: httpx.Client, index: str) -> None:
    answer = api.put(f"/{index}/_create/ev-1", json={"doc": "event", "colour": "red"})
    assert error_of(answer) == (400, "strict_dynamic_mapping_exception")
    inner = api.put(f"/{index}/_create/ev-1", json={"doc": "event", "author": {"shoe": 9}})
    assert error_of(inner) == (400, "strict_dynamic_mapping_exception")


def test_what_happened_is_kept_whatever_it_is(api: httpx.Client, index: str) -> None:
    what = {"type": "from-the-future", "a.b": 1, "deep": [[{"x": None}], "\u202e", 1.25, 2**60]}
    assert api.put(f"/{index}/_create/ev-1", json={"doc": "event", "what": what}).status_code == 201
    assert api.get(f"/{index}/_doc/ev-1").json()["_source"]["what"] == what


def test_a_bulk_tells_of_each_document_what_came_of_it(api: httpx.Client, index: str) -> None:
    api.put(f"/{index}/_create/ev-1", json=EVENT).raise_for_status()
    lines = [{"create": {"_id": "ev-1"}}, EVENT, {"create": {"_id": "ev-2"}}, EVENT, {"create": {"_id": "ev-3"}}]
    answer = bulk(api, index, *lines, {"colour": "red"})
    assert answer["errors"] is True
    items = [item["create"] for item in answer["items"]]
    assert [(item["_id"], item["status"]) for item in items] == [("ev-1", 409), ("ev-2", 201), ("ev-3", 400)]
    assert items[0]["error"]["type"] == "version_conflict_engine_exception"
    assert items[1]["_seq_no"] == 1
    assert items[2]["error"]["type"] == "strict_dynamic_mapping_exception"


def test_a_line_that_breaks_off_costs_its_own_document_alone(api: httpx.Client, index: str) -> None:
    answer = bulk(api, index, {"create": {"_id": "ev-1"}}, '{"doc":', {"create": {"_id": "ev-2"}}, EVENT)
    items = [item["create"] for item in answer["items"]]
    assert [(item["_id"], item["status"]) for item in items] == [("ev-1", 400), ("ev-2", 201)]


def test_an_empty_bulk_and_one_without_an_end_are_refused(api: httpx.Client, index: str) -> None:
    headers = {"content-type": "application/x-ndjson"}
    assert api.put(f"/{index}/_bulk", content=b"", headers=headers).status_code == 400
    whole = b'{"create":{"_id":"ev-1"}}\n{"doc":"event"}'
    assert error_of(api.put(f"/{index}/_bulk", content=whole, headers=headers)) == (400, "illegal_argument_exception")


def test_an_id_that_is_too_long_costs_the_whole_bulk(api: httpx.Client, index: str) -> None:
    content = f'{{"create":{{"_id":"{"x" * 600}"}}}}\n{{"doc":"event"}}\n'.encode()
    answer = api.put(f"/{index}/_bulk", content=content, headers={"content-type": "application/x-ndjson"})
    assert error_of(answer) == (400, "action_request_validation_exception")


def test_a_document_is_replaced_only_as_it_was_read(api: httpx.Client, index: str) -> None:
    first = api.put(f"/{index}/_create/head.1", json={"doc": "incident", "events": 1}).json()
    guard = {"if_seq_no": first["_seq_no"], "if_primary_term": first["_primary_term"]}
    second = api.put(f"/{index}/_doc/head.1", params=guard, json={"doc": "incident", "events": 2})
    assert (second.status_code, second.json()["result"]) == (200, "updated")
    late = api.put(f"/{index}/_doc/head.1", params=guard, json={"doc": "incident", "events": 9})
    assert error_of(late) == (409, "version_conflict_engine_exception")
    none = api.put(f"/{index}/_doc/head.2", params=guard, json={"doc": "incident", "events": 9})
    assert error_of(none) == (409, "version_conflict_engine_exception")
    read = api.get(f"/{index}/_doc/head.1").json()
    assert (read["_source"]["events"], read["_seq_no"]) == (2, second.json()["_seq_no"])


def test_documents_are_found_by_number_and_a_replaced_one_has_left_its_own(api: httpx.Client, index: str) -> None:
    for name in ("ev-1", "head.1", "ev-2"):
        api.put(f"/{index}/_create/{name}", json={**EVENT, "doc": "event"}).raise_for_status()
    api.put(f"/{index}/_doc/head.1", json={"doc": "incident"}).raise_for_status()
    order = {"sort": [{"_seq_no": "asc"}], "seq_no_primary_term": True, "_source": False, "fields": ["doc", "size"]}
    every = search(api, index, query={"range": {"_seq_no": {"gte": 0}}}, **order)
    assert [(hit["_id"], hit["_seq_no"]) for hit in every] == [("ev-1", 0), ("ev-2", 2), ("head.1", 3)]
    assert every[0]["fields"] == {"doc": ["event"], "size": [12]}
    assert every[2]["fields"] == {"doc": ["incident"]}
    assert "_source" not in every[0]
    assert {hit["_primary_term"] for hit in every} == {1}
    some = [{"range": {"_seq_no": {"gte": 3}}}, {"terms": {"_seq_no": [0, 1]}}]
    found = search(api, index, query={"bool": {"should": some}}, size=1, **order)
    assert [hit["_id"] for hit in found] == ["ev-1"]


def test_documents_are_found_by_id(api: httpx.Client, index: str) -> None:
    bulk(api, index, {"create": {"_id": "ev-1"}}, EVENT, {"create": {"_id": "ev-2"}}, EVENT)
    found = search(api, index, query={"ids": {"values": ["ev-2", "ev-9"]}}, size=2, track_total_hits=False)
    assert [(hit["_id"], hit["_source"]) for hit in found] == [("ev-2", EVENT)]


def test_a_read_by_id_sees_what_a_search_does_not_see_yet(api: httpx.Client, index: str) -> None:
    api.put(f"/{index}/_create/ev-1", json=EVENT).raise_for_status()
    assert api.get(f"/{index}/_doc/ev-1").json()["found"] is True
