from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from practice_shop import STARTED, Drill, standing


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def asked(camel: bool = False, **others: str) -> dict[str, str]:
    names = {"start_time_min": moment(STARTED - 600), "start_time_max": moment(STARTED), "search_depth": "20", **others}
    if camel:
        names = {
            name.split("_")[0] + name.title().replace("_", "")[len(name.split("_")[0]) :]: value
            for name, value in names.items()
        }
    return {f"query.{name}": value for name, value in names.items()}


async def found(drill: Drill, **others: str) -> dict[str, list[dict[str, Any]]]:
    """Spans by trace id; every span gets its resource's attributes in `resource`."""
    answer = await drill.jaeger.get("/api/v3/traces", params=asked(**others))
    assert answer.status_code == 200, answer.text
    return spans_in(answer.json())


def spans_in(body: Any) -> dict[str, list[dict[str, Any]]]:
    traces: dict[str, list[dict[str, Any]]] = {}
    for group in body["result"]["resourceSpans"]:
        resource = {pair["key"]: next(iter(pair["value"].values())) for pair in group["resource"]["attributes"]}
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                traces.setdefault(span["traceId"], []).append({**span, "resource": resource})
    return traces


async def test_a_trace_follows_the_call_graph_and_children_lie_within_their_parents() -> None:
    drill = standing("healthy")
    traces = await found(drill, service_name="orders", operation_name="POST /orders")
    assert len(traces) > 5
    for spans in traces.values():
        by_id = {span["spanId"]: span for span in spans}
        services = {span["resource"]["service.name"] for span in spans}
        assert {"gateway", "checkout", "orders", "payments"} <= services
        for span in spans:
            parent = by_id.get(span.get("parentSpanId", ""))
            if parent is not None:
                assert int(parent["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
                assert int(span["endTimeUnixNano"]) <= int(parent["endTimeUnixNano"])
        assert sum("parentSpanId" not in span for span in spans) == 1


async def test_spans_name_pods_that_the_cluster_has() -> None:
    drill = standing("healthy")
    pods = (await drill.kubernetes.get("/api/v1/namespaces/shop/pods")).json()["items"]
    names = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods}
    for spans in (await found(drill, service_name="users")).values():
        for span in spans:
            assert names[span["resource"]["k8s.pod.name"]] == span["resource"]["k8s.pod.uid"]


async def test_failing_traces_are_found_by_the_error_attribute_and_say_why() -> None:
    drill = standing("bad-release")
    traces = await found(drill, service_name="checkout", attributes='{"error":"true"}')
    assert len(traces) == 20
    for spans in traces.values():
        assert any(span["status"].get("code") == 2 and span["resource"]["service.name"] == "checkout" for span in spans)
    told = [event["name"] for spans in traces.values() for span in spans for event in span.get("events", ())]
    assert "exception" in told


async def test_durations_bound_what_is_found() -> None:
    drill = standing("cache-penetration")
    for spans in (await found(drill, service_name="payments", duration_min="500ms", duration_max="3s")).values():
        lengths = [
            int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
            for span in spans
            if span["resource"]["service.name"] == "payments"
        ]
        assert any(5e8 <= length <= 3e9 for length in lengths)


async def test_both_spellings_of_the_parameters_are_understood() -> None:
    drill = standing("healthy")
    snake = await drill.jaeger.get("/api/v3/traces", params=asked(service_name="users"))
    camel = await drill.jaeger.get("/api/v3/traces", params=asked(camel=True, service_name="users"))
    assert snake.status_code == 200
    assert snake.json() == camel.json()


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"query.search_depth": ""}, 500, "search depth must be greater than 0"),
        ({"query.start_time_min": ""}, 400, "required"),
        ({"query.start_time_max": "soon"}, 400, "malformed parameter query.start_time_max"),
        ({"query.duration_min": "long"}, 400, "invalid duration"),
        ({"query.attributes": "{"}, 400, "malformed parameter query.attributes"),
        ({"query.service_name": "nobody"}, 404, "No traces found"),
    ],
)
async def test_errors_have_the_form_of_the_v3_api(change: dict[str, str], status: int, words: str) -> None:
    answer = await standing("healthy").jaeger.get("/api/v3/traces", params={**asked(), **change})
    assert answer.status_code == status
    assert answer.json()["error"]["httpCode"] == status
    assert words in answer.json()["error"]["message"]


async def test_a_trace_is_found_by_its_id_in_both_apis_and_an_unknown_one_is_not() -> None:
    drill = standing("healthy")
    trace_id, spans = next(iter((await found(drill)).items()))
    single = spans_in((await drill.jaeger.get(f"/api/v3/traces/{trace_id}")).json())
    assert single[trace_id] == spans
    legacy = (await drill.jaeger.get(f"/api/traces/{trace_id}")).json()["data"][0]
    assert {span["spanID"] for span in legacy["spans"]} == {span["spanId"] for span in spans}
    unknown = "0" * 31 + "1"
    assert (await drill.jaeger.get(f"/api/v3/traces/{unknown}")).status_code == 404
    assert (await drill.jaeger.get(f"/api/traces/{unknown}")).json()["errors"][0]["code"] == 404


async def test_services_operations_and_dependencies_describe_the_shop() -> None:
    drill = standing("healthy")
    services = ["checkout", "gateway", "orders", "payments", "users"]
    assert (await drill.jaeger.get("/api/v3/services")).json() == {"services": services}
    assert (await drill.jaeger.get("/api/services")).json()["data"] == services
    operations = (await drill.jaeger.get("/api/v3/operations?service=payments")).json()["operations"]
    assert {"name": "POST /pay", "spanKind": "server"} in operations
    assert (await drill.jaeger.get("/api/v3/operations")).json() == {"operations": []}
    older = await drill.jaeger.get("/api/services/payments/operations")
    assert "POST /pay" in older.json()["data"]
    assert (await drill.jaeger.get("/api/services/nobody/operations")).json()["data"] is None
    query = f"endTs={int(STARTED * 1000)}&lookback=600000"
    edges = (await drill.jaeger.get(f"/api/dependencies?{query}")).json()["data"]
    assert {(edge["parent"], edge["child"]) for edge in edges if edge["parent"] != edge["child"]} == {
        ("gateway", "checkout"), ("gateway", "users"), ("checkout", "orders"), ("checkout", "payments"),
    }  # fmt: skip
    assert ("payments", "payments") in {(edge["parent"], edge["child"]) for edge in edges}  # its database calls


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/dependencies?endTs=soon", "unable to parse param 'endTs'"),
        ("/api/traces?service=users&minDuration=3s&maxDuration=1s", "'maxDuration' should be greater"),
        ("/api/traces/xyz", 'parsing "xyz": invalid syntax'),
        ("/api/traces/" + "a" * 33, "longer than 32 hex characters"),
    ],
)
async def test_errors_have_the_form_of_the_older_api(path: str, words: str) -> None:
    answer = await standing("healthy").jaeger.get(path)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == 400
    assert words in answer.json()["errors"][0]["msg"]


async def test_the_older_search_finds_the_same_traces() -> None:
    drill = standing("bad-release")
    window = {"start": str(int((STARTED - 600) * 1e6)), "end": str(int(STARTED * 1e6)), "limit": "20"}
    legacy = await drill.jaeger.get("/api/traces", params={**window, "service": "checkout", "tags": '{"error":"true"}'})
    ids = {trace["traceID"] for trace in legacy.json()["data"]}
    assert ids == (await found(drill, service_name="checkout", attributes='{"error":"true"}')).keys()
    assert (await drill.jaeger.get("/api/traces")).status_code == 400
