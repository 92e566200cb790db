"""Which lines of containers a query means, judged by the console itself."""

from __future__ import annotations

import pytest

from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.container_records import ContainerPart, RecordMaker
from opsconsole.sources.kubernetes.describing.container_lines import container_line
from opsconsole.sources.kubernetes.line_matching import line_test
from widget_samples import PODS

POD = PODS.pods[0]
STAMP = "2026-03-02T14:11:59.877654321Z"
BODY = b'{"level":"error","msg":"Pool wait timeout","trace_id":"4bf92f35","http":{"status":503},"user":"ann"}'


def made(body: bytes = BODY, stamp: str = STAMP) -> LogRecord:
    return RecordMaker(ContainerPart(POD, SafeText("app"))).record(container_line(stamp, body, SafeText("app")))


def test_a_line_of_json_is_a_record_with_fields_and_where_it_comes_from() -> None:
    record = made()
    assert (record.message, record.level) == ("Pool wait timeout", LogLevel.ERROR)
    assert (record.service, record.pod, record.container) == ("checkout", POD.name, "app")
    assert record.trace_id == "4bf92f35"
    assert dict(record.fields)["http.status"] == "503"


def test_another_line_is_its_own_message() -> None:
    record = made(b"panic: nil map")
    assert (record.message, record.level, record.fields) == ("panic: nil map", LogLevel.FATAL, ())


def test_the_same_line_read_again_has_the_same_id_and_its_twin_another() -> None:
    def ids() -> list[str]:
        maker = RecordMaker(ContainerPart(POD, SafeText("app")))
        lines = [container_line(STAMP, b"tick", SafeText("app")) for _ in range(2)]
        return [maker.record(line).id for line in lines]

    assert ids() == ids()
    assert len(set(ids())) == 2


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pool timeout", True),
        ("POOL", True),
        ('"wait timeout"', True),
        ('"timeout wait"', False),
        ("pool -timeout", False),
        ("pool -orders", True),
        ("orders | pool", True),
        ("orders | payments", False),
        ("time*", True),
        ("503", True),
        ("+pool +ann", True),
        ('unclosed "pool wait', False),
        ("", True),
    ],
)
def test_words_mean_what_they_mean_in_the_log_store(words: str, found: bool) -> None:
    assert line_test(LogQuery(SafeText(words)))(made()) is found


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("service", "checkout", True),
        ("pod", POD.name, True),
        ("container", "app", True),
        ("trace", "4bf92f35", True),
        ("http.status", "503", True),
        ("http.status", "50", False),
        ("absent", "x", False),
    ],
)
def test_filters_include_and_exclude(field: str, value: str, found: bool) -> None:
    for exclude in (False, True):
        query = LogQuery(filters=(LogFilter(SafeText(field), SafeText(value), exclude),))
        assert line_test(query)(made()) is (found is not exclude)


def test_a_level_at_least_leaves_milder_lines_out() -> None:
    assert line_test(LogQuery(level=LogLevel.ERROR))(made())
    assert not line_test(LogQuery(level=LogLevel.FATAL))(made())
    unknown = RecordMaker(ContainerPart(POD, SafeText("app"))).record(
        ContainerLine(None, SafeText("app"), LogLevel.UNKNOWN, SafeText("words"))
    )
    assert not line_test(LogQuery(level=LogLevel.DEBUG))(unknown)


def test_a_pattern_lets_only_its_lines_pass() -> None:
    query = LogQuery(pattern=SafeText("Pool <*> timeout"))
    assert line_test(query)(made())
    assert not line_test(query)(made(b"Pool wait"))


def test_a_raw_query_is_refused_with_what_to_do() -> None:
    with pytest.raises(SourceError) as refused:
        line_test(LogQuery(SafeText("level:error"), LogSyntax.RAW))
    assert refused.value.kind is ErrorKind.BAD_QUERY
    assert "plain words" in refused.value.sentence
