"""Levels at which processes log, and levels that were set for a while."""

from __future__ import annotations

import msgspec

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.text import SafeText

LEVELS = ("debug", "info", "warn", "error", "dpanic", "panic", "fatal")
"""Levels by the names of zap (`zapcore.Level`), the one that writes most first."""

OFFERED = ("debug", "info", "warn")
"""Those that the console sets."""

DEFAULT_LEVEL = "debug"
DEFAULT_SECONDS = 600.0

LONGEST_SECONDS = 4 * 3600.0
"""The longest time for which a level may be set."""


class PodLevel(msgspec.Struct, frozen=True):
    """The level at which the process in one pod logs, or logged. `uid` tells the pod from a later one of its name."""

    name: SafeText
    uid: SafeText
    level: SafeText


class ToldLevel(msgspec.Struct, frozen=True):
    """What one pod's process tells of its level; an empty level where `words` say why it does not."""

    pod: PodLevel
    words: SafeText = SafeText("")


class RaisedLevel(msgspec.Struct, frozen=True):
    """A level that was set and not yet put back. `until` is unix seconds; `pods` have the level they had before."""

    operation: str
    """The id under which setting it was recorded."""
    target: ObjectRef
    level: SafeText
    until: float
    pods: tuple[PodLevel, ...]
