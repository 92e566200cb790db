"""The incident that is worked on, in the header."""

from __future__ import annotations

import msgspec
from textual.content import Content

from opsconsole.domain.incident import Incident, IncidentSeverity, Milestone
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.incidents.elapsed import clock_of, elapsed_text
from opsconsole.widgets.one_line import OneLine

SEVERITY_STYLES: dict[IncidentSeverity, str] = {
    IncidentSeverity.P1: "$severity-critical bold",
    IncidentSeverity.P2: "$severity-critical",
    IncidentSeverity.P3: "$severity-warning",
    IncidentSeverity.P4: "$text",
}

_TOLD = (Milestone.RESOLVED, Milestone.MITIGATED, Milestone.CAUSE_NAMED, Milestone.FIRST_HYPOTHESIS)
"""Milestones worth a place in the header, the latest first."""


class IncidentStanding(msgspec.Struct, frozen=True):
    """What the header tells of the record: the incident, and in a word what is wrong with keeping or sharing it."""

    incident: Incident | None = None
    trouble: SafeText = SafeText("")
    shared: SafeText = SafeText("")
    """How the team's store stands, in a word or two; empty where records are not shared."""
    drill: SafeText = SafeText("")
    """That this is a drill, and its clock; told until there is an incident, which says so itself."""


class IncidentTag(OneLine):
    """`INC-7kq4 P1`, and before it what has to be known of the record."""

    DEFAULT_CSS = """
    IncidentTag { width: auto; display: none; }
    """

    def __init__(self, *, glyphs: Glyphs) -> None:
        """No incident yet."""
        super().__init__()
        self._glyphs = glyphs
        self._standing = IncidentStanding()
        self._wide = False

    def show(self, standing: IncidentStanding, *, wide: bool) -> None:
        """Show `standing`; a `wide` header has room for the milestone reached last."""
        self._standing, self._wide = standing, wide
        self.display = standing.incident is not None or bool(standing.trouble or standing.drill)
        self.changed()

    def longest(self) -> Content:
        """All of it."""
        standing, glyphs = self._standing, self._glyphs
        parts = (
            [Content.assemble((f"{glyphs.down} {standing.trouble}", "$level-error bold"))] if standing.trouble else []
        )
        incident = standing.incident
        if incident is None:
            parts += [Content.assemble((standing.drill, "$primary bold"))] if standing.drill else []
            return Content(" ").join(parts)
        if standing.shared:
            parts.append(Content.assemble((standing.shared, "$muted")))
        if self._wide:
            parts += self._milestone(incident)
        if incident.conflicts:
            parts.append(Content.assemble((f"{glyphs.error} conflict", "$level-warn bold")))
        if incident.drill:
            parts.append(Content.assemble(("DRILL", "$primary bold")))
        severity = Content.assemble((incident.severity.value, SEVERITY_STYLES[incident.severity]))
        return Content(" ").join([*parts, Content.assemble((incident.name, "bold")), severity])

    def _milestone(self, incident: Incident) -> list[Content]:
        reached = next((one for one in _TOLD if one in incident.milestones), None)
        if reached is None:
            return []
        after = elapsed_text(incident.milestones[reached] - incident.begins_at)
        return [Content.assemble((f"{reached.value} {after} ", "$muted"))]

    def line(self, width: int) -> Content:
        """As much as fits."""
        return self.longest().truncate(width)


class IncidentClock(OneLine):
    """How long it has lasted, in a widget of its own: a tick then costs its own cells alone."""

    DEFAULT_CSS = """
    IncidentClock { width: auto; display: none; }
    """

    def __init__(self) -> None:
        """No incident yet."""
        super().__init__()
        self._incident: Incident | None = None
        self._now = 0.0

    def show(self, incident: Incident | None, now: float) -> None:
        """Show how long `incident` has lasted at `now` (unix seconds)."""
        self._incident, self._now = incident, now
        self.display = incident is not None
        self.changed()

    def longest(self) -> Content:
        """`04:31`, bold while it runs."""
        incident = self._incident
        if incident is None:
            return Content("")
        return Content.assemble((clock_of(incident, self._now), "bold" if incident.ends_at is None else "$muted"))

    def line(self, width: int) -> Content:
        """All of it."""
        return self.longest().truncate(width)
