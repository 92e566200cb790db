"""What the panes show for each kind of check."""

from __future__ import annotations

import pytest

from opsconsole.actions import PaneName
from opsconsole.domain.log_query import LogQuery
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.runbook import (
    ChangeCheck,
    CheckStep,
    Comparison,
    Condition,
    LogCheck,
    MetricCheck,
    PodCheck,
    PodFinding,
    Question,
)
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.screens.runbooks.speaking import Subject, subject_of

SOME = Condition(Comparison.ABOVE, 0)
ERRORS = LogQuery(words=SafeText("pool wait"), level=LogLevel.ERROR)
SCOPE = Scope(
    Selection(SafeText("prod"), SafeText("shop"), SafeText("gateway"), pod=SafeText("gateway-1")),
    TimeWindow(3600),
    logs=LogQuery(words=SafeText("typed before")),
)


def subject(question: Question, scope: Scope = SCOPE, **inputs: str) -> Subject:
    return subject_of(CheckStep(question), {name: SafeText(value) for name, value in inputs.items()}, scope)


@pytest.mark.parametrize(
    ("question", "pane"),
    [
        (MetricCheck("up", SOME), PaneName.METRICS),
        (LogCheck(ERRORS, SOME), PaneName.LOGS),
        (PodCheck(PodFinding.OOM_KILLED, SOME), PaneName.PODS),
        (ChangeCheck(SOME), PaneName.METRICS),
    ],
)
def test_each_check_is_shown_in_the_pane_of_what_it_asks(question: Question, pane: PaneName) -> None:
    found = subject(question, service="checkout")
    assert found.pane is pane
    assert (found.scope.selection.service, found.scope.selection.pod) == ("checkout", None)


def test_lines_are_searched_as_the_check_searches_them_and_other_checks_drop_what_was_typed() -> None:
    assert subject(LogCheck(ERRORS, SOME)).scope.logs == ERRORS
    assert subject(MetricCheck("up", SOME)).scope.logs == LogQuery()


def test_the_chart_is_the_one_that_asks_about_the_same() -> None:
    assert subject(MetricCheck("rate(http_requests_total[5m])", SOME)).spot.query == "rate(http_requests_total[5m])"


def test_the_service_of_the_check_comes_before_the_inputs_and_they_before_the_selection() -> None:
    assert subject(PodCheck(PodFinding.PENDING, SOME, "orders"), service="checkout").scope.selection.service == "orders"
    assert subject(PodCheck(PodFinding.PENDING, SOME)).scope.selection.service == "gateway"


def test_a_live_range_is_widened_to_what_the_check_looks_at_and_a_still_one_is_left_alone() -> None:
    check = LogCheck(ERRORS, SOME, within=7200)
    assert subject(check).scope.window == TimeWindow(9000)
    still = TimeWindow(3600, 1_000_000.0)
    assert subject(check, Scope(SCOPE.selection, still)).scope.window == still
