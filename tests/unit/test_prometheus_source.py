"""Prometheus' answers, good and bad, as the console's values."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Awaitable, Callable

import httpx
import msgspec
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.alert import AlertState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Exemplar, Panel, PanelReading, Severity
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.prometheus import PrometheusSource
from opsconsole.sources.prometheus.matrix import foremost
from opsconsole.sources.wire import PROMETHEUS_READS, Wire

EVERYTHING = Selection(SafeText("prod"))
SPAN = TimeRange(1_700_000_003.5, 1_700_003_604.2)
PANEL = Panel("p", SafeText("p"), 'rate(x{job="$service"}[$__rate_interval])')


def success(data: object, **more: object) -> httpx.Response:
    return httpx.Response(200, content=msgspec.json.encode({"status": "success", "data": data, **more}))


def error(status: int, kind: str, words: str) -> httpx.Response:
    return httpx.Response(status, json={"status": "error", "errorType": kind, "error": words})


def source_over(
    handler: Callable[[httpx.Request], Awaitable[httpx.Response]], clock: SystemClock | None = None, **settings: object
) -> PrometheusSource:
    clock, transport = clock or SystemClock(), httpx.MockTransport(handler)
    wire = Wire("prometheus", SourceSettings("http://prom", **settings), clock, PROMETHEUS_READS, transport=transport)
    return PrometheusSource(wire, clock)


class FakeServer:
    """Answers by path; an empty server where nothing was said."""

    def __init__(self, answers: dict[str, httpx.Response | Callable[[httpx.Request], httpx.Response]]) -> None:
        self.answers = {
            "/api/v1/series": success([]),
            "/api/v1/targets": success({"activeTargets": [{"scrapeInterval": "10s"}, {"scrapeInterval": "30s"}]}),
            **answers,
        }
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.get(request.url.path, httpx.Response(404, text="404 page not found"))
        return answer(request) if callable(answer) else answer

    def source(self, **settings: object) -> PrometheusSource:
        return source_over(self, **settings)

    def asked(self, path: str) -> httpx.Request:
        return next(request for request in self.requests if request.url.path == path)


def matrix_of(*series: object, **more: object) -> httpx.Response:
    return success({"resultType": "matrix", "result": list(series)}, **more)


async def read(answer: httpx.Response, panel: Panel = PANEL) -> Reading[PanelReading]:
    source = FakeServer({"/api/v1/query_range": answer}).source()
    try:
        return await source.read_panel(panel, EVERYTHING, SPAN, 120)
    finally:
        await source.close()


async def test_a_panel_is_asked_as_a_form_with_an_aligned_range_and_a_timeout() -> None:
    server = FakeServer({"/api/v1/query_range": matrix_of()})
    source = server.source(timeout=7.0)
    reading = await source.read_panel(PANEL, Selection(SafeText("prod"), service=SafeText('a"b')), SPAN, 121)
    await source.close()
    request = server.asked("/api/v1/query_range")
    form = httpx.QueryParams(request.content.decode())
    assert request.method == "POST"
    assert not request.url.query
    assert form["query"] == 'rate(x{job="a\\"b"}[120s])'
    assert (float(form["start"]), float(form["end"])) == (1_699_999_980.0, 1_700_003_580.0)
    assert (form["step"], form["timeout"]) == ("30", "7s")
    assert reading.value.step == 30
    assert reading.value.query == form["query"]


async def test_the_rate_window_follows_the_scrape_interval() -> None:
    server = FakeServer({"/api/v1/query_range": matrix_of(), "/api/v1/targets": httpx.Response(404)})
    source = server.source()
    reading = await source.read_panel(PANEL, EVERYTHING, TimeRange(0, 300), 100)
    await source.close()
    assert "[60s]" in reading.value.query


async def test_samples_keep_their_gaps_and_numbers_that_are_none() -> None:
    samples = [[0, "1"], [30.5, "NaN"], [120, "+Inf"], [150, "-Inf"], [180, "2.5e3"]]
    reading = await read(matrix_of({"metric": {"pod": "a"}, "values": samples}))
    (series,) = reading.value.series
    assert series.times == (0, 30.5, 120, 150, 180)
    assert [math.isnan(value) for value in series.values] == [False, True, True, True, False]
    assert series.last == 2500
    assert reading.completeness.whole


async def test_the_legend_names_what_differs_or_follows_the_template() -> None:
    entries = [{"metric": {"job": "x", "pod": pod}, "values": [[0, "1"]]} for pod in ("a", "b")]
    assert [series.name for series in (await read(matrix_of(*entries))).value.series] == ["a", "b"]
    panel = msgspec.structs.replace(PANEL, legend="{{job}}/{{ pod }}{{none}}")
    assert [series.name for series in (await read(matrix_of(*entries), panel)).value.series] == ["x/a", "x/b"]


async def test_a_series_that_the_template_says_nothing_of_is_named_by_what_differs() -> None:
    entries = [{"metric": {"pod": "a"}, "values": [[0, "1"]]}, {"metric": {"instance": "h:1"}, "values": [[0, "1"]]}]
    reading = await read(matrix_of(*entries), msgspec.structs.replace(PANEL, legend="{{pod}}"))
    assert [series.name for series in reading.value.series] == ["a", "h:1"]


async def test_warnings_make_an_answer_partial_in_the_servers_words() -> None:
    reading = await read(matrix_of(warnings=["store \x1b[31mx\x1b[0m unavailable"], infos=["just so"]))
    assert reading.completeness.notes == ("store ␛[31mx␛[0m unavailable",)
    assert not reading.completeness.whole


async def test_native_histograms_and_too_many_series_are_noted() -> None:
    native = {"metric": {}, "histograms": [[0, {"count": "1", "sum": "1"}]]}
    assert "histogram_quantile" in (await read(matrix_of(native))).completeness.notes[0]
    many = [{"metric": {"pod": str(number)}, "values": [[0, "1"]]} for number in range(150)]
    reading = await read(matrix_of(*many))
    assert len(reading.value.series) == 100
    assert "50 more series" in reading.completeness.notes[0]


async def test_hostile_labels_are_shown_not_obeyed() -> None:
    metric = {"pod\x1b": "\x1b]52;c;cm0=\x07", "a": "[@click=app.quit]x[/]", "b": "\u202etxt"}
    reading = await read(matrix_of({"metric": metric, "values": [[0, "1"]]}))
    (series,) = reading.value.series
    text = series.name + "".join(part for pair in series.labels.items() for part in pair)
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert series.labels["a"] == "[@click=app.quit]x[/]"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (error(400, "bad_data", "1:5: parse error"), ErrorKind.BAD_QUERY, "1:5: parse error"),
        (error(422, "execution", "many-to-many matching"), ErrorKind.BAD_QUERY, "many-to-many"),
        (error(503, "timeout", "query timed out"), ErrorKind.TIMEOUT, "query timed out"),
        (error(503, "unavailable", "starting"), ErrorKind.SERVER, "starting"),
        (error(500, "internal", "boom"), ErrorKind.SERVER, "boom"),
        (error(200, "execution", "odd"), ErrorKind.BAD_QUERY, "odd"),
        (httpx.Response(200, html="<title>Sign in</title>"), ErrorKind.MALFORMED, "Sign in"),
        (httpx.Response(503, html="<title>503 upstream</title>"), ErrorKind.SERVER, "503 upstream"),
        (httpx.Response(401, text="Unauthorized"), ErrorKind.UNAUTHORIZED, "Unauthorized"),
        (httpx.Response(403, text="no"), ErrorKind.FORBIDDEN, "no"),
        (httpx.Response(429, text="slow down", headers={"Retry-After": "3"}), ErrorKind.THROTTLED, "slow down"),
        (httpx.Response(302, headers={"Location": "https://login/"}), ErrorKind.MALFORMED, "https://login/"),
        (httpx.Response(200, text="not json"), ErrorKind.MALFORMED, ""),
        (httpx.Response(200, json=[]), ErrorKind.MALFORMED, ""),
        (success(None), ErrorKind.MALFORMED, ""),
        (success({"result": [{"metric": {}, "values": [["x"]]}]}), ErrorKind.MALFORMED, ""),
        (success({"result": [{"metric": {}, "values": [[0, "one"]]}]}), ErrorKind.MALFORMED, ""),
    ],
)  # fmt: skip
async def test_every_failure_is_a_source_error_of_its_kind(answer: httpx.Response, kind: ErrorKind, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        await read(answer)
    assert caught.value.kind is kind
    assert words in caught.value.detail


async def test_a_query_of_100_kb_travels_in_the_body() -> None:
    panel = msgspec.structs.replace(PANEL, query=" or ".join(f'x{{a="{number}"}}' for number in range(8000)))
    server = FakeServer({"/api/v1/query_range": matrix_of()})
    source = server.source()
    await source.read_panel(panel, EVERYTHING, SPAN, 100)
    await source.close()
    request = server.asked("/api/v1/query_range")
    assert len(str(request.url)) < 100
    assert len(request.content) > 100_000


async def test_a_cancelled_question_drops_its_request_and_frees_its_worker() -> None:
    asked, dropped = asyncio.Event(), asyncio.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/api/v1/query_range":
            return await server(request)
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            dropped.set()
            raise
        raise AssertionError

    server = FakeServer({})
    clock = SystemClock()
    wire = Wire(
        "prometheus", SourceSettings("http://prom"), clock, PROMETHEUS_READS, transport=httpx.MockTransport(hang)
    )
    source = PrometheusSource(wire, clock)
    for _ in range(9):  # more often than there are workers
        asked.clear()
        dropped.clear()
        task = asyncio.create_task(source.read_panel(PANEL, EVERYTHING, SPAN, 100))
        async with asyncio.timeout(5):
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await dropped.wait()
    await source.close()


async def test_a_server_that_hangs_is_a_timeout() -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    source = source_over(hang, timeout=0.05)
    with pytest.raises(SourceError) as caught:
        await source.read_panel(PANEL, EVERYTHING, SPAN, 100)
    assert caught.value.kind is ErrorKind.TIMEOUT
    await source.close()


async def test_exemplars_stand_beside_the_buckets_they_came_from() -> None:
    panel = msgspec.structs.replace(PANEL, query="histogram_quantile(0.9, rate(x_bucket[1m]))")
    entries = [
        {"labels": {"traceID": "4bf9"}, "value": "0.7", "timestamp": 1_700_000_650.5},
        {"labels": {}, "value": "1", "timestamp": 1_700_000_050_000},
    ]
    server = FakeServer(
        {
            "/api/v1/query_range": matrix_of(),
            "/api/v1/query_exemplars": success([{"seriesLabels": {}, "exemplars": entries}]),
        }
    )
    source = server.source()
    reading = await source.read_panel(panel, EVERYTHING, SPAN, 100)
    await source.close()
    assert [(each.time, each.value, each.trace_id) for each in reading.value.exemplars] == [
        (1_700_000_050.0, 1.0, None),
        (1_700_000_650.5, 0.7, "4bf9"),
    ]


def test_of_many_exemplars_the_highest_of_each_part_of_the_span_are_kept() -> None:
    many = tuple(Exemplar(float(second), float(second % 7)) for second in range(80))
    kept = foremost(many, TimeRange(0.0, 80.0))
    assert len(kept) == 8
    assert all(exemplar.value == 6 for exemplar in kept)


@pytest.mark.parametrize("answer", [httpx.Response(404), error(500, "internal", "x"), success(None), success([{}])])
async def test_a_server_without_exemplars_still_draws_the_panel(answer: httpx.Response) -> None:
    panel = msgspec.structs.replace(PANEL, query="x_bucket")
    source = FakeServer({"/api/v1/query_range": matrix_of(), "/api/v1/query_exemplars": answer}).source()
    reading = await source.read_panel(panel, EVERYTHING, SPAN, 100)
    await source.close()
    assert reading.value.exemplars == ()


RULES = {
    "groups": [
        {
            "rules": [
                {
                    "name": "Slow",
                    "query": "rate(x_total[1m]) > 1",
                    "health": "ok",
                    "alerts": [
                        {
                            "labels": {"alertname": "Slow", "severity": "page", "service": "a\x1b"},
                            "annotations": {"summary": "late", "runbook_url": "javascript:alert(1)"},
                            "state": "pending",
                            "activeAt": "2026-01-01T00:00:00.123456789Z",
                            "value": "1.5e+00",
                        },
                        {
                            "labels": {"alertname": "Old", "severity": "odd"},
                            "annotations": {"runbook_url": "https://wiki/x"},
                            "state": "firing",
                            "activeAt": "not a time",
                            "value": "x",
                        },
                    ],
                },
                {"name": "Broken", "health": "err", "lastError": "many-to-many", "alerts": []},
            ]
        }
    ]
}


async def test_alerts_of_rules_come_with_state_severity_and_safe_links() -> None:
    source = FakeServer({"/api/v1/rules": success(RULES)}).source()
    reading = await source.rule_alerts()
    await source.close()
    old, slow = reading.value
    assert (old.state, old.severity, old.started_at, old.value) == (AlertState.FIRING, Severity.UNKNOWN, 0.0, None)
    assert old.runbook_url == "https://wiki/x"
    assert (slow.state, slow.severity, slow.value) == (AlertState.PENDING, Severity.CRITICAL, 1.5)
    assert slow.started_at == pytest.approx(1_767_225_600.123)
    assert slow.runbook_url is None
    assert slow.query == "rate(x_total[1m]) > 1"
    assert slow.labels["service"] == "a␛"
    assert slow.summary == "late"
    assert reading.completeness.notes == ("rule Broken fails: many-to-many",)


async def test_a_store_without_rules_is_asked_for_its_alerts() -> None:
    alerts = RULES["groups"][0]["rules"][0]["alerts"]
    source = FakeServer({"/api/v1/alerts": success({"alerts": alerts})}).source()
    assert [alert.name for alert in (await source.rule_alerts()).value] == ["Old", "Slow"]
    await source.close()


async def test_health_tells_the_version_and_does_without_build_information() -> None:
    build, runtime = success({"version": "2.42.0"}), success({"storageRetention": "15d"})
    source = FakeServer({"/api/v1/status/buildinfo": build, "/api/v1/status/runtimeinfo": runtime}).source()
    health = await source.health()
    assert (health.version, health.identity) == ("2.42.0", "keeps 15d")
    await source.close()
    source = FakeServer({"/api/v1/status/buildinfo": success({"application": "Grafana Mimir"})}).source()
    assert (await source.health()).identity == "Grafana Mimir"
    await source.close()
    source = FakeServer({"/api/v1/query": success({"resultType": "scalar", "result": [0, "1"]})}).source()
    health = await source.health()
    assert (health.version, health.missing) == ("", ("its version",))
    await source.close()
    source = FakeServer({}).source()
    with pytest.raises(SourceError) as caught:
        await source.health()
    assert caught.value.kind is ErrorKind.NOT_FOUND
    await source.close()


async def test_names_come_from_the_metadata_where_they_can_not_be_listed() -> None:
    server = FakeServer(
        {
            "/api/v1/series": httpx.Response(404),
            "/api/v1/metadata": success({"go_goroutines": [{"type": "gauge", "help": "", "unit": ""}]}),
            "/api/v1/labels": success(["__name__", "job", "instance"]),
            "/api/v1/label/job/values": success(["checkout"]),
        }
    )
    source = server.source()
    panels = (await source.panels((PANEL,), EVERYTHING)).value.panels
    assert [panel.id for panel in panels] == ["goroutines", "p"]
    assert (await source.services()).value == ("checkout",)
    await source.close()


async def test_a_second_selection_costs_no_second_discovery() -> None:
    server = FakeServer({"/api/v1/series": success([{"__name__": "go_goroutines", "job": "checkout"}])})
    source = server.source()
    await asyncio.gather(source.panels((), EVERYTHING), source.services(), source.panels((), EVERYTHING))
    first = len(server.requests)
    assert first == 2
    await source.panels((), Selection(SafeText("prod"), service=SafeText("checkout")))
    assert len(server.requests) == first
    await source.close()


class LeapingClock(SystemClock):
    leap = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.leap


TOO_MANY_SERIES = success([{"__name__": "x"}] * 20_000)
TOO_MANY_BYTES = httpx.Response(200, content=b" " * 5_000_000)


@pytest.mark.parametrize("listing", [TOO_MANY_SERIES, TOO_MANY_BYTES])
async def test_a_server_with_too_many_series_is_asked_through_its_index_and_not_tried_again(
    listing: httpx.Response,
) -> None:
    server = FakeServer(
        {
            "/api/v1/series": listing,
            "/api/v1/label/__name__/values": success(["go_goroutines"]),
            "/api/v1/labels": success(["__name__", "job", "instance"]),
            "/api/v1/label/job/values": success(["checkout"]),
        }
    )
    clock = LeapingClock()
    source = source_over(server, clock)
    assert (await source.services()).value == ("checkout",)
    clock.leap = 600
    assert [panel.id for panel in (await source.panels((), EVERYTHING)).value.panels] == ["goroutines"]
    await source.close()
    paths = [request.url.path for request in server.requests]
    assert (paths.count("/api/v1/series"), paths.count("/api/v1/label/job/values")) == (1, 2)


def test_the_client_package_is_not_loaded_before_it_is_asked() -> None:
    import subprocess  # noqa: PLC0415

    code = (
        "import sys, opsconsole.sources.prometheus; "
        "sys.exit(any(m in sys.modules for m in ('prometheus_api_client', 'requests', 'numpy', 'textual')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
