"""What the log source makes of documents, whatever is in them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.answers import Bars, SearchAnswer
from opsconsole.sources.elasticsearch.decoding import (
    DECODED_AT_ONCE,
    MORE_FIELDS,
    flattened,
    histogram_buckets,
    records,
    records_aside,
)
from opsconsole.sources.elasticsearch.fields import FieldCaps, field_map
from opsconsole.sources.elasticsearch.levels import parse_level
from opsconsole.sources.lenient_json import decode_body, repaired


def read(raw: bytes) -> LogRecord:
    (record,) = records([msgspec.Raw(raw)])
    return record


def fields_of(record: LogRecord) -> dict[str, str]:
    return {str(name): str(value) for name, value in record.fields}


def test_an_ecs_document_fills_every_part_of_a_record() -> None:
    record = read(
        b'{"_index":"logs-shop","_id":"7","_source":{"message":"pool wait timeout","user_id":12345},"fields":{'
        b'"@timestamp":["2026-08-07T14:11:03.120456789Z"],"service.name":["checkout"],"log.level":["ERROR"],'
        b'"message":["pool wait timeout"],"trace.id":["4bf92f3577b34da6a3ce929d0e0e4736"],'
        b'"span.id":["00f067aa0ba902b7"],'
        b'"kubernetes.pod.name":["checkout-7d9f-abcde"],"kubernetes.namespace":["shop"]}}'
    )
    assert record.time == pytest.approx(1786111863.120456)
    assert (record.service, record.level, record.message) == ("checkout", LogLevel.ERROR, "pool wait timeout")
    assert (record.pod, record.namespace) == ("checkout-7d9f-abcde", "shop")
    assert (record.trace_id, record.span_id) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    assert fields_of(record) == {"user_id": "12345"}
    assert record.id == "logs-shop/7"


def test_an_opentelemetry_document_is_read_by_its_own_names() -> None:
    record = read(
        b'{"_source":{"@timestamp":"2026-08-07T14:11:03Z","severity_number":17,"body":{"text":"refused"},'
        b'"resource":{"attributes":{"service.name":"orders","k8s.pod.name":"orders-1"}},"trace_id":"ab"}}'
    )
    assert (record.service, record.level, record.message) == ("orders", LogLevel.ERROR, "refused")
    assert (record.pod, record.trace_id) == ("orders-1", "ab")


def test_a_plain_zap_document_is_read_without_any_mapping() -> None:
    record = read(b'{"_source":{"@timestamp":1786111863120,"level":"dpanic","msg":"boom","service":"users"}}')
    assert (record.service, record.level, record.message) == ("users", LogLevel.ERROR, "boom")
    assert record.time == pytest.approx(1786111863.12)


def test_a_document_without_a_message_shows_itself() -> None:
    assert read(b'{"_source":{"user_id":12345}}').message == '{"user_id":12345}'


@pytest.mark.parametrize(
    "source",
    [
        b'{"message":"a","n":' + b"9" * 5000 + b"}",
        b'{"message":"a","n":1e999}',
        b'{"message":"a","n":NaN}',
        b'{"message":"a","n":-Infinity}',
        b'{"message":"a","n":"\\ud800"}',
        b'{"message":"a","n":"\xff\xfe"}',
        b'{"message":"a","message":"a"}',
        b'{"message":"a","n":' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"message":"a","n":"\x01"}',
        b'{"message":["a","b"],"service":{"name":null}}',
    ],
)
def test_a_hostile_document_keeps_its_row_and_its_message(source: bytes) -> None:
    record = read(b'{"_id":"1","_source":' + source + b"}")
    assert record.message == "a"


@pytest.mark.parametrize(
    "hit",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b"not json",
        b"null",
        b"3",
    ],
)
def test_what_is_no_document_is_kept_as_malformed(hit: bytes) -> None:
    assert read(hit).message == "malformed log document"


@pytest.mark.parametrize(
    "stamp",
    [b'"1e18"', b"1e18", b"1e300", b'"NaN"', b'"never"', b"null", b"-5", b"true", b'"+292278994-08-17T07:12:55Z"'],
)
def test_a_line_with_an_impossible_time_is_kept_without_one(stamp: bytes) -> None:
    record = read(b'{"_source":{"@timestamp":' + stamp + b',"message":"kept"}}')
    assert (record.time, record.message) == (None, "kept")
    assert [name for name, _ in record.fields] == ["@timestamp"], "what the line has for a time can be read"


def test_a_document_that_is_none_is_shown_as_it_came() -> None:
    assert read(b'{"_id":"1","_source":"what a proxy made of it"}').message == "what a proxy made of it"


def page(*sources: bytes, sort: bytes = b'["2026-08-07T14:11:03Z",1]') -> bytes:
    """A search's answer of documents `sources`."""
    hits = (
        b'{"_index":"i","_id":"%d","_source":%s,"sort":%s}' % (number, source, sort)
        for number, source in enumerate(sources)
    )
    return b'{"_shards":{"total":1},"hits":{"hits":[%s]}}' % b",".join(hits)


