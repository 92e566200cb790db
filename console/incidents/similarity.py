"""How like two incidents are, and why: alerts of one name, the same services, words of cause and title in common."""

from __future__ import annotations

import re
from collections.abc import Iterable

from opsconsole.domain.incident import Incident, IncidentState
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import SimilarIncident

ALERTS, SERVICES, WORDS = 0.5, 0.3, 0.2
"""What each is worth: the alerts name the symptom, the services the place, the words are people's own."""

LEAST = 0.1
"""Less than this in common is chance."""

_PAST = (IncidentState.RESOLVED, IncidentState.CLOSED)
_WORD = re.compile(r"[^\W_]+")
_CHINESE = re.compile("[\u3400-\u9fff]{2,}")
_STOP = frozenset(
    {"and", "are", "but", "for", "from", "had", "has", "its", "not", "the", "then", "this", "was", "were", "with"}
)
_SHOWN = 3


def like(incident: Incident, others: Iterable[Incident], limit: int) -> tuple[SimilarIncident, ...]:
    """Past incidents among `others` that have something in common with `incident`: the likest, then the newest."""
    past = (one for one in others if one.id != incident.id and one.state in _PAST and not one.drill)
    judged = (compared(incident, one) for one in past)
    found = sorted((one for one in judged if one.score >= LEAST), key=lambda one: (-one.score, -one.incident.opened_at))
    return tuple(found[:limit])


def compared(incident: Incident, past: Incident) -> SimilarIncident:
    """`past` with its score: of each kind the share in common (Jaccard's index), weighted."""
    score, reasons = 0.0, []
    for weight, title, ours, theirs in (
        (ALERTS, "same alert", _alerts(incident), _alerts(past)),
        (SERVICES, "same service", set(incident.services), set(past.services)),
        (WORDS, "words in common", _words(incident), _words(past)),
    ):
        common = ours & theirs
        if common:
            score += weight * len(common) / len(ours | theirs)
            shown = sorted(common)
            more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
            reasons.append(SafeText(f"{title}: {', '.join(shown[:_SHOWN])}{more}"))
    return SimilarIncident(past, round(score, 3), tuple(reasons))


def _alerts(incident: Incident) -> set[SafeText]:
    return {alert.name for alert in incident.alerts}


def _words(incident: Incident) -> set[SafeText]:
    text = f"{incident.title} {incident.summary} {incident.cause}".lower()
    words = {word for word in _WORD.findall(text) if len(word) > 2 and word not in _STOP and not _CHINESE.search(word)}
    # Chinese has no spaces: neighbouring characters are its words, well enough.
    pairs = {run[place : place + 2] for run in _CHINESE.findall(text) for place in range(len(run) - 1)}
    return {SafeText(word) for word in words | pairs}
