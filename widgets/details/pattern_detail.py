"""A pattern of log lines, whole, and why it has its flag."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.log_pattern import LookedAt, PatternChange, PatternReport, PatternShift
from opsconsole.domain.text import SafeText
from opsconsole.widgets.details.facts import BLANK, facts, heading, moment, paragraph
from opsconsole.widgets.log_levels import LEVEL_STYLES, level_word
from opsconsole.widgets.problem_note import clock_text


def pattern_detail(shift: PatternShift, report: PatternReport, *, now: float, zone: tzinfo) -> tuple[Content, ...]:
    """Lines: level and what became of it, the whole template, counts and rates of both sides, whose, since when."""
    pattern = shift.pattern
    services = ", ".join(pattern.services)
    return (
        Content.assemble(
            (level_word(pattern.level), LEVEL_STYLES[pattern.level]),
            (f"  {change_sentence(shift, report, zone)}", "bold"),
        ),
        BLANK,
        *paragraph(pattern.template),
        BLANK,
        heading("lines"),
        *facts(
            [
                ("after", _rate(shift.after, report.after)),
                ("before", "" if report.before is None else _rate(shift.before, report.before)),
                ("first seen", moment(pattern.first_seen, now, zone)),
                ("last seen", moment(pattern.last_seen, now, zone)),
                ("services", services),
                ("pattern", pattern.id),
            ]
        ),
    )


def change_sentence(shift: PatternShift, report: PatternReport, zone: tzinfo) -> SafeText:
    """What became of the pattern at the report's moment, and how likely chance alone would have done it."""
    if report.before is None or report.moment is None:
        return SafeText("not compared")
    since = clock_text(report.moment, zone)
    chance = f"by chance in {_percent(shift.chance)}"
    match shift.change:
        case PatternChange.NEW:
            return SafeText(f"new since {since}: not among the {report.before.lines:,} lines looked at before")
        case PatternChange.GONE:
            return SafeText(f"gone since {since}: so long a silence comes {chance}")
        case PatternChange.MORE | PatternChange.LESS:
            ratio = 0.0 if shift.ratio is None else shift.ratio
            return SafeText(f"{ratio:.3g} times as often since {since}: so large a change comes {chance}")
        case PatternChange.STEADY:
            return SafeText(f"no change since {since} that chance would not make")


def _rate(count: int, looked_at: LookedAt) -> str:
    """`412 of 1,204 lines, 41 a minute`."""
    text = f"{count:,} of {looked_at.lines:,} lines"
    return f"{text}, {60 * count / looked_at.exposure:,.3g} a minute" if looked_at.exposure > 0 else text


def _percent(chance: float) -> str:
    return f"{100 * chance:.1f} % of cases" if chance >= 0.001 else "less than 0.1 % of cases"