def answer_of(body: bytes) -> SearchAnswer:
    return decode_body(body, msgspec.json.Decoder(SearchAnswer), "elasticsearch")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
        (b"[" * 50_000 + b"]" * 50_000, None),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, None),
        (b'"\xff\xfe"', "\ufffd" * 2),
        (b'"\x1b[2J"', "\ufffd[2J"),
    ],
    ids=["nan", "infinity", "arrays", "objects", "utf-8", "control"],
)
def test_one_line_that_is_no_json_costs_neither_the_others_nor_its_own_message(value: bytes, shown: str | None) -> None:
    answer = answer_of(page(b'{"message":"before"}', b'{"message":"evil","v":' + value + b"}", b'{"message":"after"}'))
    lines = records(answer.hits.hits)
    assert [line.message for line in lines] == ["before", "evil", "after"]
    assert [hit.id for hit in answer.hits.places()] == ["0", "1", "2"]
    (told,) = (text for _, text in lines[1].fields)
    assert told == shown if shown is not None else " bytes, nested too deeply)" in told


def test_an_answer_of_more_brackets_than_are_gone_through_is_malformed() -> None:
    with pytest.raises(SourceError, match="nested too deeply"):
        answer_of(page(b'{"v":' + b"[" * 500_000 + b"]" * 500_000 + b"}"))


@pytest.mark.parametrize("sort", [b'[{"a":1}]', b'"x"', b"7", b"[[]]"])
def test_a_hit_without_a_place_is_an_answer_of_something_else(sort: bytes) -> None:
    answer = answer_of(page(b'{"message":"a"}', sort=sort))
    assert [line.message for line in records(answer.hits.hits)] == ["a"]
    with pytest.raises(SourceError) as caught:
        answer.hits.places()
    assert caught.value.kind is ErrorKind.MALFORMED


def test_terminal_commands_in_any_field_come_out_as_pictures() -> None:
    evil = "\\u001b]52;c;aGk=\\u0007\\u202e"
    record = read(
        f'{{"_id":"{evil}","_source":{{"{evil}":"{evil}","message":"{evil}","service":"{evil}","pod":"{evil}"}}}}'.encode()
    )
    texts = [record.id, record.service, record.message, record.pod, *(text for pair in record.fields for text in pair)]
    assert all(text == safe_text(text) and "\x1b" not in text for text in texts)
    assert "␛]52" in record.message


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_any_json_value_anywhere_gives_a_record(value: object) -> None:
    document = {"_id": value, "_source": {"message": value, "level": value, "@timestamp": value, "service": value}}
    raw = msgspec.json.encode(document)
    assert isinstance(read(raw), LogRecord)


@given(st.binary(max_size=200))
def test_any_bytes_at_all_give_a_record(raw: bytes) -> None:
    assert isinstance(read(raw), LogRecord)


def test_nested_objects_become_dotted_names_in_their_order() -> None:
    assert flattened({"b": {"x": 1, "a": {"y": 2}}, "a": []}) == {"b.x": 1, "b.a.y": 2, "a": []}


def test_a_document_of_a_thousand_fields_keeps_the_first_two_hundred_and_counts_the_rest() -> None:
    flat = flattened({f"f{number}": number for number in range(1000)})
    assert list(flat) == [*(f"f{number}" for number in range(200)), MORE_FIELDS]
    assert flat[MORE_FIELDS] == "+800 more fields, not shown"
    assert MORE_FIELDS not in flattened({f"f{number}": number for number in range(200)})


@pytest.mark.parametrize(
    ("spelling", "level"),
    [
        ("warn", LogLevel.WARN),
        ("WARNING", LogLevel.WARN),
        ("err", LogLevel.ERROR),
        ("Error", LogLevel.ERROR),
        ("dpanic", LogLevel.ERROR),
        ("panic", LogLevel.FATAL),
        ("FATAL", LogLevel.FATAL),
        ("crit", LogLevel.FATAL),
        ("[INFO]", LogLevel.INFO),
        ("INFO+2", LogLevel.INFO),
        ("ERROR3", LogLevel.ERROR),
        ("trace", LogLevel.DEBUG),
        (50, LogLevel.ERROR),
        ("30", LogLevel.INFO),
        (7, LogLevel.UNKNOWN),
        ("", LogLevel.UNKNOWN),
        (None, LogLevel.UNKNOWN),
        (float("inf"), LogLevel.UNKNOWN),
        ("loud", LogLevel.UNKNOWN),
    ],
)
def test_a_level_is_read_in_every_spelling(spelling: object, level: LogLevel) -> None:
    assert parse_level(spelling) is level


