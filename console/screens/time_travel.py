"""Moves of the time range and its cursor: pure functions from one scope to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from opsconsole.domain.scope import Scope
from opsconsole.domain.time_range import TimeWindow, parse_duration

_CURSOR_STEPS = 60
"""Key presses of the cursor across the whole range."""


def panned(scope: Scope, fraction: float, now: float) -> Scope:
    """The window moved by `fraction` of its length; arriving at now makes it live."""
    return msgspec.structs.replace(scope, window=scope.window.panned(fraction, now))


def zoomed(scope: Scope, factor: float, now: float) -> Scope:
    """The window `factor` times as long, the cursor staying where it is."""
    return msgspec.structs.replace(scope, window=scope.window.zoomed(factor, now, scope.cursor))


def cursor_moved(scope: Scope, steps: int, now: float) -> Scope:
    """The cursor moved by `steps` sixtieths of the range; it first appears at the right edge."""
    span = scope.window.resolve(now)
    start = span.end if scope.cursor is None else scope.cursor
    return msgspec.structs.replace(
        scope, cursor=min(span.end, max(span.start, start + steps * span.span / _CURSOR_STEPS))
    )


def frozen_or_live(scope: Scope, now: float) -> Scope:
    """A live window stops at `now`; a stopped one goes on."""
    window = scope.window.frozen_at(now) if scope.window.live else TimeWindow(scope.window.duration)
    return msgspec.structs.replace(scope, window=window)


def live(scope: Scope) -> Scope:
    """The window follows the clock again, without a cursor."""
    return msgspec.structs.replace(scope, window=TimeWindow(scope.window.duration), cursor=None)


def with_range(scope: Scope, text: str) -> Scope:
    """The last `text` (a duration such as `90m`), live. Raises `ValueError` when it is none."""
    return msgspec.structs.replace(scope, window=TimeWindow(parse_duration(text)))


def without_cursor(scope: Scope) -> Scope:
    """The same range without a cursor."""
    return msgspec.structs.replace(scope, cursor=None)


TRAVELS: Mapping[str, Callable[[Scope, float], Scope]] = {
    "pan_back": lambda scope, now: panned(scope, -0.5, now),
    "pan_forward": lambda scope, now: panned(scope, 0.5, now),
    "zoom_in": lambda scope, now: zoomed(scope, 0.5, now),
    "zoom_out": lambda scope, now: zoomed(scope, 2.0, now),
    "cursor_back": lambda scope, now: cursor_moved(scope, -1, now),
    "cursor_forward": lambda scope, now: cursor_moved(scope, 1, now),
    "clear_cursor": lambda scope, _now: without_cursor(scope),
    "freeze": frozen_or_live,
    "go_live": lambda scope, _now: live(scope),
}
"""What each action of the registry that moves in time does with a scope at a wall-clock time."""
