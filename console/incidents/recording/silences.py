"""Silences over the alerts of an incident: set, and over."""

from __future__ import annotations

from opsconsole.domain.alert import Alert
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import ChangeKind, ChangeSeen, Fact
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.incidents.recording.alerts import ALERTMANAGER
from opsconsole.incidents.recording.reach import Reach
from opsconsole.incidents.recording.sight import tells_what_is_gone, tells_what_is_there

Muted = dict[SafeText, frozenset[SafeText]]
"""Fingerprints that each silence mutes, by the silence's id."""


def muted(incident: Incident, alerts: Snapshot[tuple[Alert, ...]]) -> Muted | None:
    """The silences over alerts of the incident and its services; None while nobody tells all of them."""
    if not tells_what_is_gone(alerts) or alerts.value is None:
        return None
    found: dict[SafeText, set[SafeText]] = {}
    for alert in _own(incident, alerts.value):
        for silence in alert.silenced_by:
            found.setdefault(silence, set()).add(alert.fingerprint)
    return {silence: frozenset(fingerprints) for silence, fingerprints in found.items()}


def silence_facts(incident: Incident, before: Muted | None, alerts: Snapshot[tuple[Alert, ...]]) -> tuple[Fact, ...]:
    """Silences that are seen, and those of `before` that mute no more what still fires. None: the first look.

    Alertmanager tells with an alert only that it is muted, so the time is that of the answer that showed it first.
    """
    if not tells_what_is_there(alerts) or alerts.value is None or alerts.as_of is None:
        return ()
    facts, at = [], alerts.as_of
    named: dict[SafeText, list[SafeText]] = {}
    own = _own(incident, alerts.value)
    for alert in own:
        for silence in alert.silenced_by:
            named.setdefault(silence, []).append(alert.name)
    seen = "in force" if before is None else "set"
    for silence, names in named.items():
        facts.append(_silence(silence, SafeText(f"{seen}: {_list(names)} muted"), at, "set"))
    for silence, fingerprints in (before or {}).items() if tells_what_is_gone(alerts) else ():
        heard = [alert.name for alert in own if alert.fingerprint in fingerprints]
        if silence not in named and heard:
            facts.append(_silence(silence, SafeText(f"over: {_list(heard)} heard again"), at, "over"))
    return tuple(facts)


def _own(incident: Incident, alerts: tuple[Alert, ...]) -> list[Alert]:
    reach = Reach(incident)
    return [one for one in alerts if reach.linked(one) is not None or reach.holds(one.namespace, one.service)]


def _silence(silence: SafeText, words: SafeText, at: float, which: str) -> Fact:
    what = ChangeSeen(ChangeKind.SILENCE, SafeText(f"silence {silence}"), words)
    return Fact(what, at, ALERTMANAGER, f"silence/{silence}/{which}")


def _list(names: list[SafeText]) -> str:
    """`A`, `A and B`, `A, B and 3 more`, with what was done to them in the right number."""
    several = list(dict.fromkeys(names))
    first = ", ".join(several[:2]) if len(several) > 2 else " and ".join(several)
    return (
        f"{first} and {len(several) - 2} more are"
        if len(several) > 2
        else f"{first} {'is' if len(several) == 1 else 'are'}"
    )
