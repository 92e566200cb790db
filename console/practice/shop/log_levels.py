"""The level at which a process of the shop logs: its own, and gone with it."""

from __future__ import annotations

from opsconsole.practice.shop.workload import Pod

LEVELS = ("debug", "info", "warn", "error", "dpanic", "panic", "fatal")
"""zap's, the one that writes most first."""

FIRST = "info"
"""At which every process starts."""


def level_at(pod: Pod, moment: float) -> str:
    """The level of the process in `pod` at `moment` (unix seconds)."""
    run = next((one for one in reversed(pod.runs) if one.started_at <= moment), None)
    return next((level for at, level in reversed(run.levels) if at <= moment), FIRST) if run is not None else FIRST


def set_level(pod: Pod, moment: float, level: str) -> None:
    """From `moment` on the running process logs at `level`."""
    if pod.run is not None:
        pod.run.levels.append((moment, level))


def is_written(level: str, at: str) -> bool:
    """Whether a process at level `at` writes a line of `level`.

    At `info` all that the shop ever says is written: some of its libraries have a level of their own.
    """
    return at in LEVELS[:2] or LEVELS.index(level) >= LEVELS.index(at)
