"""Alertmanager's answers as the console's alerts."""

from __future__ import annotations

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.series import Severity
from opsconsole.sources.alertmanager import AlertmanagerSource
from opsconsole.sources.wire import ALERTMANAGER_READS, Wire


def source(answer: httpx.Response) -> AlertmanagerSource:
    transport = httpx.MockTransport(lambda _: answer)
    wire = Wire("alertmanager", SourceSettings("http://am"), SystemClock(), ALERTMANAGER_READS, transport=transport)
    return AlertmanagerSource(wire)


def received(name: str, state: str = "active", silenced: object = (), inhibited: object = (), **more: object) -> dict[str, object]:  # fmt: skip  # noqa: E501
    return {
        "labels": {"alertname": name, "severity": "critical"},
        "annotations": {"summary": f"{name} is up"},
        "fingerprint": "f" * 16,
        "startsAt": "2026-01-01T00:00:00.000Z",
        "receivers": [{"name": "on-call"}],
        "status": {"state": state, "silencedBy": silenced, "inhibitedBy": inhibited},
        "generatorURL": "http://prom/graph?g0.expr=up",
        **more,
    }


async def alerts(*entries: object) -> dict[str, Alert]:
    reading = await source(httpx.Response(200, json=list(entries))).alerts()
    return {alert.name: alert for alert in reading.value}


async def test_states_say_why_an_alert_is_quiet() -> None:
    found = await alerts(
        received("Loud"),
        received("New", "unprocessed"),
        received("Muted", "suppressed", ["s1"]),
        received("Hidden", "suppressed", None, ["f2"]),
        received("Both", "suppressed", ["s1"], ["f2"]),
    )
    states = {name: alert.state for name, alert in found.items()}
    assert states == {
        "Loud": AlertState.FIRING,
        "New": AlertState.FIRING,
        "Muted": AlertState.SILENCED,
        "Hidden": AlertState.INHIBITED,
        "Both": AlertState.SILENCED,
    }
    assert found["Muted"].silenced_by == ("s1",)
    assert found["Hidden"].inhibited_by == ("f2",)
    assert found["Loud"].receivers == ("on-call",)
    assert found["Loud"].severity is Severity.CRITICAL
    assert found["Loud"].started_at == 1_767_225_600.0
    assert found["Loud"].generator_url == "http://prom/graph?g0.expr=up"


async def test_the_worst_and_newest_comes_first() -> None:
    entries = [
        received("Muted", "suppressed", ["s"]),
        received("Old"),
        received("New", startsAt="2026-01-02T00:00:00Z"),
        received("Minor", labels={"alertname": "Minor", "severity": "info"}, startsAt="2026-01-03T00:00:00Z"),
    ]
    assert list(await alerts(*entries)) == ["New", "Old", "Minor", "Muted"]


async def test_hostile_words_and_links_are_made_harmless() -> None:
    hostile = "\x1b]0;x\x07[@click=app.quit]"
    found = await alerts(
        received(
            "x",
            labels={"alertname": hostile, hostile: hostile},
            annotations={"summary": hostile, "runbook_url": "file:///etc/passwd"},
            generatorURL="javascript:alert(1)",
            startsAt="yesterday",
        )
    )
    (alert,) = found.values()
    assert not {"\x1b", "\x07"} & set(alert.name + alert.summary + "".join(alert.labels))
    assert (alert.runbook_url, alert.generator_url, alert.started_at) == (None, None, 0.0)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(400, json="bad matcher format: foo("), ErrorKind.BAD_QUERY, "bad matcher format"),
        (httpx.Response(500, json="store closed"), ErrorKind.SERVER, "store closed"),
        (httpx.Response(200, html="<title>Alertmanager</title>"), ErrorKind.MALFORMED, "Alertmanager"),
        (httpx.Response(200, json={"status": "success"}), ErrorKind.MALFORMED, ""),
        (httpx.Response(404, text="404 page not found"), ErrorKind.NOT_FOUND, "404 page not found"),
        (httpx.Response(401), ErrorKind.UNAUTHORIZED, ""),
    ],
)
async def test_failures_carry_alertmanagers_bare_words(answer: httpx.Response, kind: ErrorKind, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        await source(answer).alerts()
    assert caught.value.kind is kind
    assert words in caught.value.detail


async def test_health_tells_the_version_and_recognises_other_servers() -> None:
    good = httpx.Response(200, json={"versionInfo": {"version": "0.25.0"}, "cluster": {"status": "disabled"}})
    health = await source(good).health()
    assert (health.version, health.identity) == ("0.25.0", "on its own")
    three = httpx.Response(200, json={"versionInfo": {}, "cluster": {"status": "ready", "peers": [{}, {}, {}]}})
    assert (await source(three).health()).identity == "one of 3, ready"
    with pytest.raises(SourceError) as caught:
        await source(httpx.Response(200, json={"status": "success"})).health()
    assert caught.value.kind is ErrorKind.MALFORMED
