"""A leak in a real service becomes an alert in a real Alertmanager, and ends with the leak."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from servers.process import ServerProcess
from servers.prometheus import instant
from servers.real_stack import RealStack
from servers.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.xdist_group("real-stack")]


def ask(server: ServerProcess, path: str, **parameters: str) -> Any:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        return client.get(path, params=parameters).raise_for_status().json()


def alerts(stack: RealStack) -> list[dict[str, Any]]:
    arrived: list[dict[str, Any]] = ask(stack.alertmanager, "/api/v2/alerts", filter='alertname="GoroutinesHigh"')
    return arrived


def test_all_targets_are_scraped(real_stack: RealStack) -> None:
    until(lambda: instant(real_stack.prometheus, "count(up == 1)") == 3, "three targets up")


def test_a_leak_fires_the_shipped_rule_and_the_alert_reaches_alertmanager(real_stack: RealStack) -> None:
    assert alerts(real_stack) == []

    real_stack.app.break_("leak")
    until(lambda: alerts(real_stack) != [], "the alert in Alertmanager")

    (alert,) = alerts(real_stack)
    assert alert["status"]["state"] == "active"
    assert alert["labels"]["severity"] == "critical"
    assert {"namespace": "shop", "service": "go-web-app", "pod": "go-web-app-0"}.items() <= alert["labels"].items()
    assert alert["annotations"]["summary"].endswith("goroutines, above 1000")
    assert alert["annotations"]["runbook_url"] == "https://runbooks.example.com/goroutines-high"
    surge = instant(real_stack.prometheus, 'max_over_time(app_goroutines{service="go-web-app"}[1m])')
    assert surge is not None
    assert surge > 1000

    real_stack.app.break_("off")
    until(lambda: alerts(real_stack) == [], "the alert resolved")


def test_prometheus_keeps_its_samples_over_a_crash(real_stack: RealStack) -> None:
    before = ask(real_stack.prometheus, "/api/v1/query", query="app_goroutines[1m]")["data"]["result"][0]["values"]

    real_stack.prometheus.kill()
    with pytest.raises(httpx.ConnectError):
        ask(real_stack.prometheus, "/-/ready")
    real_stack.prometheus.start()

    after = ask(real_stack.prometheus, "/api/v1/query", query="app_goroutines[1m]")["data"]["result"][0]["values"]
    assert [sample for sample in after if sample in before] == before
