"""What a record says of how an incident ends: the cause that a walk found, and what was done that took effect."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from opsconsole.domain.incident import IncidentField
from opsconsole.domain.incident_event import IncidentEvent, OperationTold
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepResult, Verdict
from opsconsole.incidents.folding import in_order, walks

NOTHING = SafeText("")


class Conclusion(msgspec.Struct, frozen=True):
    """What may be offered as cause and as healing; empty where the record says nothing. People decide."""

    cause: SafeText = NOTHING
    healing: SafeText = NOTHING

    def of(self, field: IncidentField) -> SafeText:
        """What is offered for `field`, empty for any other than these two."""
        return {IncidentField.CAUSE: self.cause, IncidentField.HEALING: self.healing}.get(field, NOTHING)


def conclusion(events: Sequence[IncidentEvent]) -> Conclusion:
    """What `events` of one incident conclude, by the last walk that found a cause and the last verified operation."""
    results = [result for walk in walks(events) for result in walk.results]
    found = [result for result in results if result.verdict is Verdict.CAUSE]
    return Conclusion(max(found, key=_time).shown if found else NOTHING, _healing(events))


def _time(result: StepResult) -> float:
    return result.at


def _healing(events: Sequence[IncidentEvent]) -> SafeText:
    """An operation in the words of its plan, which say what was done; those of its outcome say how it went."""
    plans: dict[str, SafeText] = {}
    healing = NOTHING
    for event in in_order(events):
        if isinstance(told := event.what, OperationTold):
            plans.setdefault(told.operation, told.words)
            if told.state is OperationState.VERIFIED:
                healing = plans[told.operation]
    return healing
