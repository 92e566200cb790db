"""Former drills in plain columns."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.cli.columns import in_columns
from opsconsole.cli.operation_report import moment
from opsconsole.drills.judging import DrillResult
from opsconsole.widgets.incidents.elapsed import elapsed_text

_SAID = {True: "yes", False: "no", None: "–"}


def former_table(drills: Sequence[DrillResult]) -> str:
    """One line each: when, what, how long after the alert the cause was named and it was calm, and the record."""
    head = ("began", "scenario", "seed", "ending", "cause named", "named it", "cured", "alerts cleared", "incident")
    rows = [
        (
            moment(one.ended.alerted_at, date=True),
            one.ended.scenario,
            str(one.ended.seed),
            one.ended.ending.value,
            _time(one.times.cause),
            _SAID[one.named],
            _SAID[one.cured],
            _time(one.times.calm),
            one.incident.id,
        )
        for one in drills
    ]
    return in_columns([head, *rows])


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else elapsed_text(seconds)
