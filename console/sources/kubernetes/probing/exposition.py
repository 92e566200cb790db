"""The kubelet's `/metrics/probes`, of which one counter is read.

The text format is Prometheus' (Exposition formats, "Text-based format"): one sample a line, a name, labels in
braces with backslash, quote and line feed escaped, and a value. No library we depend on reads it, and one metric
with six known labels needs no more than this; a line of it that reads otherwise is an error, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

METRIC = "prober_probe_total"

_SAMPLE = re.compile(rf"{METRIC}\{{(?P<labels>.*)\}}\s+(?P<value>[0-9.eE+]+)(?:\s+-?\d+)?\s*")
_LABEL = re.compile(r'\s*([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"\s*(?:,|$)')
_ESCAPED = re.compile(r"\\(.)")


def probe_samples(text: str) -> Iterator[tuple[dict[str, str], float]]:
    """Labels and value of every sample of `prober_probe_total`. Raises `ValueError` for one that is malformed."""
    for line in text.splitlines():
        if not line.startswith(METRIC) or line[len(METRIC) : len(METRIC) + 1] not in ("{", " "):
            continue
        match = _SAMPLE.fullmatch(line)
        if match is None:
            raise ValueError(line[:100])
        yield dict(_labels(match.group("labels"))), float(match.group("value"))


def _labels(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _LABEL.match(text, position)
        if match is None:
            raise ValueError(text[:100])
        yield match.group(1), _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], match.group(2))
        position = match.end()