@pytest.mark.parametrize(
    ("number", "level"), [(1, "debug"), (9, "info"), (16, "warn"), (17, "error"), (24, "fatal"), (25, "unknown")]
)
def test_an_opentelemetry_severity_number_is_read_by_its_band(number: int, level: str) -> None:
    assert parse_level(number, otel_number=True).value == level


def test_repairing_leaves_whole_pairs_and_escaped_backslashes_alone() -> None:
    kept = rb'{"emoji":"\ud83d\ude00","text":"\\ud800","quote":"\""}'
    assert repaired(kept) == kept
    assert repaired(rb'"\ud800x\udc00"') == rb'"\ufffdx\ufffd"'


def caps(**fields: dict[str, dict[str, object]]) -> FieldCaps:
    return msgspec.convert({"indices": ["app-1"], "fields": fields}, FieldCaps)


KEYWORD = {"keyword": {"type": "keyword", "searchable": True, "aggregatable": True}}


def bars(*buckets: dict[str, object]) -> Bars:
    return msgspec.json.decode(msgspec.json.encode({"buckets": buckets}), type=Bars)


def terms(**counts: int) -> dict[str, object]:
    return {"buckets": [{"key": key, "doc_count": count} for key, count in counts.items()]}


def test_a_bar_counts_by_level_and_the_rest_as_unknown() -> None:
    fields = field_map(caps(level=KEYWORD))
    (bar,) = histogram_buckets(bars({"key": 1786111800000, "doc_count": 10, "level_0": terms(error=3, WARN=2)}), fields)
    assert bar.start == 1786111800.0
    assert bar.counts == {LogLevel.ERROR: 3, LogLevel.WARN: 2, LogLevel.UNKNOWN: 5}


def test_level_fields_of_differently_shaped_indices_add_up() -> None:
    fields = field_map(caps(**{"log.level": KEYWORD, "level": KEYWORD}))
    (bar,) = histogram_buckets(
        bars({"key": 0, "doc_count": 5, "level_0": terms(error=3), "level_1": terms(error=2)}), fields
    )
    assert bar.counts == {LogLevel.ERROR: 5}


def test_an_alias_of_a_level_field_is_not_counted_twice() -> None:
    fields = field_map(caps(**{"log.level": KEYWORD, "severity_text": KEYWORD}))
    (bar,) = histogram_buckets(
        bars({"key": 0, "doc_count": 3, "level_0": terms(error=3), "level_1": terms(error=3)}), fields
    )
    assert bar.counts == {LogLevel.ERROR: 3}


def test_numeric_severities_are_counted_by_their_band() -> None:
    fields = field_map(caps(severity_number={"long": {"type": "long", "searchable": True, "aggregatable": True}}))
    bucket = {"key": 0, "doc_count": 4, "level_0": {"buckets": [{"key": 17, "doc_count": 4}]}}
    (bar,) = histogram_buckets(bars(bucket), fields)
    assert bar.counts == {LogLevel.ERROR: 4}


def test_a_search_that_ran_out_of_time_or_lost_a_shard_says_so() -> None:
    answer = msgspec.json.decode(
        b'{"timed_out":true,"_shards":{"total":5,"successful":3,"failed":2,"failures":['
        b'{"index":"app-1","reason":{"type":"query_shard_exception","reason":"no mapping\\u001b[31m"}}]},'
        b'"hits":{"hits":[]}}',
        type=SearchAnswer,
    )
    whole = answer.completeness()
    assert (whole.got, whole.wanted, whole.whole) == (3, 5, False)
    assert whole.notes == ("the search ran out of time: there may be more", "no mapping␛[31m")


class CountingThreads(ThreadPoolExecutor):
    """Counts what it is given to do."""

    given = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.given += 1
        return super().submit(fn, *args, **kwargs)


async def test_many_documents_are_decoded_in_portions_with_the_event_loop_in_between() -> None:
    hits = [msgspec.Raw(b"[]"), *(msgspec.Raw(b'{"_id":"%d"}' % number) for number in range(3 * DECODED_AT_ONCE))]
    # Two of them can't be told apart but by their places, in different portions.
    hits[2 * DECODED_AT_ONCE] = msgspec.Raw(b"[]")
    threads = CountingThreads(1)
    asyncio.get_running_loop().set_default_executor(threads)
    lines = await records_aside(hits)
    assert lines == records(hits)
    assert len({line.id for line in lines}) == len(hits)
    assert threads.given == 4


def test_collecting_garbage_passes_records_by() -> None:
    # Tens of thousands of them are at hand, and a key would wait until all were walked.
    assert not gc.is_tracked(read(b'{"_id":"7","_source":{"message":"a","user":"b"}}'))
