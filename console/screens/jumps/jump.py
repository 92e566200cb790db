"""A jump: where what is under the cursor leads, or why it leads nowhere."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from textual.screen import Screen

from opsconsole.actions import PaneName
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText

ViewMaker = Callable[[], Screen[None] | None]
"""Makes a view over the panes anew; None when there is nobody who could fill it."""


class Spot(msgspec.Struct, frozen=True):
    """Where in a pane the cursor is to stand, once what it is to stand on is there.

    `row` is a row's key, in Metrics a panel's id; `pod` the name of a pod; `moment` unix seconds, for the log line
    nearest to it; `query` the PromQL of a rule, for the panel that asks about the same. With `opened` the row is
    opened, too: a trace's waterfall, the cursor on `span`.
    """

    row: str = ""
    pod: SafeText = SafeText("")
    query: SafeText = SafeText("")
    moment: float | None = None
    opened: bool = False
    span: SafeText = SafeText("")

    def __bool__(self) -> bool:
        """Whether it names anything."""
        return bool(self.row or self.pod or self.query) or self.moment is not None


NOWHERE = Spot()

NOUNS = {
    PaneName.ALERTS: SafeText("alert"),
    PaneName.METRICS: SafeText("chart"),
    PaneName.LOGS: SafeText("log"),
    PaneName.TRACES: SafeText("trace"),
    PaneName.PODS: SafeText("pod"),
    PaneName.RUNBOOK: SafeText("step"),
}
"""What one looks at in each pane, as the trail names it."""


class Step(msgspec.Struct, frozen=True):
    """One step of the trail: the pane, and what was looked at there in a word or two."""

    pane: PaneName
    words: SafeText


class Jump(msgspec.Struct, frozen=True):
    """What one key of the registry would do with what is under the cursor.

    `id` is the action's, `title` says in words what will be shown, `words` name the step in the trail. Where there is
    nothing to go to `obstacle` says why. Without a `scope` the action opens something over the pane itself.
    """

    id: str
    title: SafeText
    pane: PaneName
    scope: Scope | None = None
    words: SafeText = SafeText("")
    spot: Spot = NOWHERE
    obstacle: SafeText = SafeText("")

    @property
    def possible(self) -> bool:
        """Whether there is something to go to."""
        return not self.obstacle


def blocked(action_id: str, title: str, pane: PaneName, obstacle: str) -> Jump:
    """A jump that leads nowhere, and why; the texts are the console's own."""
    return Jump(action_id, SafeText(title), pane, obstacle=SafeText(obstacle))


def extended(trail: tuple[Step, ...], here: Step, there: Step) -> tuple[Step, ...]:
    """`trail` with a step from `here` to `there`; `here` is named unless the trail ends there already."""
    known = bool(trail) and trail[-1].pane is here.pane
    return (*trail, there) if known else (*trail, here, there)
