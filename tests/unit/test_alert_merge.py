"""One alert is shown once, whoever knows of it."""

from __future__ import annotations

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_mapping
from opsconsole.sources.alert_labels import fingerprint_of, runbook_of, severity_of, web_link
from opsconsole.sources.alert_merge import merged


def an_alert(name: str, state: AlertState = AlertState.FIRING, at: float = 100.0, value: float | None = None, **labels: str) -> Alert:  # fmt: skip  # noqa: E501
    every = {"alertname": name, **labels}
    return Alert(
        fingerprint_of(every), SafeText(name), state, Severity.WARNING, at, safe_mapping(every), {}, value=value
    )


def test_external_labels_do_not_double_an_alert_and_value_and_start_come_from_the_rule() -> None:
    routed = an_alert("Slow", AlertState.SILENCED, at=130, pod="a", dc="eu")
    raised = an_alert("Slow", at=100, value=8.1, pod="a")
    (one,) = merged((routed,), (raised,))
    assert (one.state, one.started_at, one.value) == (AlertState.SILENCED, 100, 8.1)
    assert one.labels["dc"] == "eu"
    assert one.fingerprint == routed.fingerprint


def test_pending_alerts_come_from_the_rules_and_stay_apart_from_firing_ones() -> None:
    pending = an_alert("Slow", AlertState.PENDING, pod="a")
    stale = an_alert("Slow", pod="a")
    assert [alert.state for alert in merged((stale,), (pending,))] == [AlertState.FIRING, AlertState.PENDING]


def test_an_alert_on_its_way_to_alertmanager_is_shown_already() -> None:
    assert [alert.name for alert in merged((), (an_alert("Fresh"),))] == ["Fresh"]


def test_the_closest_labels_decide_between_alerts_of_one_rule() -> None:
    broad, narrow = an_alert("Up", value=1), an_alert("Up", value=2, pod="a")
    found = merged((an_alert("Up", dc="eu"), an_alert("Up", pod="a", dc="eu")), (broad, narrow))
    assert sorted((alert.labels.get("pod", ""), alert.value) for alert in found) == [("", 1), ("a", 2)]


def test_two_replicas_of_prometheus_give_two_routed_alerts_with_one_rule_behind_them() -> None:
    routed = tuple(an_alert("Up", pod="a", replica=replica) for replica in "12")
    assert [alert.value for alert in merged(routed, (an_alert("Up", value=3, pod="a"),))] == [3, 3]


def test_the_result_is_sorted_by_need() -> None:
    found = merged(
        (an_alert("Quiet", AlertState.INHIBITED), an_alert("Old", at=1)),
        (an_alert("Soon", AlertState.PENDING), an_alert("New", at=9)),
    )
    assert [alert.name for alert in found] == ["New", "Old", "Soon", "Quiet"]


def test_links_are_kept_only_when_a_browser_may_have_them() -> None:
    assert web_link("https://wiki/x?a=b") == "https://wiki/x?a=b"
    for bad in (
        "javascript:alert(1)",
        "file:///x",
        "//host/x",
        "https://",
        "http://u:p@h/",
        "http://h/\x1b",
        "http://[",
        None,
    ):
        assert web_link(bad) is None
    assert runbook_of({"runbook_url": "ftp://x", "runbook": "http://y/z"}) == "http://y/z"


def test_severities_are_read_from_the_usual_labels() -> None:
    assert severity_of({"severity": " PAGE "}) is Severity.CRITICAL
    assert severity_of({"severity": "odd", "priority": "P3"}) is Severity.WARNING
    assert severity_of({}) is Severity.UNKNOWN
