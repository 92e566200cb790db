"""Incidents in plain columns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from opsconsole.cli.columns import in_columns
from opsconsole.cli.operation_report import moment
from opsconsole.domain.event_words import said_by, told
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent


def table(incidents: Sequence[Incident], now: Callable[[], float] = time.time) -> str:
    """One line each, with how long it lasted, or lasts by now."""
    head = ("id", "severity", "state", "opened", "lasted", "cluster", "services", "title")
    rows = [
        (
            one.id, one.severity.value, one.state.value, moment(one.opened_at, date=True), lasted(one, now()),
            one.cluster, ", ".join(one.services) or "–", one.title,
        )
        for one in incidents
    ]  # fmt: skip
    return in_columns([head, *rows])


def report(incident: Incident, events: Sequence[IncidentEvent], now: Callable[[], float] = time.time) -> str:
    """What is known of one, then its timeline."""
    lines = [(moment(event.at, date=True), said_by(event), told(event.what)) for event in events]
    return f"{in_columns([*_facts(incident, now())])}\n\n{in_columns([('time', 'who', 'what'), *lines])}"


def lasted(incident: Incident, now: float) -> str:
    """From the detection to the resolution, such as `9 m` or `3 h 20 m`; an open one lasts until `now`."""
    end = incident.ends_at
    seconds = int(max(0.0, (now if end is None else end) - incident.begins_at))
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    if hours < 48:
        return f"{hours} h {minutes} m" if hours else f"{minutes} m"
    return f"{hours // 24} d {hours % 24} h"


def _facts(incident: Incident, now: float) -> Iterator[tuple[str, str]]:
    drill = " (a drill)" if incident.drill else ""
    yield incident.name, f"{incident.title}{drill}"
    yield "id", incident.id
    yield "severity", incident.severity.value
    yield "state", incident.state.value
    yield "lasted", lasted(incident, now)
    yield "cluster", f"{incident.cluster}{f', namespace {incident.namespace}' if incident.namespace else ''}"
    for title, value in (
        ("services", ", ".join(incident.services)),
        ("summary", incident.summary),
        ("impact", incident.impact),
        ("cause", incident.cause),
        ("healing", incident.healing),
        ("owner", incident.owner),
    ):
        if value:
            yield title, value
    for milestone, at in incident.milestones.items():
        yield milestone.value, moment(at, date=True)
    for alert in incident.alerts:
        ended = "fires" if alert.cleared_at is None else f"cleared {moment(alert.cleared_at, date=True)}"
        yield "alert", f"{alert.name} since {moment(alert.started_at, date=True)}, {ended}"
    for role in incident.roles:
        until = "" if role.until is None else f" until {moment(role.until, date=True)}"
        yield role.role, f"{role.person} since {moment(role.since, date=True)}{until}"
    for one in incident.follow_ups:
        due = "" if one.due is None else f", due {moment(one.due, date=True)}"
        yield "to do" if one.done_at is None else "done", f"{one.words}{f' ({one.owner}{due})' if one.owner else due}"
    for conflict in incident.conflicts:
        versions = ", ".join(f"{version.value} ({version.author})" for version in conflict.versions)
        yield "CONFLICT", f"{conflict.field.value}: {versions}; set it anew"
