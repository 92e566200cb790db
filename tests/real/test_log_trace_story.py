"""A failing request, from the alert to the span that failed, in what real servers answer."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from servers.log_stack import BACK, FRONT, PATIENCE, LogStack
from servers.process import ServerProcess
from servers.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.long]

ERROR = 2
"""The code of a span's status (OTLP)."""


def ask(server: ServerProcess, path: str, **parameters: str) -> Any:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=10.0) as client:
        return client.get(path, params=parameters).raise_for_status().json()


def lines(stack: LogStack, query: str) -> list[dict[str, Any]]:
    """Lines that match `query` (Lucene's), newest first."""
    path = f"/{stack.index}/_search"
    found = ask(stack.elasticsearch, path, q=query, sort="@timestamp:desc", size="100", ignore_unavailable="true")
    return [hit["_source"] for hit in found["hits"]["hits"]]


def spans(stack: LogStack, trace_id: str) -> list[dict[str, Any]]:
    """Spans of a trace, each with its service."""
    with httpx.Client(base_url=stack.jaeger.url, trust_env=False, timeout=10.0) as client:
        answer = client.get(f"/api/v3/traces/{trace_id}")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return []
    return [
        {**span, "service": attributes(group["resource"])["service.name"]}
        for group in answer.raise_for_status().json()["result"]["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]


def attributes(thing: dict[str, Any]) -> dict[str, str]:
    return {pair["key"]: pair["value"].get("stringValue", "") for pair in thing["attributes"]}


def firing(stack: LogStack) -> set[str]:
    """Services of which the error alert has reached Alertmanager."""
    alerts = ask(stack.alertmanager, "/api/v2/alerts", filter='alertname="ErrorRateHigh"')
    return {alert["labels"]["service"] for alert in alerts}


def whole_trace(stack: LogStack, trace_id: str) -> list[dict[str, Any]]:
    """Spans of a login once all four have arrived, which two services send by themselves."""
    until(lambda: len(spans(stack, trace_id)) == 4, f"four spans of {trace_id}", PATIENCE)
    return spans(stack, trace_id)


def test_a_failing_request_is_followed_from_the_alert_to_the_span(log_stack: LogStack) -> None:
    assert firing(log_stack) == set()
    log_stack.back.break_("errors")
    until(lambda: firing(log_stack) == {FRONT, BACK}, "the alerts of both services", PATIENCE)

    failed = f'service:"{BACK}" AND message:"query failed"'
    until(lambda: bool(lines(log_stack, failed)), "the line of the failed query", PATIENCE)
    line = lines(log_stack, failed)[0]
    assert line["level"] == "error"
    assert line["error"] == "query users at db-host:5432: broken on purpose: mode errors"
    assert line["kubernetes"] == {"namespace": "shop", "pod": {"name": f"{BACK}-0"}}

    trace = whole_trace(log_stack, line["trace_id"])
    by_id = {span["spanId"]: span for span in trace}
    culprit = by_id[line["span_id"]]
    assert (culprit["service"], culprit["name"]) == (BACK, "SELECT users")
    assert culprit["status"] == {"code": ERROR, "message": line["error"]}
    assert culprit["events"][0]["name"] == "exception"
    path = [culprit]
    while parent := path[-1].get("parentSpanId"):
        path.append(by_id[parent])
    assert [span["service"] for span in path] == [BACK, BACK, FRONT, FRONT]
    assert {span["status"]["code"] for span in path} == {ERROR}

    log_stack.back.break_("off")
    until(lambda: firing(log_stack) == set(), "the alerts resolved", PATIENCE)


def test_an_exemplar_of_the_durations_is_a_trace_with_the_login(log_stack: LogStack) -> None:
    log_stack.front.break_("off")

    def exemplars() -> list[str]:
        now = time.time()
        found = ask(
            log_stack.prometheus,
            "/api/v1/query_exemplars",
            query=f'http_request_duration_seconds_bucket{{service="{FRONT}"}}',
            start=str(now - 60),
            end=str(now),
        )
        return [one["labels"]["trace_id"] for series in found["data"] for one in series["exemplars"]]

    until(lambda: bool(exemplars()), "an exemplar", PATIENCE)
    trace_id = exemplars()[-1]
    trace = whole_trace(log_stack, trace_id)
    events = [event for span in trace for event in span.get("events", [])]
    assert [event["name"] for event in events] == ["user-authenticated"] * 2
    until(lambda: len(lines(log_stack, f'trace_id:"{trace_id}"')) == 2, "the lines of both services", PATIENCE)
    assert {line["message"] for line in lines(log_stack, f'trace_id:"{trace_id}"')} == {"用户登录成功"}
