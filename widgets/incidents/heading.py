"""The facts above an incident's timeline: only what there is, the most urgent first."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content
from textual.widgets import Static

from opsconsole.domain.incident import Conflict, Incident, IncidentState, Milestone
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.incidents.elapsed import clock_of, elapsed_text
from opsconsole.widgets.incidents.header_tag import SEVERITY_STYLES
from opsconsole.widgets.problem_note import clock_text

_NAME_CELLS = 9


def standing(incident: Incident, now: float, glyphs: Glyphs) -> Content:
    """`P1 started · 04:31`: what stands at the end of the title line."""
    running = incident.ends_at is None
    return Content.assemble(
        ("DRILL ", "$primary bold") if incident.drill else "",
        (incident.severity.value, SEVERITY_STYLES[incident.severity]),
        (f" {incident.state.value}", "bold" if running else "$state-live bold"),
        (f" {glyphs.dot} {clock_of(incident, now)}", "bold" if running else "$muted"),
    )


def heading_lines(
    incident: Incident,
    *,
    zone: tzinfo,
    glyphs: Glyphs,
    like: SafeText = SafeText(""),
    double: SafeText = SafeText(""),
) -> tuple[Content, ...]:
    """The facts, a line each. `like` says which past incident is like it, and what healed that.

    `double` says which open one is about the same alert.
    """
    lines = [] if not double else [_double_line(double, glyphs)]
    lines += [*(conflict_line(one, zone, glyphs) for one in incident.conflicts), _clocks(incident, zone, glyphs)]
    texts = [
        ("services", SafeText(", ".join(incident.services))),
        ("alerts", _alerts(incident, glyphs)),
        ("people", _people(incident, zone, glyphs)),
        ("impact", incident.impact),
        ("cause", incident.cause),
        ("healing", incident.healing),
        ("summary", incident.summary),
        ("later", _later(incident, zone)),
        ("like", like if incident.state in (IncidentState.TRIAGE, IncidentState.STARTED) else SafeText("")),
    ]
    lines += [Content.assemble((f"{name:<{_NAME_CELLS}} ", "$muted"), words) for name, words in texts if words]
    return tuple(lines)


def conflict_line(conflict: Conflict, zone: tzinfo, glyphs: Glyphs) -> Content:
    """Both versions, and the key that decides."""
    versions = " or ".join(
        f"{one.value or 'nothing'} ({one.author.partition('@')[0]} {clock_text(one.at, zone, '%H:%M')})"
        for one in conflict.versions
    )
    return Content.assemble(
        (f"{glyphs.error} two say otherwise, {conflict.field.value}: ", "$level-warn bold"),
        (versions, "$level-warn"),
        ("; x decides", "$muted"),
    )


def _double_line(words: SafeText, glyphs: Glyphs) -> Content:
    return Content.assemble((f"{glyphs.error} {words}", "$level-warn bold"), ("; D closes the younger", "$muted"))


def _clocks(incident: Incident, zone: tzinfo, glyphs: Glyphs) -> Content:
    """`detected 14:03:12 · acknowledged 00:41 · cause named 04:10`: when it began, how long each took from there."""
    begins = incident.begins_at
    word = Milestone.DETECTED.value if Milestone.DETECTED in incident.milestones else "opened"
    parts = [Content.assemble((f"{word} ", "$muted"), (clock_text(begins, zone), "bold"))]
    parts += [
        Content.assemble((f"{milestone.value} ", "$muted"), (elapsed_text(at - begins), "bold"))
        for milestone, at in incident.milestones.items()
        if milestone is not Milestone.DETECTED
    ]
    return Content.assemble((f" {glyphs.dot} ", "$muted")).join(parts)


def _alerts(incident: Incident, glyphs: Glyphs) -> SafeText:
    firing = [one for one in incident.alerts if one.cleared_at is None]
    names = ", ".join(dict.fromkeys(one.name for one in firing))
    cleared = len(incident.alerts) - len(firing)
    return SafeText(f" {glyphs.dot} ".join(text for text in (names, f"{cleared} cleared" if cleared else "") if text))


def _people(incident: Incident, zone: tzinfo, glyphs: Glyphs) -> SafeText:
    held = [
        f"{one.role} {one.person.partition('@')[0]} since {clock_text(one.since, zone, '%H:%M')}"
        for one in incident.roles
        if one.until is None
    ]
    owner = [f"owner {incident.owner}"] if incident.owner else []
    return SafeText(f" {glyphs.dot} ".join([*owner, *held]))


def _later(incident: Incident, zone: tzinfo) -> SafeText:
    """How many follow-ups are open, and the one that is due first."""
    undone = [one for one in incident.follow_ups if one.done_at is None]
    if not incident.follow_ups:
        return SafeText("")
    done = len(incident.follow_ups) - len(undone)
    counted = ", ".join(text for text in (f"{len(undone)} to do", f"{done} done" if done else "") if text)
    dated = [(one.due, one) for one in undone if one.due is not None]
    if not dated:
        return SafeText(counted)
    due, first = min(dated, key=lambda one: one[0])
    by = f", {first.owner}" if first.owner else ""
    return SafeText(f"{counted}; first by {clock_text(due, zone, '%a %d %b')}: {first.words}{by}")


class IncidentHeading(Static):
    """Those lines, as many as there are, wrapped; more than its share of the screen is cut off."""

    DEFAULT_CSS = """
    IncidentHeading { height: auto; max-height: 45%; padding: 0 1; }
    """

    def __init__(self) -> None:
        """Nothing to tell yet."""
        super().__init__(Content(""))
        self._lines: tuple[Content, ...] = ()

    def show(self, lines: tuple[Content, ...]) -> None:
        """Show `lines`; nothing is sent when they read as before."""
        if len(lines) == len(self._lines) and all(map(Content.is_same, lines, self._lines)):
            return
        self._lines = lines
        self.update(Content("\n").join(lines))
