"""What of a walk is drawn."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepResult

NOTHING = SafeText("")


class Said(msgspec.Struct, frozen=True):
    """One thing that may be said at a step, by its digit."""

    digit: int
    title: SafeText


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step as it is drawn. The step at hand is open: what it is about, what it asks, and what the keys do.

    `asks` are lines: a query with its expectation, an operation, a program with its arguments. `means` is what the
    outcome says in the author's words. `keys` say what the keys do now, `trouble` what keeps the step from going on.
    """

    number: int
    title: SafeText
    kind: StepKind
    here: bool = False
    running: bool = False
    result: StepResult | None = None
    prose: SafeText = NOTHING
    asks: tuple[SafeText, ...] = ()
    means: SafeText = NOTHING
    said: tuple[Said, ...] = ()
    keys: SafeText = NOTHING
    trouble: SafeText = NOTHING


class WalkView(msgspec.Struct, frozen=True, kw_only=True):
    """A walk as it is drawn: what is walked, with which inputs, whether anybody writes it down, and how it ended.

    `sha256` is in hex. `unrecorded` says that nothing of it is kept, `stopped` why it can't go on, `ending` what was
    found in the end; empty otherwise.
    """

    title: SafeText
    sha256: str
    steps: tuple[StepView, ...]
    inputs: tuple[tuple[SafeText, SafeText], ...] = ()
    unrecorded: SafeText = NOTHING
    stopped: SafeText = NOTHING
    ending: SafeText = NOTHING

    @property
    def here(self) -> int | None:
        """The place of the step at hand among the steps, None at the end."""
        return next((place for place, step in enumerate(self.steps) if step.here), None)

    @property
    def furthest(self) -> int:
        """The place of the last step that came out; 0 where none did."""
        return max((place for place, step in enumerate(self.steps) if step.result is not None), default=0)
