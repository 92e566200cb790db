"""What would be done, and what was found out about it."""

from __future__ import annotations

from textual.content import Content

from opsconsole.domain.operation import Check, FieldChange, Plan, Verdict
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading
from opsconsole.widgets.glyphs import Glyphs

_STYLES = {
    Verdict.FINE: "$probe-passing",
    Verdict.WARNING: "$severity-warning bold",
    Verdict.BLOCKED: "$probe-failing bold",
}
_WORDS = {Verdict.WARNING: "warning", Verdict.BLOCKED: "blocked"}
_WORST_FIRST = (Verdict.BLOCKED, Verdict.WARNING, Verdict.FINE)


def plan_page(plan: Plan, glyphs: Glyphs) -> tuple[Content, ...]:
    """Lines: what will be done to what, its cost and undo, the checks worst first, the changes."""
    checks = sorted(plan.checks, key=lambda check: _WORST_FIRST.index(check.verdict))
    return (
        heading(plan.summary),
        fact("target", plan.target.words),
        *facts(
            [
                ("as", plan.identity),
                ("costs", plan.cost),
                ("undo", plan.undo or "none: this can't be taken back"),
                ("reason", plan.order.reason),
            ]
        ),
        *((BLANK, heading("checks")) if checks else ()),
        *(check_line(check, glyphs) for check in checks),
        *changes_lines(plan.changes, glyphs),
    )


def check_line(check: Check, glyphs: Glyphs) -> Content:
    """`✘ blocked  rights  you may not patch deployments.apps in shop; ask for …`: sign, word, what, findings."""
    sign = {Verdict.FINE: glyphs.passing, Verdict.WARNING: glyphs.about, Verdict.BLOCKED: glyphs.failing}[check.verdict]
    word = "" if check.verdict is Verdict.FINE else f"{_WORDS[check.verdict]} "
    return Content.assemble(
        (f"  {sign} {word}", _STYLES[check.verdict]), (f"{check.title}: ", "$muted"), (check.words, "")
    )


def changes_lines(changes: tuple[FieldChange, ...], glyphs: Glyphs) -> tuple[Content, ...]:
    """A heading and each changed field with its old and new value, nothing for no changes."""
    if not changes:
        return ()
    return (BLANK, heading("changes"), *(line for change in changes for line in change_lines(change, glyphs)))


def change_lines(change: FieldChange, glyphs: Glyphs) -> tuple[Content, ...]:
    """`image  shop/checkout:1.9.0 ▸ shop/checkout:1.8.2`, on two lines when the values are long."""
    before, after = change.before or "(not set)", change.after or "(not set)"
    path = (f"  {change.path}  ", "$muted")
    old, new = (f"- {before}", "$probe-failing"), (f"+ {after}", "$probe-passing")
    if len(before) + len(after) <= 50:
        return (Content.assemble(path, (before, "$probe-failing"), f" {glyphs.path} ", (after, "$probe-passing")),)
    return (Content.assemble(path), Content.assemble("    ", old), Content.assemble("    ", new))
