"""What an incident is opened with: title, severity by a rule, services, the alerts that belong to it."""

from __future__ import annotations

import msgspec
import pytest

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.screens.incidents.drafting import drafted, severity_of
from opsconsole.screens.incidents.opening import parse_severity
from widget_samples import ALERTS, alert

EVERYTHING = Selection(SafeText("prod"))
CHECKOUT = Selection(SafeText("prod"), service=SafeText("checkout"))


def test_the_alert_under_the_cursor_gives_title_and_service_and_brings_those_of_its_service() -> None:
    draft = drafted(ALERTS[0], ALERTS, EVERYTHING, production=True)
    assert draft.title == "ErrorRateHigh on checkout"
    assert draft.services == ("checkout",)
    assert [one.name for one in draft.alerts] == ["ErrorRateHigh", "GoroutinesHigh", "GoroutinesHigh"]


def test_without_one_the_worst_of_the_selected_service_is_meant() -> None:
    assert drafted(None, ALERTS, CHECKOUT, production=True).about is ALERTS[0]


@pytest.mark.parametrize(
    ("summary", "title"),
    [
        ("checkout fails 8 % of its requests", "checkout fails 8 % of its requests (ErrorRateHigh)"),
        ("8 % of the requests fail", "checkout: 8 % of the requests fail (ErrorRateHigh)"),
        ("ErrorRateHigh on checkout", "ErrorRateHigh on checkout"),
        ("", "checkout: ErrorRateHigh"),
    ],
)
def test_the_title_names_service_and_alert_once(summary: str, title: str) -> None:
    annotations = {SafeText("summary"): SafeText(summary)} if summary else {}
    one = msgspec.structs.replace(ALERTS[0], annotations=annotations)
    assert drafted(one, (one,), EVERYTHING, production=True).title == title


def test_a_service_where_nothing_fires_gives_its_name_alone() -> None:
    draft = drafted(None, (), CHECKOUT, production=True)
    assert draft.title == "checkout: "
    assert draft.alerts == ()
    assert draft.severity is IncidentSeverity.P3


def test_an_alert_that_does_not_fire_is_linked_when_it_is_the_one_meant() -> None:
    pending = next(one for one in ALERTS if one.state is AlertState.PENDING)
    assert drafted(pending, ALERTS, EVERYTHING, production=True).alerts == (pending,)


@pytest.mark.parametrize(
    ("alerts", "production", "severity"),
    [
        ((alert("A", severity=Severity.CRITICAL),), True, IncidentSeverity.P1),
        ((alert("A", severity=Severity.CRITICAL),), False, IncidentSeverity.P2),
        ((alert("A", severity=Severity.WARNING), alert("B", severity=Severity.INFO)), True, IncidentSeverity.P3),
        ((alert("A", severity=Severity.INFO),), True, IncidentSeverity.P4),
        ((), True, IncidentSeverity.P3),
    ],
)
def test_the_worst_alert_says_how_severe_it_is(
    alerts: tuple[Alert, ...], production: bool, severity: IncidentSeverity
) -> None:
    assert severity_of(alerts, production=production)[0] is severity


@pytest.mark.parametrize("typed", ["P2", "p2", " 2 "])
def test_a_severity_is_read_as_people_write_it(typed: str) -> None:
    assert parse_severity(typed) is IncidentSeverity.P2


@pytest.mark.parametrize("typed", ["", "5", "P0", "critical"])
def test_what_is_no_severity_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="write P1, P2, P3 or P4"):
        parse_severity(typed)
