"""Where each row leads, and how the range and cursor move."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.pod import Change, ChangeKind, Pod
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.domain.trace import Span, Trace
from opsconsole.screens import time_travel
from opsconsole.screens.following import (
    follow_alert,
    follow_log,
    follow_pod,
    follow_trace,
    most_urgent,
    showing,
    widened,
)
from opsconsole.screens.headline import change_before
from opsconsole.screens.scope_history import ScopeHistory

NOW = 1_800_000_000.0
T = SafeText
SCOPE = Scope(Selection(T("prod"), T("shop")), TimeWindow(3600))


def alert(started: float = NOW - 600, state: AlertState = AlertState.FIRING, **labels: str) -> Alert:
    marked = {T(key): T(value) for key, value in labels.items()}
    return Alert(T("f1"), T("ErrorRateHigh"), state, Severity.CRITICAL, started, marked, {})


def test_an_alert_leads_to_its_service_and_the_moment_it_began() -> None:
    scope = follow_alert(SCOPE, alert(service="checkout", namespace="shop"), NOW)
    assert (scope.selection.service, scope.selection.alert, scope.cursor) == ("checkout", "f1", NOW - 600)
    assert scope.window == SCOPE.window


def test_a_service_is_found_under_any_of_its_label_names() -> None:
    assert follow_alert(SCOPE, alert(job="go-web-app"), NOW).selection.service == "go-web-app"


@given(st.floats(0, 20 * 86_400), st.floats(60, 86_400))
def test_the_moment_followed_is_always_in_view(age: float, duration: float) -> None:
    window = showing(TimeWindow(duration), NOW - age, NOW)
    assert window.resolve(NOW).contains(NOW - age)


def test_an_old_alert_widens_the_live_window_rather_than_leaving_now() -> None:
    window = showing(TimeWindow(3600), NOW - 7200, NOW)
    assert window.live
    assert window.duration > 7200


def test_a_log_line_leads_to_its_trace_service_and_moment() -> None:
    record = LogRecord(T("1"), NOW - 5, LogLevel.ERROR, T("orders"), T("boom"), trace_id=T("abc"))
    scope = follow_log(SCOPE, record, NOW)
    assert (scope.selection.service, scope.selection.trace, scope.cursor) == ("orders", "abc", NOW - 5)


def test_a_log_line_without_a_time_moves_no_cursor() -> None:
    record = LogRecord(T("1"), None, LogLevel.ERROR, T("orders"), T("boom"))
    assert follow_log(msgspec.structs.replace(SCOPE, cursor=7.0), record, NOW).cursor == 7.0


def test_a_trace_keeps_the_selected_service_when_it_took_part() -> None:
    spans = tuple(
        Span(T("t"), T(name), None, T(name), T("op"), NOW - 9, 1.0, error=name == "db") for name in ("gw", "api", "db")
    )
    here = msgspec.structs.replace(SCOPE, selection=Selection(T("prod"), service=T("api")))
    assert follow_trace(here, Trace(T("t"), spans), NOW).selection.service == "api"
    assert follow_trace(SCOPE, Trace(T("t"), spans), NOW).selection.service == "db"


def test_a_pod_narrows_to_itself_and_widening_steps_out_again() -> None:
    pod = Pod(T("u"), T("checkout-1"), T("shop"), T("checkout"), T("Running"), True, NOW, ())
    scope = follow_pod(SCOPE, pod)
    assert (scope.selection.pod, scope.selection.service) == ("checkout-1", "checkout")
    once = widened(scope)
    assert (once.selection.pod, once.selection.service) == (None, "checkout")
    assert widened(once).selection.service is None


def test_the_most_urgent_alert_fires_and_names_a_service() -> None:
    quiet = alert(state=AlertState.SILENCED, service="a")
    nameless = alert()
    loud = alert(service="b")
    assert most_urgent((quiet, nameless, loud)) is loud
    assert most_urgent((quiet, nameless)) is None


def change(at: float, service: str, kind: ChangeKind = ChangeKind.DEPLOY) -> Change:
    return Change(at, kind, T("shop"), T(service), T(f"deploy {service}"))


def test_the_change_before_an_alert_is_its_own_services_last_one() -> None:
    one = alert(started=NOW - 600, service="checkout")
    own, other, late = change(NOW - 900, "checkout"), change(NOW - 700, "users"), change(NOW - 100, "checkout")
    assert change_before(one, (late, other, own)) is own
    assert change_before(one, (late, other)) is other
    assert change_before(one, (change(NOW - 800, "checkout", ChangeKind.RESTART),)) is None


def test_a_job_explains_its_own_service_alone() -> None:
    job = change(NOW - 700, "reports", ChangeKind.JOB)
    assert change_before(alert(started=NOW - 600, service="reports"), (job,)) is job
    assert change_before(alert(started=NOW - 600, service="checkout"), (job,)) is None


def test_the_history_goes_back_through_what_was_followed_only() -> None:
    history = ScopeHistory(SCOPE)
    moved = time_travel.zoomed(SCOPE, 0.5, NOW)
    history.move(moved)
    history.follow(follow_alert(moved, alert(service="a"), NOW))
    place = history.back()
    assert place is not None
    assert place.scope == history.now == moved
    assert history.back() is None


@pytest.mark.parametrize("fraction", [-0.5, -1.0])
def test_panning_back_leaves_live_and_panning_forward_returns_to_it(fraction: float) -> None:
    past = time_travel.panned(SCOPE, fraction, NOW)
    assert not past.window.live
    assert time_travel.panned(past, -fraction, NOW).window.live


def test_zooming_keeps_the_cursor_where_it_is_on_the_screen() -> None:
    past = Scope(SCOPE.selection, TimeWindow(3600, NOW - 7200), NOW - 7200 - 900)
    zoomed = time_travel.zoomed(past, 0.5, NOW)
    old, new = past.window.resolve(NOW), zoomed.window.resolve(NOW)
    share = (past.cursor - old.start) / old.span
    assert (past.cursor - new.start) / new.span == pytest.approx(share)


def test_the_cursor_stays_within_the_range() -> None:
    scope = SCOPE
    for _ in range(100):
        scope = time_travel.cursor_moved(scope, -1, NOW)
    assert scope.cursor == NOW - 3600


def test_freezing_stops_the_range_and_again_lets_it_go_on() -> None:
    frozen = time_travel.frozen_or_live(SCOPE, NOW)
    assert frozen.window.end == NOW
    assert time_travel.frozen_or_live(frozen, NOW + 50).window.live
