"""Spans in OTLP JSON and in Jaeger's own.

Attribute names: OpenTelemetry's semantic conventions. OTLP JSON: 64-bit numbers are strings, ids hex.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opsconsole.practice.shop.requests import RequestSpan, RequestTrace
from opsconsole.practice.shop.topology import NAMESPACE, Kind

Value = str | int | bool

_KINDS = {"internal": 1, "server": 2, "client": 3}
_LIBRARIES = {Kind.JVM: "io.opentelemetry.spring-webmvc-6.0"}


def resource_attributes(span: RequestSpan) -> dict[str, Value]:
    """Who made the span."""
    pod = span.pod
    image = str(pod.template["spec"]["containers"][0].get("image", ":"))
    return {
        "service.name": span.service,
        "service.namespace": NAMESPACE,
        "service.version": image.rsplit(":", 1)[-1],
        "k8s.namespace.name": pod.namespace,
        "k8s.pod.name": pod.name,
        "k8s.pod.uid": pod.uid,
        "k8s.node.name": f"node-{pod.node + 1}",
        "k8s.container.name": pod.service.name,
        "telemetry.sdk.language": "java" if pod.service.kind is Kind.JVM else "go",
    }


def span_attributes(span: RequestSpan) -> dict[str, Value]:
    """What the span did."""
    made: dict[str, Value] = {}
    if span.peer == "postgres":
        operation, _, target = span.operation.partition(" ")
        made |= {
            "db.system.name": "postgresql",
            "db.namespace": "shop",
            "db.operation.name": operation,
            "db.collection.name": target,
            "db.query.text": f"{operation} * FROM {target} WHERE id = $1",
            "server.address": "postgres",
            "server.port": 5432,
        }
    elif span.peer == "redis":
        made |= {"db.system.name": "redis", "db.operation.name": "GET", "server.address": "redis", "server.port": 6379}
    elif span.endpoint is not None:
        made["http.request.method"] = span.endpoint.method
        if span.kind == "server":
            made |= {"http.route": span.endpoint.route, "url.path": span.endpoint.route.replace("{id}", "12345")}
        else:
            url = f"http://{span.peer}:8080{span.endpoint.route}"
            made |= {"url.full": url, "server.address": span.peer, "server.port": 8080}
        if span.status:
            made["http.response.status_code"] = span.status
    else:
        made["db.client.connection.pool.name"] = "shop"
    return made


def failed(span: RequestSpan) -> bool:
    """Whether its status is an error."""
    return bool(span.error) or span.status >= 500


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e6) * 1000


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def _pairs(attributes: dict[str, Value]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def otlp_span(trace: RequestTrace, span: RequestSpan) -> dict[str, Any]:
    """One span of OTLP JSON."""
    made: dict[str, Any] = {"traceId": trace.trace_id, "spanId": span.span_id}
    if span.parent_id:
        made["parentSpanId"] = span.parent_id
    made |= {
        "flags": 257,
        "name": span.operation,
        "kind": _KINDS[span.kind],
        "startTimeUnixNano": str(_nanoseconds(span.start)),
        "endTimeUnixNano": str(_nanoseconds(span.start + span.duration)),
        "attributes": _pairs(span_attributes(span)),
    }
    if span.events:
        made["events"] = [
            {"timeUnixNano": str(_nanoseconds(time)), "name": name, "attributes": _pairs(dict(attributes))}
            for time, name, attributes in span.events
        ]
    made["status"] = {"message": span.error or f"HTTP {span.status}", "code": 2} if failed(span) else {}
    return made


def traces_data(traces: Iterable[RequestTrace]) -> dict[str, Any]:
    """`resourceSpans` of all `traces` in one list, a group for each trace and pod."""
    groups = []
    for trace in traces:
        by_pod: dict[str, list[RequestSpan]] = {}
        for span in trace.spans:
            by_pod.setdefault(span.pod.uid, []).append(span)
        for spans in by_pod.values():
            scope = {"name": _LIBRARIES.get(spans[0].pod.service.kind, "go.opentelemetry.io/contrib/otelhttp")}
            groups.append(
                {
                    "resource": {"attributes": _pairs(resource_attributes(spans[0]))},
                    "scopeSpans": [{"scope": scope, "spans": [otlp_span(trace, span) for span in spans]}],
                }
            )
    return {"resourceSpans": groups}


def _tags(attributes: dict[str, Value]) -> list[dict[str, Any]]:
    kinds = {bool: "bool", int: "int64", str: "string"}
    return [{"key": key, "type": kinds[type(value)], "value": value} for key, value in attributes.items()]


def legacy_trace(trace: RequestTrace) -> dict[str, Any]:
    """One trace in Jaeger's own JSON; times in microseconds."""
    processes: dict[str, str] = {}
    spans, described = [], {}
    for span in trace.spans:
        process = processes.setdefault(span.pod.uid, f"p{len(processes) + 1}")
        resource = resource_attributes(span)
        described[process] = {"serviceName": resource.pop("service.name"), "tags": _tags(resource)}
        tags = {**span_attributes(span), "span.kind": span.kind}
        if failed(span):
            tags |= {"error": True, "otel.status_code": "ERROR", "otel.status_description": span.error}
        parent = {"refType": "CHILD_OF", "traceID": trace.trace_id, "spanID": span.parent_id}
        spans.append(
            {
                "traceID": trace.trace_id,
                "spanID": span.span_id,
                "operationName": span.operation,
                "references": [parent] if span.parent_id else [],
                "startTime": int(span.start * 1e6),
                "duration": int(span.duration * 1e6),
                "tags": _tags(tags),
                "logs": [
                    {"timestamp": int(time * 1e6), "fields": _tags({"event": name, **attributes})}
                    for time, name, attributes in span.events
                ],
                "processID": process,
                "warnings": None,
            }
        )
    return {"traceID": trace.trace_id, "spans": spans, "processes": described, "warnings": None}
