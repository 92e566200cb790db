"""What a change was: a line in the list, and a page with what a rollout brought."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.operation import FieldChange, Revision
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading, moment
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.operations.plan_page import change_lines
from opsconsole.widgets.problem_note import clock_text

_SIGNS = {ChangeKind.RESTART: "R", ChangeKind.DEPLOY: "D", ChangeKind.SCALE: "S", ChangeKind.JOB: "J"}
"""As on the charts."""


def change_line(change: Change, about: float, zone: tzinfo) -> Content:
    """`14:02:11  6m before  D  deploy checkout 1.9.0, revision 9`: `about` is the moment in question."""
    gap = about - change.time
    same_day = clock_text(change.time, zone, "%Y-%m-%d") == clock_text(about, zone, "%Y-%m-%d")
    at = clock_text(change.time, zone, "%H:%M:%S" if same_day else "%d %b %H:%M")
    when = f"{format_duration(abs(gap))} {'before' if gap >= 0 else 'after'}"
    return Content.assemble(
        (f"{at:<12}  {when:<13}  ", "$muted"),
        (f"{_SIGNS[change.kind]}  ", "bold"),
        (change.title, "bold" if change.kind is not ChangeKind.RESTART else ""),
    )


def change_page(change: Change, now: float, zone: tzinfo) -> tuple[Content, ...]:
    """Lines: what, when, of whom and why, as far as the cluster tells."""
    return (
        heading(change.title),
        *facts(
            [
                ("at", moment(change.time, now, zone)),
                ("service", change.service),
                ("workload", change.workload.words if change.workload is not None else ""),
                ("cause", change.cause),
            ]
        ),
    )


def rollout_page(
    made: Revision | None, replaced: Revision | None, changes: tuple[FieldChange, ...], glyphs: Glyphs
) -> tuple[Content, ...]:
    """Lines: whether it is still in force, how its pods do, and every field it changed."""
    if made is None:
        return (
            BLANK,
            _muted("this revision is no longer kept (revisionHistoryLimit): nobody can tell what it changed"),
        )
    ill = made.pods and made.ready < made.pods
    pods = f"{made.ready} of {made.pods} pods ready" if made.pods else "no pods run it now"
    standing = "in force now" if made.current else "no longer in force"
    style = "$probe-failing" if ill else ""
    lines = [
        Content.assemble(
            fact("standing", f"revision {made.number}, {standing}, "),
            (f"{glyphs.failing if ill else ''}{' ' if ill else ''}{pods}", style),
        )
    ]
    if replaced is None:
        return (*lines, BLANK, _muted("no earlier revision is kept to compare it with"))
    title = heading(f"what revision {made.number} changed, from {replaced.number}")
    if not changes:
        return (*lines, BLANK, title, _muted("nothing in the pod template but the time of a restart, if that"))
    return (*lines, BLANK, title, *(line for change in changes for line in change_lines(change, glyphs)))


def waiting_page(words: SafeText) -> tuple[Content, ...]:
    """One line that says what is waited for, or what went wrong."""
    return (BLANK, _muted(words))


def _muted(words: str) -> Content:
    return Content.assemble((f"  {words}", "$muted"))
