from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from servers import go_web_app
from servers.availability import unavailable
from servers.go_web_app import GoWebApp, run_go_web_app
from servers.golang import BuildError, go
from servers.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.long]

OPEN_METRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[GoWebApp]:
    with run_go_web_app(tmp_path) as server:
        yield server


@pytest.fixture
def client(app: GoWebApp) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url, trust_env=False, timeout=5.0) as client:
        yield client


@pytest.fixture
def toolchain() -> None:
    try:
        go()
    except BuildError as error:
        unavailable(str(error))


def metric(client: httpx.Client, start: str) -> float:
    """Value of the first sample whose line begins with `start`."""
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(start))


def logged(app: GoWebApp, message: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in app.log.read_text().splitlines()]
    return [line for line in lines if line["message"] == message]


def test_requests_are_counted_by_method_endpoint_and_status(client: httpx.Client) -> None:
    client.get("/")
    client.get("/")
    assert metric(client, 'http_requests_total{endpoint="/",method="GET",status="200"}') == 2


def test_durations_carry_the_trace_as_exemplar(client: httpx.Client) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    client.get("/", headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})
    metrics = client.get("/metrics", headers=OPEN_METRICS).text
    assert f'# {{trace_id="{trace_id}"}}' in metrics


def test_go_and_process_figures_are_there(client: httpx.Client) -> None:
    metrics = client.get("/metrics").text
    for name in ("app_goroutines ", "go_gc_duration_seconds{", "process_resident_memory_bytes ", "go_build_info{"):
        assert f"\n{name}" in metrics


def test_a_login_is_one_json_line_with_its_fields(app: GoWebApp, client: httpx.Client) -> None:
    client.get("/login", params={"user_id": "12345"}, headers={"X-Forwarded-For": "192.168.1.1"})
    (line,) = logged(app, "用户登录成功")
    assert {"level": "info", "service": "go-web-app", "user_id": "12345", "ip": "192.168.1.1"}.items() <= line.items()
    assert len(str(line["trace_id"])) == 32


def test_the_log_level_changes_without_a_restart(app: GoWebApp, client: httpx.Client) -> None:
    client.get("/")
    assert client.put("/level", json={"level": "debug"}).json() == {"level": "debug"}
    client.get("/")
    assert len(logged(app, "request answered")) == 1


def test_a_leak_passes_the_alert_threshold_and_is_gone_when_switched_off(app: GoWebApp, client: httpx.Client) -> None:
    assert metric(client, "app_goroutines ") < 100
    app.break_("leak")
    until(lambda: metric(client, "app_goroutines ") > 1000, "a surge of goroutines")
    app.break_("off")
    until(lambda: metric(client, "app_goroutines ") < 100, "no goroutines left over")


def test_a_deadlock_silences_the_health_endpoint(app: GoWebApp, client: httpx.Client) -> None:
    app.break_("deadlock")
    with pytest.raises(httpx.ReadTimeout):
        client.get("/healthz", timeout=0.3)
    app.break_("off")
    assert client.get("/healthz").text == "ok\n"


def test_errors_reach_status_metric_and_log(app: GoWebApp, client: httpx.Client) -> None:
    app.break_("errors")
    assert client.get("/").status_code == 500
    assert metric(client, 'http_requests_total{endpoint="/",method="GET",status="500"}') == 1
    assert [line["status"] for line in logged(app, "request failed")] == [500]


def test_an_unknown_mode_is_refused(client: httpx.Client) -> None:
    answer = client.post("/break", params={"mode": "everything"})
    assert answer.status_code == 400
    assert "unknown mode" in answer.text


def test_spans_are_sent_to_the_endpoint_of_the_environment(tmp_path: Path) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        thread = Thread(target=collector.serve_forever)
        thread.start()
        endpoint = f"http://127.0.0.1:{collector.server_port}"
        try:
            with run_go_web_app(tmp_path, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) as app:
                httpx.get(f"{app.url}/login", trust_env=False)
                app.stop()  # sends what is left
        finally:
            collector.shutdown()
            thread.join()
    (path, body) = received[0]
    assert path == "/v1/traces"
    assert b"process-request" in body
    assert b"user-authenticated" in body


@pytest.mark.usefixtures("toolchain")
def test_the_service_passes_its_own_tests_and_is_formatted() -> None:
    go_web_app.vet_and_test()
    assert go_web_app.unformatted() == ""


@pytest.mark.usefixtures("toolchain")
def test_the_service_builds_for_other_systems() -> None:
    for goos, goarch, magic in (("darwin", "arm64", b"\xcf\xfa\xed\xfe"), ("windows", "arm64", b"MZ")):
        assert go_web_app.build(goos, goarch).read_bytes().startswith(magic)
