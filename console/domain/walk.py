"""How a runbook's steps came out."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.text import SafeText


class StepKind(enum.Enum):
    """What a step is; the value is the word after the fence in the file."""

    CHECK = "check"
    ACT = "act"
    ASK = "ask"
    NOTE = "note"
    DECIDE = "decide"


class StepOutcome(enum.Enum):
    """How a step came out.

    UNKNOWN: a check could not be judged, for want of an answer or of values; or nobody will ever know whether an act
    took effect, so that a person has to look.
    """

    HOLDS = "holds"
    """CHECK: the condition holds."""
    FAILS = "does not hold"
    UNKNOWN = "unknown"
    DONE = "done"
    """ACT: verified; ASK: answered; NOTE, DECIDE: read on."""
    NOT_DONE = "not done"
    """ACT: refused, not verified, or the command failed."""
    SKIPPED = "skipped"
    UNDER_WAY = "under way"
    """ACT: confirmed, and how it came out is not known yet; the walk stays at this step."""
    TAKEN_BACK = "taken back"
    """Stepped back to: the result before this one no longer counts."""


class Verdict(enum.Enum):
    """What a runbook concludes."""

    CAUSE = "cause"
    """This is it."""
    NOT_THIS = "not this"
    UNDECIDED = "undecided"
    """Something that has to be known could not be had."""


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """How step `number` (from 1) came out at `at` (unix seconds).

    `shown` is what was found against what was expected, `output` what a command printed or a person answered,
    `reason` why it was skipped, `operation` the engine's id of what was done.
    """

    number: int
    title: SafeText
    kind: StepKind
    outcome: StepOutcome
    at: float
    shown: SafeText = SafeText("")
    output: SafeText = SafeText("")
    reason: SafeText = SafeText("")
    operation: str = ""
    verdict: Verdict | None = None


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook being walked. `position` is the number of the step at hand, None at the end.

    `results` has the last one of each step that counts, in the order in which they came.
    """

    id: str
    incident: str
    """Empty for a walk that no incident records."""
    runbook: SafeText
    title: SafeText
    sha256: str
    path: str
    begun_at: float
    position: int | None
    inputs: dict[str, SafeText] = {}
    results: tuple[StepResult, ...] = ()
    given_up: SafeText = SafeText("")
    """Why nobody goes on with it; empty while somebody may."""

    @property
    def verdict(self) -> Verdict | None:
        """What was concluded last, None while nothing was."""
        told = [one.verdict for one in self.results if one.verdict is not None]
        return told[-1] if told else None

    @property
    def over(self) -> bool:
        """Whether there is no step left, or nobody goes on with it."""
        return self.position is None
