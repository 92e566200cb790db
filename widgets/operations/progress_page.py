"""How an operation is going."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import groupby

from textual.content import Content

from opsconsole.domain.operation import OperationKind, OperationState, Order, Plan, Step
from opsconsole.domain.text import SafeText
from opsconsole.widgets.details.facts import BLANK, fact, heading
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.problem_note import clock_text

STATE_WORDS: dict[OperationState, SafeText] = {
    OperationState.DRAFTED: SafeText("drafted"),
    OperationState.CHECKED: SafeText("checked"),
    OperationState.CONFIRMED: SafeText("confirmed"),
    OperationState.RECORDED: SafeText("recorded"),
    OperationState.SENT: SafeText("sent"),
    OperationState.APPLIED: SafeText("applied"),
    OperationState.REFUSED: SafeText("REFUSED"),
    OperationState.UNKNOWN: SafeText("UNKNOWN"),
    OperationState.VERIFIED: SafeText("verified"),
    OperationState.UNVERIFIED: SafeText("NOT VERIFIED"),
}
_STYLES = {
    OperationState.REFUSED: "$probe-failing bold",
    OperationState.UNKNOWN: "$severity-warning bold",
    OperationState.UNVERIFIED: "$severity-warning bold",
    OperationState.VERIFIED: "$probe-passing bold",
}
_BAR_CELLS = 30
_FIRST_KEPT = 2
_LAST_KEPT = 4
"""Of steps in one state, so many of the first and of the last are shown: a long rollout tells dozens."""


def progress_page(plan: Plan, steps: Sequence[Step], *, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    """Lines: what is done to what, the bar while it is known how far it is, each step with its time, then advice."""
    last = steps[-1] if steps else None
    return (
        heading(plan.summary),
        fact("target", plan.target.words),
        *((BLANK, _bar(last.done, glyphs)) if last is not None and last.done is not None else ()),
        BLANK,
        *_step_lines(steps, zone, glyphs),
        *_advice(last),
    )


def order_words(order: Order) -> SafeText:
    """An order as an offer: `roll back deployment shop/checkout to revision 7`."""
    verb = {
        OperationKind.RESTART_CONTAINER: "restart a container (kill 1) in",
        OperationKind.EVICT_POD: "evict",
        OperationKind.DELETE_POD: "delete",
        OperationKind.ROLLING_RESTART: "restart all pods of",
        OperationKind.ROLL_BACK: "roll back",
        OperationKind.SCALE: "scale",
        OperationKind.PAUSE_ROLLOUT: "pause the rollout of",
        OperationKind.RESUME_ROLLOUT: "resume the rollout of",
        OperationKind.CORDON: "cordon",
        OperationKind.UNCORDON: "uncordon",
        OperationKind.SET_LOG_LEVEL: "set for a while the log level of",
        OperationKind.RESTORE_LOG_LEVEL: "put back the log level of",
        OperationKind.RUN_COMMAND: "run",
    }[order.kind]
    tail = ""
    if order.revision is not None:
        tail = f" to revision {order.revision}"
    if order.replicas is not None:
        tail = f" to {order.replicas} replicas"
    return SafeText(f"{verb} {order.target.words}{tail}")


def _bar(done: float, glyphs: Glyphs) -> Content:
    filled = round(max(0.0, min(1.0, done)) * _BAR_CELLS)
    return Content.assemble(
        "  ",
        (glyphs.bar * filled, "$probe-passing"),
        (glyphs.bar_empty * (_BAR_CELLS - filled), "$muted"),
        f" {done:.0%}",
    )


def _step_lines(steps: Sequence[Step], zone: tzinfo, glyphs: Glyphs) -> Iterator[Content]:
    """Each step with its time; a state is named once, where it begins, and the middle of many in one is counted."""
    for _, alike in groupby(steps, key=lambda step: step.state):
        same = tuple(alike)
        hidden = len(same) - _FIRST_KEPT - _LAST_KEPT
        for place, step in enumerate(same):
            if hidden > 1 and place == _FIRST_KEPT:
                yield Content.assemble((f"  {'':<21} {glyphs.cut} {hidden} more", "$muted"))
            if hidden <= 1 or not _FIRST_KEPT <= place < _FIRST_KEPT + hidden:
                yield _step(step, zone, named=place == 0)


def _step(step: Step, zone: tzinfo, *, named: bool) -> Content:
    state = STATE_WORDS[step.state]
    return Content.assemble(
        (f"  {clock_text(step.at, zone)} ", "$muted"),
        (f"{state if named else '':<12} ", _STYLES.get(step.state, "bold")),
        "" if step.words == state else step.words,
    )


def _advice(last: Step | None) -> tuple[Content, ...]:
    if last is None or not last.advice:
        return ()
    offers = [
        Content.assemble((f"  {number}  ", "$primary bold"), order_words(order))
        for number, order in enumerate(last.advice, start=1)
    ]
    return (BLANK, heading("what could be done next"), *offers)
