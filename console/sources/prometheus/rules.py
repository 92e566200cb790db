"""Alerts as the rules of Prometheus see them."""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_mapping, safe_text
from opsconsole.sources.alert_labels import fingerprint_of, runbook_of, severity_of
from opsconsole.sources.moments import parse_moment

_STATES = {"firing": AlertState.FIRING, "pending": AlertState.PENDING}


class RuleAlert(msgspec.Struct, frozen=True):
    """One entry of `/api/v1/alerts`, or of `alerts` in a rule."""

    labels: dict[str, str]
    state: str
    active_at: str = msgspec.field(name="activeAt", default="")
    value: Any = None
    annotations: dict[str, str] = {}


class Rule(msgspec.Struct, frozen=True):
    """One rule of `/api/v1/rules`."""

    name: str = ""
    health: str = ""
    query: str = ""
    last_error: str = msgspec.field(name="lastError", default="")
    alerts: tuple[RuleAlert, ...] | None = None


class RuleGroup(msgspec.Struct, frozen=True):
    """Rules that are evaluated together."""

    name: str = ""
    rules: tuple[Rule, ...] | None = None


class RuleGroups(msgspec.Struct, frozen=True):
    """`data` of `/api/v1/rules`."""

    groups: tuple[RuleGroup, ...] | None = None


class RuleAlerts(msgspec.Struct, frozen=True):
    """`data` of `/api/v1/alerts`."""

    alerts: tuple[RuleAlert, ...] | None = None


def alerts_of_rules(groups: RuleGroups) -> tuple[tuple[Alert, ...], tuple[SafeText, ...]]:
    """All alerts, and a note for each rule that can't be evaluated: its alerts are missing without a word else."""
    rules = [rule for group in groups.groups or () for rule in group.rules or ()]
    notes = tuple(
        safe_text(f"rule {rule.name} fails: {rule.last_error or 'no reason given'}", 300)
        for rule in rules
        if rule.health == "err"
    )
    found = (alert(one, rule.query) for rule in rules for one in rule.alerts or () if one.state in _STATES)
    return tuple(found), notes


def alert(raised: RuleAlert, query: str = "") -> Alert:
    """The domain's alert; `started_at` is when the rule's expression became true, 0 when that is no time.

    `query` is the rule's expression.
    """
    return Alert(
        fingerprint=fingerprint_of(raised.labels),
        name=safe_text(raised.labels.get("alertname", ""), 256),
        state=_STATES[raised.state],
        severity=severity_of(raised.labels),
        started_at=parse_moment(raised.active_at) or 0.0,
        labels=safe_mapping(raised.labels),
        annotations=safe_mapping(raised.annotations),
        value=_number(raised.value),
        runbook_url=runbook_of(raised.annotations),
        query=safe_text(query),
    )


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
