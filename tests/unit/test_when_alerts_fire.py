"""One rule for all clocks: they start when an alert fires, not when it is pending."""

from __future__ import annotations

import pytest

from drill_samples import drill
from incident_samples import T0, event, opened
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.incident import Milestone
from opsconsole.domain.incident_event import AlertFired, IncidentEvent
from opsconsole.domain.series import Severity
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.incidents.folding import fold
from opsconsole.incidents.recording.alerts import alert_facts, fired
from opsconsole.incidents.recording.told import Told
from opsconsole.screens.incidents.opening import JOINS_LATER, alert_lines, first_facts
from opsconsole.sources.alert_merge import merged
from opsconsole.widgets.glyphs import UNICODE

SERVICE = {SafeText("service"): SafeText("checkout")}


def alert(state: AlertState = AlertState.FIRING, at: float = 0.0, fired_at: float | None = None) -> Alert:
    return Alert(
        SafeText("f1"), SafeText("Slow"), state, Severity.WARNING, T0 + at, SERVICE, {},
        fired_at=None if fired_at is None else T0 + fired_at,
    )  # fmt: skip


@pytest.mark.parametrize(("fired_at", "since"), [(None, 0.0), (60.0, 60.0), (-600.0, 0.0)])
def test_alertmanager_tells_when_it_fired_and_never_before_it_was_true(fired_at: float | None, since: float) -> None:
    assert alert(fired_at=fired_at).fires_since == T0 + since


def test_the_clock_of_an_incident_and_of_a_drill_start_in_the_same_moment() -> None:
    (one,) = merged((alert(at=60.0, fired_at=60.0),), (alert(at=0.0),))
    assert one.started_at == T0
    fact = fired(one)
    incident = fold([event(opened(), 100), event(fact.what, (fact.at or 0) - T0)])
    assert incident.milestones[Milestone.DETECTED] == T0 + 60
    practised = drill()
    practised.see((alert(AlertState.PENDING),), T0 + 50)
    assert practised.alerted_at is None
    practised.see((one,), T0 + 70)
    assert practised.alerted_at == incident.begins_at


def test_an_incident_about_a_pending_alert_gets_it_once_it_fires() -> None:
    pending = alert(AlertState.PENDING)
    assert first_facts([pending], []) == []
    assert [one.what.name for one in first_facts([alert()], []) if isinstance(one.what, AlertFired)] == ["Slow"]
    assert alert_lines([pending], UNICODE) == [f"Slow (warning{JOINS_LATER})"]
    events: list[IncidentEvent] = [event(opened(services=("checkout",)), 10)]
    incident = fold(events)
    assert incident.begins_at == incident.opened_at
    for state, expected in ((AlertState.PENDING, 0), (AlertState.FIRING, 1)):
        snapshot = Snapshot(FeedState.LIVE, (alert(state, 0.0, 60.0),), T0 + 70)
        facts = alert_facts(incident, Told(events), snapshot)
        assert len(facts) == expected
    assert facts[0].at == T0 + 60
