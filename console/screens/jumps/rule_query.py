"""What an alert's rule asks Prometheus, and which panel asks about the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from opsconsole.domain.alert import Alert
from opsconsole.domain.series import Panel
from opsconsole.domain.text import SafeText

_NAME = re.compile(r"(?<![\w:$])[a-zA-Z_:][\w:]*_[\w:]*(?!\w|\s*\()")
"""A metric's name, which has an underscore by custom; a function's is followed by a bracket."""
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_BRACED = re.compile(r"\{[^{}]*\}")
_GROUPED = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_WHOLE = re.compile(r"_(total|count|sum|bucket)$")


def rule_query(alert: Alert) -> SafeText:
    """The PromQL of the alert's rule; Prometheus also writes it into `generatorURL` as `g0.expr`. Else empty."""
    if alert.query or alert.generator_url is None:
        return alert.query
    try:
        found = parse_qs(urlsplit(alert.generator_url).query).get("g0.expr", [""])
    except ValueError:
        return SafeText("")
    # What was one safe text decodes to characters that may not be.
    return SafeText("".join(letter for letter in found[0] if letter.isprintable()))


def metric_names(query: str) -> frozenset[str]:
    """The metrics that `query` asks about."""
    return frozenset(_NAME.findall(_GROUPED.sub(" ", _BRACED.sub(" ", _QUOTED.sub(" ", query)))))


def _families(names: frozenset[str]) -> frozenset[str]:
    """The names without the endings in which one family's series differ."""
    return frozenset(_WHOLE.sub("", name) for name in names)


def panel_of(query: str, panels: Iterable[Panel]) -> Panel | None:
    """The panel that asks about the same families of metrics as `query`; None where none does.

    Of several the one with the same metrics, then with the same label values: of requests and errors, which count
    the same requests, only the errors ask for `status=~"5.."`; then the one with the fewest others.
    """
    wanted, values = metric_names(query), set(_QUOTED.findall(query))
    families = _families(wanted)
    best: tuple[int, int, int, float] = (0, 0, 0, 0.0)
    chosen = None
    for panel in panels:
        named = metric_names(panel.query)
        shared = len(families & _families(named))
        alike = len(values & set(_QUOTED.findall(panel.query)))
        rank = (shared, len(wanted & named), alike, shared / len(named) if named else 0.0)
        if shared and rank > best:
            best, chosen = rank, panel
    return chosen
