"""Values shown whole."""

from __future__ import annotations

from datetime import UTC

import msgspec
import pytest
from rich.cells import cell_len
from textual.content import Content

from opsconsole.domain.pod import Evidence
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace
from opsconsole.safe_text import safe_text
from opsconsole.widgets.details import DetailView, alert_detail, log_detail, pod_detail, trace_detail
from opsconsole.widgets.glyphs import ASCII, UNICODE
from widget_samples import ALERTS, FAST_TRACE, LOGS, NOW, PODS, SLOW_TRACE, TRACE_ID
from widget_stage import Stage, screen_text, shown


def text_of(lines: tuple[Content, ...]) -> str:
    return "\n".join(line.plain for line in lines)


def test_an_alert_tells_labels_annotations_silences_and_the_whole_runbook_link() -> None:
    url = "https://runbooks.example/" + "shop/" * 30 + "error-rate"
    silenced = msgspec.structs.replace(
        ALERTS[0],
        value=0.081,
        silenced_by=(SafeText("s-1"),),
        inhibited_by=(SafeText("i-1"),),
        receivers=(SafeText("on-call"),),
        annotations={
            SafeText("summary"): SafeText("errors above 5 %"),
            SafeText("impact"): SafeText("customers can't pay"),
            SafeText("runbook_url"): SafeText(url),
        },
    )
    text = text_of(alert_detail(silenced, now=NOW, zone=UTC, glyphs=UNICODE))
    for part in (
        "ErrorRateHigh", "● critical, firing", "2026-03-02 14:08:00 UTC, 4m ago", "0.081", url, "s-1", "i-1", "on-call",
        "errors above 5 %", "customers can't pay", "service       checkout",
    ):  # fmt: skip
        assert part in text
    assert text.count(url) == 1


def test_an_alert_without_a_runbook_says_so() -> None:
    assert "none named" in text_of(alert_detail(ALERTS[0], now=NOW, zone=UTC, glyphs=UNICODE))


def test_a_log_line_tells_every_field_and_its_line_ends() -> None:
    record = msgspec.structs.replace(
        LOGS.records[0], message=safe_text("panic: boom\ngoroutine 1 [running]:\n\tmain.go:7")
    )
    lines = [line.plain for line in log_detail(record, zone=UTC)]
    assert lines[0] == "2026-03-02 14:11:59.877000 UTC  ERROR  checkout"
    assert lines[2:5] == ["  panic: boom", "  goroutine 1 [running]:", "      main.go:7"]
    text = "\n".join(lines)
    for part in (TRACE_ID, "checkout-7d9f8b6c5-abcde", "log-0", "user_id       12345", "ip            192.168.1.1"):
        assert part in text


def test_a_log_line_without_a_time_says_so() -> None:
    record = msgspec.structs.replace(LOGS.records[0], time=None)
    assert log_detail(record, zone=UTC)[0].plain.startswith("no time that could be read")


def test_a_trace_is_a_waterfall_with_errors_and_events() -> None:
    lines = [line.plain for line in trace_detail(SLOW_TRACE, 78, zone=UTC, glyphs=UNICODE)]
    assert "5 in 4 services: gateway, checkout, orders, db" in "\n".join(lines)
    rows = lines[7:]
    assert rows[0] == "✘ gateway POST /pay            │████████████████████████████████████│  812 ms"
    assert rows[1] == "    pool wait timeout"
    assert rows[2] == "    ┊ +10 ms user-authenticated user_id=12345"
    assert rows[7] == "        db SELECT orders       │  █                                 │   30 ms"
    assert rows[8] == "      ✘ db acquire connection  │    ████████████████████████████    │  640 ms"


@pytest.mark.parametrize("width", [20, 38, 78, 118, 238])
@pytest.mark.parametrize("trace", [SLOW_TRACE, FAST_TRACE], ids=["slow", "fast"])
def test_the_rows_of_a_waterfall_fit_and_line_up(trace: Trace, width: int) -> None:
    lines = [line.plain for line in trace_detail(trace, width, zone=UTC, glyphs=UNICODE)]
    rows = [line for line in lines if line.count("│") == 2]
    assert len(rows) == len(trace.spans)
    assert len({row.index("│") for row in rows}) == 1
    assert all(cell_len(row) <= max(width, 31) for row in rows)
    assert all("█" in row for row in rows)


def test_a_trace_without_spans_is_told() -> None:
    assert "none in the store" in text_of(trace_detail(Trace(SafeText("x"), ()), 80, zone=UTC, glyphs=UNICODE))


