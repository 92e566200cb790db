"""What somebody is told of an incident: a few lines that fit a phone's first screen. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from opsconsole.domain.incident import Incident
from opsconsole.domain.secret_shapes import without_secrets
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

_LONGEST_TITLE = 120
_LONGEST_LINE = 160
_SERVICES = 5
"""Services named; more are counted."""


def notification_text(incident: Incident, *, teller: SafeText, now: float) -> tuple[SafeText, ...]:
    """The lines, headline first: name, severity, state, title, since when, where, cause if it is named, who.

    `teller` sends it at `now` (unix seconds). Nothing of logs or evidence is in it, and what looks like a secret is
    hidden: it leaves the console. Times are UTC, for it is read elsewhere.
    """
    headline = f"{incident.severity.value} {incident.name} {incident.state.value}: {incident.title}"
    lines = [_line(f"{'DRILL ' if incident.drill else ''}{headline}", _LONGEST_TITLE), _line(_since(incident, now))]
    place = " / ".join(one for one in (incident.cluster, incident.namespace) if one)
    lines.append(_line(f"cluster {place}"))
    if incident.services:
        shown, more = incident.services[:_SERVICES], len(incident.services) - _SERVICES
        counted = f" and {more} more" if more > 0 else ""
        lines.append(_line(f"services: {', '.join(shown)}{counted}"))
    known = ((name, getattr(incident, name)) for name in ("impact", "cause", "healing"))
    lines += (_line(f"{name}: {words}") for name, words in known if words)
    return (*lines, _line(_who(incident, teller)))


def _since(incident: Incident, now: float) -> str:
    ended = incident.ends_at
    began = incident.begins_at
    lasted = _duration((now if ended is None else ended) - began)
    if ended is None:
        return f"since {_moment(began)}, for {lasted}"
    return f"from {_moment(began)} to {_moment(ended)}, {lasted}"


def _who(incident: Incident, teller: SafeText) -> str:
    held = [f"{span.role} {span.person}" for span in incident.roles if span.until is None]
    owner = [f"owner {incident.owner}"] if incident.owner else []
    return ", ".join((*owner, *held, f"told by {teller}"))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _duration(seconds: float) -> str:
    """Whole minutes, hours above an hour and a half, days above two."""
    minutes = max(0, math.floor(seconds / 60))
    if minutes < 90:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02} min" if hours < 48 else f"{hours // 24} days"


def _line(words: str, limit: int = _LONGEST_LINE) -> SafeText:
    """`words` without secrets, cut with an ellipsis."""
    text = safe_text(without_secrets(words))
    return text if len(text) <= limit else SafeText(f"{text[: limit - 1]}…")
