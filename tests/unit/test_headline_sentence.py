"""The sentence of the headline: what, where, since when, and what changed before."""

from __future__ import annotations

from datetime import UTC

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.screens.headline import first_sign, sentence

T = SafeText
NOW = 1_800_000_000.0
"""08:00:00 UTC."""


def alert(name: str, started: float, service: str = "orders", severity: Severity = Severity.CRITICAL) -> Alert:
    labels = {T("service"): T(service)}
    return Alert(T(name + service), T(name), AlertState.FIRING, severity, started, labels, {})


def deploy(time: float, title: str, service: str = "orders") -> Change:
    return Change(time, ChangeKind.DEPLOY, T("shop"), T(service), T(title))


LATE = alert("PoolWaiting", NOW - 240)
EARLY = alert("LatencyHigh", NOW - 660, severity=Severity.WARNING)
ELSEWHERE = alert("ErrorRateHigh", NOW - 9000, service="users")
ALERTS = (LATE, EARLY, ELSEWHERE)


def test_the_trouble_of_a_service_began_with_its_first_alert() -> None:
    assert first_sign(LATE, ALERTS) == NOW - 660
    assert first_sign(ELSEWHERE, ALERTS) == NOW - 9000


def test_a_change_is_measured_against_the_first_alert_not_the_gravest() -> None:
    changes = (deploy(NOW - 720, "deploy orders DB_CLOSE_TIMEOUT changed, revision 4"),)
    said = sentence(LATE, ALERTS, changes, NOW, UTC, searched=True)
    assert [phrase.text for phrase in said] == [
        "PoolWaiting on orders since 07:56 (4m), first alert 07:49",
        "1m before that: deploy orders DB_CLOSE_TIMEOUT changed, revision 4",
        "2 more firing",
    ]
    assert [phrase.short for phrase in said[:2]] == [
        "PoolWaiting orders 4m (first 11m)",
        "1m before: deploy DB_CLOSE_TIMEOUT changed",
    ]


def test_a_service_whose_pods_fire_one_after_the_other_is_in_trouble_since_the_first() -> None:
    pods = (alert("PoolWaiting", NOW - 660), alert("PoolWaiting", NOW - 180))
    assert sentence(pods[1], pods, (), NOW, UTC, searched=False)[0].text == "PoolWaiting on orders since 07:49 (11m)"


def test_the_short_form_keeps_the_name_of_another_service_that_changed() -> None:
    said = sentence(LATE, (LATE,), (deploy(NOW - 300, "deploy users 5.2.0", "users"),), NOW, UTC, searched=True)
    assert said[1].short == "1m before: deploy users 5.2.0"


def test_that_nothing_changed_is_said_only_when_all_changes_are_known() -> None:
    assert sentence(LATE, (LATE,), (), NOW, UTC, searched=True)[1].text == (
        "nothing of orders changed in the hour before"
    )
    assert len(sentence(LATE, (LATE,), (), NOW, UTC, searched=False)) == 1