def test_a_pod_tells_containers_last_end_and_probes_with_their_source() -> None:
    text = text_of(pod_detail(PODS.pods[0], now=NOW, zone=UTC, glyphs=UNICODE))
    for part in (
        "state         Running, not ready",
        "registry.example/shop/checkout:v1.9.0",
        "last ended    Error, exit code 137 (signal 9), 2026-03-02 14:01:50 UTC, 10m ago",
        "startup ✔ passing",
        "live ✘ failing ≈2/3 failures; restart in ~8s",
        "GET http :8080/healthz",
        "every 10s, timeout 5s, first after 30s; 3 failures in a row fail it, 1 success passes it",
        "last failure 2026-03-02 14:11:58 UTC, 2s ago: HTTP probe failed with statuscode: 500",
        "told by events, so the count is an estimate",
    ):
        assert part in text


def test_a_count_from_the_kubelets_counter_is_no_estimate() -> None:
    pod = PODS.pods[0]
    probes = tuple(msgspec.structs.replace(probe, evidence=Evidence.COUNTER) for probe in pod.containers[0].probes)
    counted = msgspec.structs.replace(pod, containers=(msgspec.structs.replace(pod.containers[0], probes=probes),))
    text = text_of(pod_detail(counted, now=NOW, zone=UTC, glyphs=UNICODE))
    assert "failing 2/3 failures" in text
    assert "told by prober_probe_total" in text
    assert "estimate" not in text


def test_a_container_without_probes_says_what_that_means() -> None:
    assert "only sees whether the process runs" in text_of(pod_detail(PODS.pods[1], now=NOW, zone=UTC, glyphs=UNICODE))


def test_ascii_signs_are_enough() -> None:
    details = (
        alert_detail(ALERTS[0], now=NOW, zone=UTC, glyphs=ASCII),
        log_detail(LOGS.records[0], zone=UTC),
        trace_detail(SLOW_TRACE, 78, zone=UTC, glyphs=ASCII),
        pod_detail(PODS.pods[0], now=NOW, zone=UTC, glyphs=ASCII),
    )
    assert all(text_of(lines).isascii() for lines in details)


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_the_view_shows_every_character_at_every_width(width: int) -> None:
    view = DetailView()
    app = Stage(view)
    lines = alert_detail(
        msgspec.structs.replace(ALERTS[0], generator_url=SafeText("http://p.example/graph?" + "x" * 300)),
        now=NOW,
        zone=UTC,
        glyphs=UNICODE,
    )
    async with app.run_test(size=(width, 60), notifications=True) as pilot:
        view.show(lines)
        await pilot.pause(0)
        seen = "".join("".join(shown(app)).split())
    assert seen == "".join(text_of(lines).split())
    assert view.text == text_of(lines)


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        (["j"], 1),
        (["down", "down", "k"], 1),
        (["pagedown"], 9),
        (["space", "pageup"], 0),
        (["end"], 40),
        (["G", "g"], 0),
        (["end", "j"], 40),
    ],
)
async def test_keys_scroll_the_view(keys: list[str], first: int) -> None:
    view = DetailView()
    app = Stage(view)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        view.show(tuple(Content(f"line {number}") for number in range(50)))
        await pilot.press(*keys)
        await pilot.pause(0)
        assert shown(app)[0].rstrip("┃ ") == f" line {first}"


async def test_a_refresh_keeps_the_readers_place_and_another_value_starts_at_the_top() -> None:
    view = DetailView()
    app = Stage(view)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        view.show(tuple(Content(f"line {number}") for number in range(50)), key="pod-1")
        await pilot.press("pagedown")
        view.show(tuple(Content(f"line {number} again") for number in range(50)), key="pod-1")
        await pilot.pause(0)
        assert shown(app)[0].startswith(" line 9 again")
        view.show(tuple(Content(f"other {number}") for number in range(50)), key="pod-2")
        await pilot.pause(0)
        assert shown(app)[0].startswith(" other 0")


async def test_a_resize_wraps_anew() -> None:
    view = DetailView()
    app = Stage(view)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        view.show((Content("word " * 20),))
        await pilot.resize_terminal(20, 10)
        await pilot.pause(0)
        assert "".join(screen_text(app).split()) == "word" * 20
        assert all(cell_len(line) <= 20 for line in shown(app))


def test_a_probe_of_a_throttled_pod_says_what_silence_is_worth_and_shows_its_script_whole() -> None:
    pod = PODS.pods[0]
    (container,) = pod.containers
    more = {"throttled": True, "grace": 5.0, "command": SafeText("sh -c curl -f /healthz␊pg_isready -h db-host")}
    probes = tuple(msgspec.structs.replace(probe, **more) for probe in container.probes)
    silent = msgspec.structs.replace(container, probes=probes, back_off_until=NOW + 42.0)
    text = text_of(
        pod_detail(
            msgspec.structs.replace(pod, containers=(silent,), in_endpoints=False), now=NOW, zone=UTC, glyphs=UNICODE
        )
    )
    for part in (
        "event-throttled: the kubelet has sent all events it may about this pod, silence says nothing",
        "(the last text that came)",
        "then 5s to end",
        "      pg_isready -h db-host",
        "starts again in ~42s",
        "out of its Service's endpoints: no traffic",
    ):
        assert part in text
