"""What is said of the parts of a span that are not there."""

from __future__ import annotations

from opsconsole.domain.text import SafeText


def lost_before(what: str, count: int) -> tuple[SafeText, ...]:
    """That `count` of `what` were dropped where the span was made (OTLP's `dropped_…_count`); nothing for none."""
    verb = "was" if count == 1 else "were"
    return (SafeText(f"{_counted(count, what)} {verb} dropped where the span was made"),) if count > 0 else ()


def left_out(what: str, count: int) -> tuple[SafeText, ...]:
    """That the console does not show `count` of `what`; nothing for none."""
    verb = "is" if count == 1 else "are"
    return (SafeText(f"{_counted(count, f'more {what}')} {verb} not shown"),) if count > 0 else ()


def timeless(count: int) -> tuple[SafeText, ...]:
    """That `count` events have no time that can be read; nothing for none."""
    words = "event has no valid time: it stands" if count == 1 else "events have no valid time: they stand"
    return (SafeText(f"{count:,} {words} at the span's start"),) if count > 0 else ()


def _counted(count: int, plural: str) -> str:
    return f"{count:,} {plural.removesuffix('s') if count == 1 else plural}"
