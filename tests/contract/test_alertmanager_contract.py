"""Alertmanager's API v2 as the console relies on it, and the console's source on top."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract.conftest import MetricServers
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, SourceSettings
from opsconsole.domain.alert import AlertState
from opsconsole.sources.alert_labels import fingerprint_of
from opsconsole.sources.alert_merge import merged
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import Sources
from servers.waiting import until


@pytest.fixture
def api(metric_servers: MetricServers) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{metric_servers.alertmanager}/api/v2", trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
async def sources(metric_servers: MetricServers) -> AsyncIterator[Sources]:
    cluster = ClusterSettings(
        "contract",
        prometheus=SourceSettings(metric_servers.prometheus),
        alertmanager=SourceSettings(metric_servers.alertmanager),
    )
    connected = connect(cluster, SystemClock())
    yield connected
    for source in connected.configured():
        await source.close()


def alerts(api: httpx.Client, **params: str) -> list[dict[str, Any]]:
    answer = api.get("/alerts", params=params)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found: list[dict[str, Any]] = answer.json()
    return found


def silence_of(labels: dict[str, str], minutes: float = 5) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "matchers": [{"name": name, "value": value, "isRegex": False} for name, value in labels.items()],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(minutes=minutes)).isoformat(),
        "createdBy": "contract",
        "comment": "while the contract is tested",
    }


@pytest.fixture
def silenced(api: httpx.Client) -> Iterator[tuple[str, dict[str, str]]]:
    """A silence's id and the labels of the alert that it silences; expired afterwards."""
    labels = alerts(api, silenced="false", inhibited="false")[0]["labels"]
    answer = api.post("/silences", json=silence_of(labels))
    assert answer.status_code == 200
    name = answer.json()["silenceID"]
    yield name, labels
    api.delete(f"/silence/{name}")
    until(lambda: not any(name in each["status"]["silencedBy"] for each in alerts(api)), "the silence's end")


def test_an_alert_has_labels_a_fingerprint_receivers_and_a_status(api: httpx.Client) -> None:
    found = alerts(api)
    assert found
    for alert in found:
        assert {"labels", "annotations", "fingerprint", "startsAt", "endsAt", "updatedAt", "receivers", "status"} <= alert.keys()  # fmt: skip  # noqa: E501
        assert alert["status"].keys() == {"state", "silencedBy", "inhibitedBy"}
        assert alert["receivers"][0]["name"]
        assert datetime.fromisoformat(alert["startsAt"]).tzinfo is not None
        assert fingerprint_of(alert["labels"]) == alert["fingerprint"]


def test_filters_select_and_a_broken_one_is_refused_in_a_bare_string(api: httpx.Client) -> None:
    name = alerts(api)[0]["labels"]["alertname"]
    assert {each["labels"]["alertname"] for each in alerts(api, filter=f'alertname="{name}"')} == {name}
    assert alerts(api, filter='alertname="no such"') == []
    assert alerts(api, active="false", silenced="false", inhibited="false") == []
    answer = api.get("/alerts", params={"filter": "foo("})
    assert answer.status_code == 400
    assert isinstance(answer.json(), str)


def test_groups_hold_every_alert_once_a_receiver(api: httpx.Client) -> None:
    groups = api.get("/alerts/groups").json()
    assert all(group.keys() == {"labels", "receiver", "alerts"} for group in groups)
    grouped = {alert["fingerprint"] for group in groups for alert in group["alerts"]}
    assert grouped == {alert["fingerprint"] for alert in alerts(api)}


def test_the_status_tells_the_version(api: httpx.Client) -> None:
    status = api.get("/status").json()
    assert status["versionInfo"]["version"]
    assert {"cluster", "config", "uptime"} <= status.keys()


def test_a_silence_suppresses_its_alert_until_it_is_expired(
    api: httpx.Client, silenced: tuple[str, dict[str, str]]
) -> None:
    name, labels = silenced

    def states() -> dict[str, Any]:
        return next(each["status"] for each in alerts(api) if each["labels"] == labels)

    until(lambda: states()["silencedBy"] == [name], "the silence's effect")
    assert states()["state"] == "suppressed"
    one = api.get(f"/silence/{name}").json()
    assert one["status"]["state"] == "active"
    assert one["matchers"][0].keys() >= {"name", "value", "isRegex", "isEqual"}
    assert name in {each["id"] for each in api.get("/silences").json()}
    assert api.delete(f"/silence/{name}").status_code == 200
    until(lambda: states()["state"] == "active", "the silence's end")
    assert api.get(f"/silence/{name}").json()["status"]["state"] == "expired"


def test_a_silence_that_makes_no_sense_is_refused(api: httpx.Client) -> None:
    for broken in (
        {**silence_of({"alertname": "x"}), "matchers": []},
        silence_of({"alertname": "x"}, minutes=-5),
        {"comment": "nothing else"},
    ):
        assert api.post("/silences", json=broken).status_code in (400, 422)
    missing = "00000000-0000-0000-0000-000000000000"
    assert api.get(f"/silence/{missing}").status_code == 404
    assert api.delete(f"/silence/{missing}").status_code in (404, 500)


async def test_the_source_shows_what_fires_and_what_is_silenced(
    sources: Sources, api: httpx.Client, silenced: tuple[str, dict[str, str]]
) -> None:
    assert sources.alerts is not None
    name, labels = silenced
    until(lambda: any(name in each["status"]["silencedBy"] for each in alerts(api)), "the silence's effect")
    reading = await sources.alerts.alerts()
    assert reading.completeness.whole
    quiet = next(alert for alert in reading.value if dict(alert.labels) == labels)
    assert (quiet.state, quiet.silenced_by) == (AlertState.SILENCED, (name,))
    assert len(reading.value) == len(alerts(api))


async def test_the_source_knows_its_server(sources: Sources) -> None:
    assert sources.alerts is not None
    health = await sources.alerts.health()
    assert health.version
    assert health.clock_skew is not None


async def test_both_views_of_one_alert_become_one(sources: Sources) -> None:
    assert sources.alerts is not None
    assert sources.metrics is not None
    routed = (await sources.alerts.alerts()).value
    raised = (await sources.metrics.rule_alerts()).value
    together = merged(routed, raised)
    firing = [alert for alert in raised if alert.state is AlertState.FIRING]
    pending = [alert for alert in raised if alert.state is AlertState.PENDING]
    assert len(together) == len(firing) + len(pending)
    joined = next(alert for alert in together if alert.receivers)
    assert joined.value is not None
