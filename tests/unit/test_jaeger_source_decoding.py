"""What the trace source makes of spans, whatever is in them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.trace import Span
from opsconsole.safe_text import safe_text
from opsconsole.sources.jaeger import legacy, otlp
from opsconsole.sources.jaeger.identifiers import span_id, trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def read(
    span: bytes, resource: bytes = b'{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}}]}'
) -> tuple[tuple[Span, ...], int]:
    body = b'{"result":{"resourceSpans":[{"resource":' + resource + b',"scopeSpans":[{"spans":[' + span + b"]}]}]}}"
    return otlp.spans_of(msgspec.json.decode(body, type=otlp.TracesAnswer).result)


def minimal(**extra: object) -> bytes:
    return msgspec.json.encode(
        {
            "traceId": TRACE,
            "spanId": SPAN,
            "startTimeUnixNano": "1786110000000000000",
            "endTimeUnixNano": "1786110000812000000",
        }
        | extra
    )


def test_a_span_is_read_with_everything_it_tells() -> None:
    ((span,), broken) = read(
        minimal(
            parentSpanId="00000000000000ff",
            name="process-request",
            kind=3,
            status={"code": "STATUS_CODE_ERROR", "message": "refused"},
            attributes=[
                {"key": "http.status", "value": {"intValue": "503"}},
                {"key": "retry", "value": {"boolValue": True}},
                {"key": "ids", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "b"}]}}},
                {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"doubleValue": 1.5}}]}}},
            ],
            events=[{"timeUnixNano": "1786110000100000000", "name": "user-authenticated", "attributes": []}],
        )
    )
    assert broken == 0
    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE, SPAN, "00000000000000ff")
    assert (span.service, span.operation, span.kind) == ("checkout", "process-request", "client")
    assert (span.error, span.status_message) == (True, "refused")
    assert span.start == 1786110000.0
    assert span.duration == pytest.approx(0.812)
    shown = {str(key): str(value) for key, value in span.attributes.items()}
    assert shown | {"service.name": ""} == {
        "service.name": "", "http.status": "503", "retry": "true", "ids": '["1","b"]', "map": '{"k":1.5}',
    }  # fmt: skip
    assert [event.name for event in span.events] == ["user-authenticated"]


@pytest.mark.parametrize("code", [2, "2", "STATUS_CODE_ERROR"])
def test_an_error_is_seen_in_every_spelling(code: object) -> None:
    assert read(minimal(status={"code": code}))[0][0].error


@pytest.mark.parametrize(
    ("kind", "name"), [(2, "server"), ("SPAN_KIND_PRODUCER", "producer"), (99, "internal"), ("odd", "internal")]
)
def test_a_kind_is_a_number_or_a_name(kind: object, name: str) -> None:
    assert read(minimal(kind=kind))[0][0].kind == name


@pytest.mark.parametrize("parent", ["", "0000000000000000"])
def test_a_root_has_no_parent_however_that_is_written(parent: str) -> None:
    assert read(minimal(parentSpanId=parent))[0][0].parent_id is None


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (TRACE, TRACE),
        (TRACE.upper(), TRACE),
        ("S/kvNXezTaajzpKdDg5HNg==", TRACE),
        ("S_kvNXezTaajzpKdDg5HNg", TRACE),
        ("1", "1".zfill(32)),
    ],
)
def test_a_trace_id_has_one_spelling(raw: str, normal: str) -> None:
    assert trace_id(raw) == normal


def test_a_span_id_in_base64_is_sixteen_digits() -> None:
    assert span_id("APBnqgupArc=") == SPAN


@given(st.text())
def test_any_text_as_an_id_is_safe(raw: str) -> None:
    assert trace_id(raw) == safe_text(trace_id(raw))


@pytest.mark.parametrize(
    "span",
    [
        b"{}",
        b"null",
        b'{"traceId":1,"spanId":2}',
        b'{"traceId":"a","spanId":"b","startTimeUnixNano":"soon"}',
        b'{"traceId":"a","spanId":"b","startTimeUnixNano":"' + b"9" * 5000 + b'"}',
        b'{"traceId":"a","spanId":"b","startTimeUnixNano":-5}',
    ],
)
def test_a_broken_span_is_counted_and_the_others_stay(span: bytes) -> None:
    spans, broken = read(span + b"," + minimal())
    assert (len(spans), broken) == (1, 1)


def test_a_number_too_large_for_a_machine_word_costs_nothing_else() -> None:
    span = minimal(name="kept")[:-1] + b',"attributes":[{"key":"n","value":{"intValue":' + b"9" * 5000 + b"}}]}"
    ((kept,), broken) = read(span)
    assert (kept.operation, broken) == ("kept", 0)


def test_terminal_commands_in_a_span_come_out_as_pictures() -> None:
    evil = "\x1b]0;title\x07\u202e"
    ((span,), _) = read(
        minimal(name=evil, status={"message": evil}, attributes=[{"key": evil, "value": {"stringValue": evil}}])
    )
    texts = [span.operation, span.status_message, *span.attributes, *span.attributes.values()]
    assert all(text == safe_text(text) for text in texts)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=15,
    )
)
def test_any_json_value_in_place_of_a_span_or_an_attribute_is_no_crash(value: object) -> None:
    read(msgspec.json.encode(value))
    read(minimal(attributes=[{"key": "k", "value": value}]))
    body = {"data": [{"traceID": "1", "spans": [value, {"spanID": "1", "tags": [{"key": "k", "value": value}]}]}]}
    legacy.spans_of(msgspec.json.decode(msgspec.json.encode(body), type=legacy.LegacyAnswer))


LOST = {"droppedAttributesCount": 3, "droppedEventsCount": 1, "droppedLinksCount": 2}


def test_links_warnings_namespace_and_what_was_dropped_are_told() -> None:
    link = {"traceId": "aa", "spanId": "bb", "attributes": [{"key": "why", "value": {"stringValue": "retry"}}]}
    words = {"arrayValue": {"values": [{"stringValue": "clock skew"}, {"stringValue": "clock skew"}]}}
    resource = {"attributes": [{"key": "k8s.namespace.name", "value": {"stringValue": "shop"}}]}
    span = minimal(links=[link], attributes=[{"key": "@jaeger@warnings", "value": words}], **LOST)
    ((read_span,), _) = read(span, msgspec.json.encode(resource))
    assert [(one.trace_id, one.span_id, one.attributes) for one in read_span.links] == [
        ("aa".zfill(32), "bb".zfill(16), {"why": "retry"})
    ]
    assert read_span.warnings == (
        "clock skew",
        "3 attributes were dropped where the span was made",
        "1 event was dropped where the span was made",
        "2 links were dropped where the span was made",
    )
    assert read_span.namespace == "shop"
    assert read_span.attributes == {"k8s.namespace.name": "shop"}


def test_what_the_console_leaves_out_of_a_span_is_said() -> None:
    many = [{"key": f"k{number}", "value": {"intValue": "1"}} for number in range(130)]
    events = [{"name": "e", "timeUnixNano": "1786110000000000000"}] * 129
    ((span,), _) = read(minimal(attributes=many, events=events))
    assert span.warnings == ("2 more attributes are not shown", "1 more event is not shown")


@pytest.mark.parametrize("time", ["-1", "never", "9" * 30, ""])
def test_an_event_of_no_time_stands_at_the_start_of_its_span_and_that_is_said(time: str) -> None:
    events = [{"timeUnixNano": time, "name": "lost"}, {"timeUnixNano": "1786110000100000000", "name": "kept"}]
    ((span,), _) = read(minimal(events=events))
    assert [event.name for event in span.events] == ["lost", "kept"]
    assert span.events[0].time == span.start
    assert span.warnings == ("1 event has no valid time: it stands at the span's start",)


def test_events_of_no_time_are_told_of_the_older_api_too() -> None:
    log = {"timestamp": 1e30, "fields": [{"key": "event", "value": "lost"}]}
    told = {"spanID": SPAN, "startTime": 1786110000000000, "duration": 5, "logs": [log, log]}
    body = msgspec.json.encode({"data": [{"traceID": TRACE, "spans": [told]}]})
    ((span,), _) = legacy.spans_of(msgspec.json.decode(body, type=legacy.LegacyAnswer))
    assert span.warnings == ("2 events have no valid time: they stand at the span's start",)


def test_references_of_the_older_api_that_are_no_parent_are_links() -> None:
    def reference(kind: str, trace: str, span: str) -> dict[str, str]:
        return {"refType": kind, "traceID": trace, "spanID": span}

    made = {
        "spanID": "2",
        "references": [
            reference("CHILD_OF", "1", "a"), reference("FOLLOWS_FROM", "9", "b"), reference("CHILD_OF", "1", "c"),
        ],
    }  # fmt: skip
    followed = {"spanID": "3", "references": [reference("FOLLOWS_FROM", "1", "a")]}
    body = {"data": [{"traceID": "1", "spans": [made, followed]}]}
    spans, _ = legacy.spans_of(msgspec.json.decode(msgspec.json.encode(body), type=legacy.LegacyAnswer))
    child, follower = spans
    assert child.parent_id == "a".zfill(16)
    assert [(link.trace_id, link.span_id) for link in child.links] == [
        ("9".zfill(32), "b".zfill(16)),
        ("1".zfill(32), "c".zfill(16)),
    ]
    assert follower.parent_id == "a".zfill(16)
    assert [link.attributes for link in follower.links] == [{"opentracing.ref_type": "follows_from"}]
