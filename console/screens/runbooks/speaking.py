"""What the live panes show while a check is at hand: pure functions of the scope and of what it asks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from opsconsole.actions import PaneName
from opsconsole.domain.log_query import LogQuery
from opsconsole.domain.runbook import ChangeCheck, CheckStep, LogCheck, MetricCheck, PodCheck, Question
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.screens.jumps.jump import NOWHERE, Spot

_LEAD = 1.25
"""How much longer than what a check looks at the range is at least, so that the change in it shows."""
SERVICE = "service"
"""By custom the input that names the service in trouble."""


class Subject(msgspec.Struct, frozen=True):
    """Where to look at what a check speaks of: the scope, the pane that shows it, and the spot in it."""

    scope: Scope
    pane: PaneName
    spot: Spot = NOWHERE


def subject_of(step: CheckStep, inputs: Mapping[str, SafeText], scope: Scope) -> Subject:
    """What `step`, inputs put in, speaks of, seen from `scope`: its service and range, and for lines its search."""
    question = step.question
    selection = msgspec.structs.replace(
        scope.selection, service=_service(question, inputs, scope), pod=None, trace=None
    )
    asked = msgspec.structs.replace(scope, selection=selection, logs=LogQuery(), traces=TraceQuery())
    match question:
        case MetricCheck():
            return Subject(_reaching(asked, question.ago), PaneName.METRICS, Spot(query=SafeText(question.query)))
        case LogCheck():
            with_search = msgspec.structs.replace(asked, logs=question.query)
            return Subject(_reaching(with_search, question.within), PaneName.LOGS)
        case PodCheck():
            return Subject(asked, PaneName.PODS)
        case ChangeCheck():
            # Changes stand on the time axes of the charts.
            return Subject(_reaching(asked, question.within), PaneName.METRICS)


def _service(question: Question, inputs: Mapping[str, SafeText], scope: Scope) -> SafeText | None:
    named = "" if isinstance(question, MetricCheck) else question.service
    return SafeText(named) if named else inputs.get(SERVICE) or scope.selection.service


def _reaching(scope: Scope, seconds: float) -> Scope:
    """A live range is widened where the check looks further back; one that stands still is left alone."""
    window = scope.window
    if not window.live or window.duration >= seconds * _LEAD:
        return scope
    return msgspec.structs.replace(scope, window=TimeWindow(seconds * _LEAD))
