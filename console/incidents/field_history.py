"""The values that one field of an incident had, and which of them nobody has replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsconsole.domain.incident import Conflict, FieldVersion, IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import FieldSet, IncidentEvent, Opened
from opsconsole.domain.text import SafeText

ALLOWED: Mapping[IncidentField, frozenset[str]] = {
    IncidentField.SEVERITY: frozenset(one.value for one in IncidentSeverity),
    IncidentField.STATE: frozenset(one.value for one in IncidentState),
}
"""The values of fields that don't take any text. Something else, of another console, has no effect."""


def event_order(event: IncidentEvent) -> tuple[float, float, str]:
    """Sort key of a record: when it happened, when it was recorded, id."""
    return (event.at, event.recorded_at, event.id)


class FieldHistory:
    """What happened to `field`. A value counts after those it replaces, whatever the clocks of its authors said."""

    def __init__(self, field: IncidentField, ordered: Sequence[IncidentEvent], first: IncidentEvent | None) -> None:
        """`ordered` are the incident's events by `event_order`; `first` is the one that opened it, if there is any."""
        self._field = field
        self._values: dict[str, tuple[IncidentEvent, SafeText]] = {}
        for event in ordered:
            value = _value(field, event, first)
            if value is not None:
                self._values[event.id] = (event, value)
        self._heads: list[str] = []
        self.values_in_time: list[tuple[SafeText, float]] = []
        """The values that were in force and since when (unix seconds), oldest first."""
        for event in self._after_what_they_replace():
            self._heads = [head for head in self._heads if head not in event.replaces] + [event.id]
            self._note(event.at)

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the values that nobody has replaced, oldest first."""
        return tuple(self._heads)

    @property
    def value(self) -> SafeText:
        """The one in force: the oldest that nobody has replaced; empty when it was never set."""
        return self._values[self._heads[0]][1] if self._heads else SafeText("")

    @property
    def conflict(self) -> Conflict | None:
        """The unreplaced values where they differ."""
        versions = tuple(
            FieldVersion(event.id, value, event.author.operator, event.at)
            for event, value in (self._values[head] for head in self._heads)
        )
        return Conflict(self._field, versions) if len({one.value for one in versions}) > 1 else None

    def _note(self, at: float) -> None:
        if not self.values_in_time:
            self.values_in_time.append((self.value, at))
        elif self.values_in_time[-1][0] != self.value:
            # A clock that is behind doesn't let an effect come before its cause.
            self.values_in_time.append((self.value, max(at, self.values_in_time[-1][1])))

    def _after_what_they_replace(self) -> list[IncidentEvent]:
        """The events that set the field, each after those it replaces; a ring of replacements is entered once."""
        done: dict[str, IncidentEvent] = {}
        entered: set[str] = set()
        for name in self._values:
            stack = [name]
            while stack:
                event = self._values[stack[-1]][0]
                ahead = [one for one in event.replaces if one in self._values and one not in entered]
                if stack[-1] in entered or not ahead:
                    done.setdefault(event.id, event)
                    stack.pop()
                else:
                    stack.extend(sorted(ahead, key=lambda one: event_order(self._values[one][0]), reverse=True))
                entered.add(event.id)
        return list(done.values())


def _value(field: IncidentField, event: IncidentEvent, first: IncidentEvent | None) -> SafeText | None:
    """What `event` sets `field` to, None when it does not."""
    match event.what:
        case FieldSet(changed, value) if changed is field and value in ALLOWED.get(field, (value,)):
            # A title is what an incident is called by: nobody can take it away.
            return value if value or field is not IncidentField.TITLE else None
        case Opened() as opened if event is first:
            start = {
                IncidentField.TITLE: opened.title,
                IncidentField.SEVERITY: SafeText(opened.severity.value),
                IncidentField.STATE: SafeText(IncidentState.TRIAGE.value),
            }
            return start.get(field)
    return None
