"""How the levels of log lines look: a word, and a colour that repeats it."""

from __future__ import annotations

from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText

LEVEL_STYLES: dict[LogLevel, str] = {
    LogLevel.UNKNOWN: "$muted",
    LogLevel.DEBUG: "$level-debug",
    LogLevel.INFO: "$level-info",
    LogLevel.WARN: "$level-warn",
    LogLevel.ERROR: "$level-error bold",
    LogLevel.FATAL: "$level-error bold reverse",
}

LEVEL_CELLS = 5
"""Cells of the longest word."""


def level_word(level: LogLevel) -> SafeText:
    """The level in at most five capital letters; `-` when the line told none."""
    return SafeText("-" if level is LogLevel.UNKNOWN else level.value.upper())


def is_loud(level: LogLevel) -> bool:
    """Whether the message itself is coloured: errors and worse."""
    return level.rank >= LogLevel.ERROR.rank
