"""A post-mortem without what differs from one run to the next: times, names of chance, figures, what was pinned."""

from __future__ import annotations

import re

_FIGURES = (
    (r"\b(inc-)\d{8}-\w{4}\b", r"\1#"),
    (r"\b(INC-)\w{4}\b", r"\1#"),
    (r"\b(checkout|orders|payments|gateway|users)-[a-z0-9]{7,10}-[a-z0-9]{5}\b", r"\1-#"),
    (r"`[^`\s]+@[^`\s]+`", "`who@where`"),
    (r", written down [\d:]+", ""),
    (r"\d[\d,.:]*(?:[a-zµ]+\d+[a-z]*)*", "#"),
    (r"# ?(?:µs|ms|s|m|h|k)\b(?: #(?:s|m))?", "#"),
)
_EVIDENCE, _END = "## Evidence", "## Alerts"
_LINE = re.compile(r"^- `(\d\d:\d\d:\d\d)` ")


def normalised(markdown: str, alert: str) -> str:
    """`markdown` with `#` for figures and names of chance; of alerts, when `alert` fired first and was gone.

    Of evidence there are the titles: how it is drawn has tests of its own.
    """
    text, _, rest = markdown.partition(_EVIDENCE)
    titles = [line for line in rest.partition(_END)[0].splitlines() if line.startswith("### ")]
    lines = [line for line in text.splitlines() if not _comes_and_goes(line)]
    told = [_masked(line) for line in _in_order(_of_alert(lines, alert))]
    return "\n".join([*told, _EVIDENCE, "", *map(_masked, titles), ""])


def _masked(line: str) -> str:
    for pattern, instead in _FIGURES:
        line = re.sub(pattern, instead, line)
    return line


def _comes_and_goes(line: str) -> bool:
    """Probes that flip and containers that restart depend on the second at which one looks."""
    return "**probe**" in line or "restart of shop/" in line


def _of_alert(lines: list[str], alert: str) -> list[str]:
    """Several alerts fire for each pod and cause, one a little later than the other."""
    fires = [line for line in lines if f"**alert** {alert} fires (critical)" in line][:1]
    gone = [line for line in lines if f"**alert** {alert} fires no more (critical)" in line][-1:]
    return [line for line in lines if "**alert**" not in line or line in (*fires, *gone)]


def _in_order(lines: list[str]) -> list[str]:
    """Lines of the timeline by their second and words: within one second their order is chance."""
    at = [place for place, line in enumerate(lines) if _LINE.match(line)]
    ordered = sorted((lines[place] for place in at), key=lambda line: (line[:12], _masked(line)))
    for place, line in zip(at, ordered, strict=True):
        lines[place] = line
    return lines
