"""The practice Alertmanager's HTTP answers, and how its silences change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.practice.alertmanager import application
from opsconsole.practice.alertmanager.matching import fingerprint
from opsconsole.practice.prometheus import RuleEngine
from opsconsole.practice.prometheus.rules import AlertRule, RuleGroup
from opsconsole.practice.promql.store import MemoryStore

NOW = 1_800_000_000.0
START, END = "2027-01-15T08:00:00.000Z", "2027-01-15T09:00:00.000Z"


def rule(name: str, severity: str, service: str, expression: str = "vector(1)", hold: float = 0) -> AlertRule:
    return AlertRule(name, expression, hold, {"severity": severity, "service": service, "alertgroup": "g"}, {})


RULES = (
    RuleGroup(
        "g",
        (
            rule("Down", "critical", "shop"),
            rule("Slow", "warning", "shop"),
            rule("Other", "warning", "else"),
            rule("Watchdog", "info", "prometheus"),
            rule("NotYet", "critical", "shop", hold=86400),
        ),
    ),
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def client(clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    rules = RuleEngine(MemoryStore(), RULES, NOW - 600, "http://prometheus.example")
    transport = httpx.ASGITransport(application(rules, clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://am.example/api/v2") as made:
        yield made


async def names(client: httpx.AsyncClient, query: str = "") -> set[str]:
    answer = await client.get(f"/alerts{query}")
    assert answer.status_code == 200, answer.text
    return {alert["labels"]["alertname"] for alert in answer.json()}


def body(**changes: Any) -> dict[str, Any]:
    matchers = [{"name": "alertname", "value": "Other", "isRegex": False}]
    made = {"matchers": matchers, "startsAt": START, "endsAt": END, "createdBy": "ann", "comment": "known"}
    return {**made, **changes}


async def test_a_firing_alert_is_shown_whole_and_a_pending_one_not(client: httpx.AsyncClient) -> None:
    alerts = {alert["labels"]["alertname"]: alert for alert in (await client.get("/alerts")).json()}
    assert set(alerts) == {"Down", "Slow", "Other", "Watchdog"}
    labels = {"alertname": "Down", "severity": "critical", "service": "shop", "alertgroup": "g"}
    assert alerts["Down"] == {
        "annotations": {},
        "endsAt": "2027-01-15T08:04:00.000Z",
        "fingerprint": fingerprint(labels),
        "receivers": [{"name": "pager"}],
        "startsAt": "2027-01-15T07:50:15.000Z",
        "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
        "updatedAt": "2027-01-15T08:00:00.000Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=vector%281%29&g0.tab=1",
        "labels": labels,
    }


def test_the_fingerprint_is_the_one_a_real_server_gives() -> None:
    # Answered by Alertmanager 0.25 for these labels.
    assert fingerprint({"alertname": "C", "severity": "info", "service": "s"}) == "479dd33f3b2cee5e"


async def test_a_critical_alert_inhibits_the_warning_of_its_service_only(client: httpx.AsyncClient) -> None:
    alerts = {alert["labels"]["alertname"]: alert for alert in (await client.get("/alerts")).json()}
    assert alerts["Slow"]["status"] == {
        "inhibitedBy": [alerts["Down"]["fingerprint"]],
        "silencedBy": [],
        "state": "suppressed",
    }
    assert alerts["Other"]["status"]["state"] == "active"


async def test_the_cluster_starts_with_the_heartbeat_silenced(client: httpx.AsyncClient) -> None:
    (silence,) = (await client.get("/silences")).json()
    alerts = {alert["labels"]["alertname"]: alert for alert in (await client.get("/alerts")).json()}
    assert alerts["Watchdog"]["status"]["silencedBy"] == [silence["id"]]
    assert silence["status"] == {"state": "active"}
    assert silence["matchers"] == [{"isEqual": True, "isRegex": False, "name": "alertname", "value": "Watchdog"}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?active=false", {"Slow", "Watchdog"}),
        ("?silenced=false", {"Down", "Slow", "Other"}),
        ("?inhibited=false", {"Down", "Other", "Watchdog"}),
        ('?filter=alertname%3D"Down"', {"Down"}),
        ("?filter=severity%21%3Dwarning", {"Down", "Watchdog"}),
        ('?filter=alertname%3D~"Down|Slow"&filter=severity%3D"warning"', {"Slow"}),
        ("?receiver=pag.*", {"Down"}),
        ("?receiver=pag", set()),
    ],
)
async def test_alerts_are_filtered(client: httpx.AsyncClient, query: str, expected: set[str]) -> None:
    assert await names(client, query) == expected


async def test_groups_hold_alerts_of_one_name_and_receiver(client: httpx.AsyncClient) -> None:
    groups = (await client.get("/alerts/groups?inhibited=false")).json()
    assert [(group["labels"], group["receiver"]["name"], len(group["alerts"])) for group in groups] == [
        ({"alertname": "Down"}, "pager", 1),
        ({"alertname": "Other"}, "team-chat", 1),
        ({"alertname": "Watchdog"}, "team-chat", 1),
    ]


async def test_a_silence_is_made_and_expired(client: httpx.AsyncClient, clock: FakeClock) -> None:
    made = (await client.post("/silences", json=body())).json()["silenceID"]
    assert "Other" not in await names(client, "?silenced=false")
    await clock.advance(60)
    assert (await client.delete(f"/silence/{made}")).status_code == 200
    assert "Other" in await names(client, "?silenced=false")
    expired = (await client.get(f"/silence/{made}")).json()
    assert (expired["status"], expired["endsAt"]) == ({"state": "expired"}, "2027-01-15T08:01:00.000Z")


async def test_a_silence_ends_by_itself(client: httpx.AsyncClient, clock: FakeClock) -> None:
    await client.post("/silences", json=body())
    await clock.advance(3600)
    assert "Other" in await names(client, "?silenced=false")


async def test_a_later_start_is_pending(client: httpx.AsyncClient) -> None:
    made = (await client.post("/silences", json=body(startsAt="2027-01-15T08:30:00Z"))).json()["silenceID"]
    assert (await client.get(f"/silence/{made}")).json()["status"] == {"state": "pending"}
    assert "Other" in await names(client, "?silenced=false")


async def test_a_longer_end_keeps_the_id_and_other_matchers_make_a_new_silence(client: httpx.AsyncClient) -> None:
    first = (await client.post("/silences", json=body())).json()["silenceID"]
    longer = body(id=first, endsAt="2027-01-15T10:00:00Z")
    assert (await client.post("/silences", json=longer)).json()["silenceID"] == first
    other = body(id=first, matchers=[{"name": "service", "value": "shop", "isRegex": False}])
    second = (await client.post("/silences", json=other)).json()["silenceID"]
    assert second != first
    assert (await client.get(f"/silence/{first}")).json()["status"] == {"state": "expired"}


@pytest.mark.parametrize(
    ("changes", "status", "answer"),
    [
        ({"matchers": []}, 422, {"code": 612, "message": "matchers in body should have at least 1 items"}),
        (
            {"matchers": [{"name": "a", "value": "", "isRegex": False}]},
            400,
            "silence invalid: at least one matcher must not match the empty string",
        ),
        (
            {"matchers": [{"name": "a", "value": ".*", "isRegex": True}]},
            400,
            "silence invalid: at least one matcher must not match the empty string",
        ),
        ({"endsAt": START}, 400, "Failed to create silence: start time must be before end time"),
        (
            {"startsAt": "2027-01-15T06:00:00Z", "endsAt": "2027-01-15T07:00:00Z"},
            400,
            "Failed to create silence: end time can't be in the past",
        ),
        ({"id": "11111111-1111-1111-1111-111111111111"}, 404, "silence not found"),
    ],
)
async def test_a_wrong_silence_is_refused_in_the_servers_own_words(
    client: httpx.AsyncClient, changes: dict[str, Any], status: int, answer: Any
) -> None:
    refused = await client.post("/silences", json=body(**changes))
    assert (refused.status_code, refused.json()) == (status, answer)


async def test_a_missing_field_is_named(client: httpx.AsyncClient) -> None:
    refused = await client.post("/silences", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, 602)
    assert refused.json()["message"].endswith("in body is required")


@pytest.mark.parametrize(
    ("ask", "status", "answer"),
    [
        (lambda client: client.get("/alerts?filter=bad{"), 400, '"bad matcher format: bad{"'),
        (lambda client: client.get("/silence/11111111-1111-1111-1111-111111111111"), 404, ""),
        (lambda client: client.delete("/silence/11111111-1111-1111-1111-111111111111"), 500, '"silence not found"'),
        (
            lambda client: client.get("/silence/x"),
            422,
            '{"code":601,"message":"silenceID in path must be of type uuid: \\"x\\""}',
        ),
        (lambda client: client.get("/none"), 404, '{"code":404,"message":"path /api/v2/none was not found"}'),
    ],
)
async def test_a_wrong_request_is_answered_as_the_real_server_does(
    client: httpx.AsyncClient, ask: Callable[[httpx.AsyncClient], Any], status: int, answer: str
) -> None:
    refused = await ask(client)
    assert (refused.status_code, refused.text) == (status, answer)


async def test_status_and_receivers_are_told(client: httpx.AsyncClient) -> None:
    status = (await client.get("/status")).json()
    assert status["versionInfo"]["version"] == "0.25.0"
    assert "inhibit_rules" in status["config"]["original"]
    assert (await client.get("/receivers")).json() == [{"name": "pager"}, {"name": "team-chat"}]
