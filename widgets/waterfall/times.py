"""Durations of spans, which lie close together and are compared."""

from __future__ import annotations

from opsconsole.domain.text import SafeText
from opsconsole.widgets.names import span_text


def precise(seconds: float, micro: SafeText) -> SafeText:
    """Three digits of a duration: `850 µs`, `2.41 ms`, `17.6 ms`, `812 ms`, `1.94 s`, `2m05s`; `micro` is µ's sign."""
    milliseconds = seconds * 1e3
    if not 0.9995 <= milliseconds < 99.95:
        return span_text(seconds, micro)
    return SafeText(f"{milliseconds:.2f} ms" if milliseconds < 9.995 else f"{milliseconds:.1f} ms")
