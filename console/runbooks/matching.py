"""Which runbook may be the one for an alert and a service, best first, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence

from opsconsole.domain.alert import Alert
from opsconsole.domain.runbook import Runbook, RunbookOffer
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText

EXACT_ALERT = 100
OTHER_ALERT = 80
"""It is for another alert that fires there, too: what is exhausted shows as latency and errors first."""
ALERT_PATTERN = 60
SERVICE = 25
WORD = 2
MOST_WORDS = 5

_WORD = re.compile(r"[a-z]{4,}")
_COMMON = frozenset(
    (
        "after",
        "been",
        "before",
        "from",
        "have",
        "more",
        "other",
        "than",
        "that",
        "their",
        "this",
        "what",
        "when",
        "with",
    )
)


def offers(
    runbooks: Iterable[Runbook], alert: Alert | None, selection: Selection, others: Sequence[Alert] = ()
) -> tuple[RunbookOffer, ...]:
    """All of `runbooks`, those that fit first; a score of 0 says that nothing speaks for it.

    `others` are alerts that fire on the same service.
    """
    found = [_offer(runbook, alert, selection, others) for runbook in runbooks]
    return tuple(sorted(found, key=lambda one: -one.score))


def _offer(runbook: Runbook, alert: Alert | None, selection: Selection, others: Sequence[Alert]) -> RunbookOffer:
    matches = runbook.matches
    service = (alert.service if alert is not None else None) or selection.service
    score, reasons = 0, []
    if alert is not None:
        patterns = [one for one in matches.alerts if fnmatch.fnmatchcase(alert.name, one)]
        if alert.name in matches.alerts:
            score, reasons = EXACT_ALERT, [f"it is for the alert {alert.name}"]
        elif patterns:
            score, reasons = ALERT_PATTERN, [f"it is for alerts {patterns[0]}"]
    if score < OTHER_ALERT and (named := next((one.name for one in others if one.name in matches.alerts), None)):
        # One that fits the alert itself a little comes before one that does not.
        score = OTHER_ALERT + (ALERT_PATTERN // 10 if score else 0)
        reasons.append(f"it is for the alert {named}, which fires there, too")
    if service and matches.services:
        fits = any(fnmatch.fnmatchcase(service, one) for one in matches.services)
        if fits:
            score += SERVICE
            reasons.append(f"it is for the service {service}")
        elif score:
            score = 1
            reasons.append(f"but for {', '.join(matches.services)}, not for {service}")
    if alert is not None and (common := _common(runbook, alert)):
        score += WORD * min(MOST_WORDS, len(common))
        reasons.append(f"it speaks of {', '.join(common[:3])}, as the alert does")
    words = "; ".join(reasons) or "nothing speaks for it"
    return RunbookOffer(runbook, score, SafeText(words))


def _common(runbook: Runbook, alert: Alert) -> list[str]:
    """Words that the runbook's title and summary have in common with the alert's name and annotations."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", alert.name)
    said = _words(f"{name} {' '.join(alert.annotations.values())}")
    own = _words(f"{runbook.title} {runbook.summary}")
    return sorted(said & own)


def _words(text: str) -> set[str]:
    return {word.removesuffix("s") for word in _WORD.findall(text.lower())} - _COMMON
