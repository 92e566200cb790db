"""Names of lines in a legend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from opsconsole.domain.text import SafeText

_FIELD = re.compile(r"\{\{\s*([a-zA-Z_]\w*)\s*\}\}")

Labels = Mapping[SafeText, SafeText]


def legends(template: str, everyone: Sequence[Labels]) -> tuple[SafeText, ...]:
    """One name per series of `everyone`, in order.

    `template` holds fields such as `{{pod}}` (Grafana's legend format). Where it is or stays empty,
    the values of the labels that differ between the series; a single series needs no name.
    """
    names = sorted({name for labels in everyone for name in labels} - {SafeText("__name__")})
    differing = [name for name in names if len({labels.get(name, "") for labels in everyone}) > 1]
    return tuple(_filled(template, labels) or _telling(labels, differing) for labels in everyone)


def _telling(labels: Labels, differing: Sequence[SafeText]) -> SafeText:
    text = " ".join(labels[name] for name in differing if labels.get(name))
    return SafeText(text or labels.get(SafeText("__name__"), ""))


def _filled(template: str, labels: Labels) -> SafeText:
    return SafeText(_FIELD.sub(lambda field: labels.get(SafeText(field.group(1)), ""), template).strip())
