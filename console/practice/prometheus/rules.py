"""Alerting rules as values, and the text templates of their annotations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from opsconsole.practice.promql.formatting import format_value
from opsconsole.practice.promql.parsing import duration_text


@dataclass(frozen=True)
class AlertRule:
    """Raises an alert for each series of `expression`; it fires once it has been there for `hold` seconds."""

    name: str
    expression: str
    hold: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleGroup:
    """Rules evaluated together every `interval` seconds; `file` is what the API names as their source."""

    name: str
    rules: tuple[AlertRule, ...]
    interval: float = 15.0
    file: str = "/etc/prometheus/rules/shop.yml"


def _humanize(value: float) -> str:
    """Four digits and an SI prefix."""
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.4g}{prefix}"
    return f"{value:.4g}"


_FILTERS: Mapping[str, Callable[[float], str]] = {
    "humanize": _humanize,
    "humanizePercentage": lambda value: f"{value * 100:.4g}%",
    "humanizeDuration": lambda value: duration_text(round(value, 3)),
}
_TEMPLATE = re.compile(r"\{\{\s*\$(?:labels\.(?P<label>\w+)|value)\s*(?:\|\s*(?P<filter>\w+)\s*)?\}\}")


def expanded(template: str, labels: Mapping[str, str], value: float) -> str:
    """`template` with `{{ $labels.name }}` and `{{ $value }}` filled in, `| humanize…` applied to the value."""

    def one(match: re.Match[str]) -> str:
        if match["label"]:
            return labels.get(match["label"], "")
        form = _FILTERS.get(match["filter"] or "", format_value)
        return form(value)

    return _TEMPLATE.sub(one, template)
