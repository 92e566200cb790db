"""Former drills in plain columns, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from opsconsole.cli.columns import in_columns
from opsconsole.cli.operation_report import moment
from opsconsole.drills.history import BrokenOff
from opsconsole.drills.judging import DrillResult
from opsconsole.widgets.incidents.elapsed import elapsed_text

SCHEMA = "opsconsole.drill/1"
BROKEN_OFF = "broken off"
"""How a drill ended whose console was killed, where others have the words of `DrillEnding`."""

_SAID = {True: "yes", False: "no", None: "–"}


def former_table(drills: Iterable[DrillResult], broken_off: Iterable[BrokenOff] = ()) -> str:
    """One line each: when, what, how long after the alert the cause was named and it was calm, and the record."""
    head = ("began", "scenario", "seed", "ending", "cause named", "named it", "cured", "alerts cleared", "incident")
    rows = [(one.ended.alerted_at, _row(one)) for one in drills]
    rows += [(one.began_at, _broken_row(one)) for one in broken_off]
    return in_columns([head, *(row for _, row in _newest_first(rows))])


def former_bodies(drills: Iterable[DrillResult], broken_off: Iterable[BrokenOff] = ()) -> list[dict[str, Any]]:
    """The same as values for JSON, times in unix seconds or in seconds after the first alert; null: not known."""
    bodies = [(one.ended.alerted_at, _body(one)) for one in drills]
    bodies += [(one.began_at, _broken_body(one)) for one in broken_off]
    return [{"schema": SCHEMA, "drill": body} for _, body in _newest_first(bodies)]


def _newest_first(rows: Sequence[tuple[float, Any]]) -> list[tuple[float, Any]]:
    return sorted(rows, key=lambda row: -row[0])


def _row(one: DrillResult) -> tuple[str, ...]:
    return (
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


def _broken_row(one: BrokenOff) -> tuple[str, ...]:
    seed = "–" if one.what.seed is None else str(one.what.seed)
    began = moment(one.began_at, date=True)
    return (began, one.what.scenario or "–", seed, BROKEN_OFF, "–", "–", "–", "–", one.incident.id)


def _body(one: DrillResult) -> dict[str, Any]:
    return {
        "incident": one.incident.id,
        "began_at": one.ended.alerted_at,
        "scenario": one.ended.scenario,
        "seed": one.ended.seed,
        "ending": one.ended.ending.value,
        "counts": True,
        "cause_named": one.times.cause,
        "named_it": one.named,
        "cured": one.cured,
        "alerts_cleared": one.times.calm,
    }


def _broken_body(one: BrokenOff) -> dict[str, Any]:
    unknown = dict.fromkeys(("cause_named", "named_it", "cured", "alerts_cleared"))
    played = {"scenario": one.what.scenario or None, "seed": one.what.seed}
    return {
        "incident": one.incident.id,
        "began_at": one.began_at,
        **played,
        "ending": BROKEN_OFF,
        "counts": False,
        **unknown,
    }


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else elapsed_text(seconds)
