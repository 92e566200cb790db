"""Runbooks as they were read from their files: front matter, and steps that can be walked.

The format, with an example, is in `docs/runbooks.md`.
"""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.log_query import LogQuery
from opsconsole.domain.operation import OperationKind
from opsconsole.domain.series import Unit
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, Verdict


class InputType(enum.Enum):
    """What an input may be; each has a pattern of its own that is always checked, whole, besides the file's."""

    NAME = "name"
    """A DNS-1123 label or subdomain: services, pods, namespaces, containers."""
    NUMBER = "number"
    DURATION = "duration"
    """`90s`, `5m`, `1h`."""
    CHOICE = "choice"
    TEXT = "text"
    """One line without control characters; never part of a command."""


class RunbookInput(msgspec.Struct, frozen=True):
    """One thing that the runbook has to know. `label` names the alert's label that answers it, if it has one."""

    name: str
    title: SafeText
    type: InputType = InputType.NAME
    pattern: str = ""
    """A regular expression that the whole value has to match; empty: the type's alone."""
    choices: tuple[SafeText, ...] = ()
    default: SafeText = SafeText("")
    label: SafeText = SafeText("")


class Comparison(enum.Enum):
    """How a value is held against its expectation."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    EQUAL = "=="
    DIFFERENT = "!="


class Condition(msgspec.Struct, frozen=True):
    """`value` in base units: seconds, bytes, ratio 0 to 1."""

    comparison: Comparison
    value: float

    def holds_for(self, found: float) -> bool:
        """Whether `found` satisfies it; never for NaN."""
        if found != found:  # noqa: PLR0124 - NaN is the one value that differs from itself
            return False
        wanted = self.value
        return {
            Comparison.ABOVE: found > wanted,
            Comparison.AT_LEAST: found >= wanted,
            Comparison.BELOW: found < wanted,
            Comparison.AT_MOST: found <= wanted,
            Comparison.EQUAL: found == wanted,
            Comparison.DIFFERENT: found != wanted,
        }[self.comparison]


class MetricCheck(msgspec.Struct, frozen=True, tag="promql"):
    """A PromQL whose answer is one value or several; holds when any of them satisfies the condition.

    `query` may hold `$input` for any input, put in as a quoted label value. No series at all is UNKNOWN unless
    `absent` gives the value to take instead. `ago` asks as of so many seconds before now.
    """

    query: str
    expect: Condition
    unit: Unit = Unit.NUMBER
    absent: float | None = None
    ago: float = 0.0


class LogCheck(msgspec.Struct, frozen=True, tag="logs"):
    """How many lines of the last `within` seconds match `query`, in `service` (an input or a name; empty: any)."""

    query: LogQuery
    expect: Condition
    service: str = ""
    within: float = 900.0


class PodFinding(enum.Enum):
    """What a pod may be found with."""

    NOT_READY = "not ready"
    RESTARTED = "restarted"
    """Within the check's time."""
    CRASH_LOOP = "CrashLoopBackOff"
    OOM_KILLED = "OOMKilled"
    IMAGE_PULL = "ImagePull"
    PENDING = "Pending"
    STARTUP_FAILING = "startup probe failing"
    READINESS_FAILING = "readiness probe failing"
    LIVENESS_FAILING = "liveness probe failing"
    NOT_STARTED = "startup probe not passed"


class PodCheck(msgspec.Struct, frozen=True, tag="pods"):
    """How many pods of `service` are found with `finding`, or, with `restarts`, were restarted within `within` s."""

    finding: PodFinding
    expect: Condition
    service: str = ""
    within: float = 900.0


class ChangeCheck(msgspec.Struct, frozen=True, tag="changes"):
    """How many changes of `service` fall in the `within` seconds before the incident began (or now, without one)."""

    expect: Condition
    service: str = ""
    within: float = 3600.0
    words: SafeText = SafeText("")
    """Only changes whose words hold this; empty: all."""


Question = MetricCheck | LogCheck | PodCheck | ChangeCheck


class CheckStep(msgspec.Struct, frozen=True):
    """Runs by itself, read-only. `holds` and `fails` say what it means in words; either may be empty."""

    question: Question
    holds: SafeText = SafeText("")
    fails: SafeText = SafeText("")
    kind: StepKind = StepKind.CHECK


class OperationAct(msgspec.Struct, frozen=True):
    """An operation of the console's engine. Values may be `$input`, whole, never part of a longer text."""

    operation: OperationKind
    target: str
    """`workload`, `pod` or `node` of the input or name in `name`."""
    name: str
    parameters: dict[str, str] = {}


class CommandAct(msgspec.Struct, frozen=True):
    """A program with its arguments, never a shell's line. Each argument is a literal or one whole `$input`.

    `expect_exit` is the exit code that means success; `expect` a regular expression that the output has to match.
    """

    argv: tuple[str, ...]
    timeout: float = 60.0
    expect_exit: int = 0
    expect: str = ""
    changes: SafeText = SafeText("")
    """What it changes, in the author's words, shown before it is confirmed."""


class ActStep(msgspec.Struct, frozen=True):
    """Something is changed, through the operations engine, after confirmation."""

    act: OperationAct | CommandAct
    kind: StepKind = StepKind.ACT


class AskStep(msgspec.Struct, frozen=True):
    """A question to the person who walks; `choices` empty: one line of text, which goes to the record."""

    question: SafeText
    choices: tuple[SafeText, ...] = ()
    into: str = ""
    """The input that the answer becomes, empty for none."""
    kind: StepKind = StepKind.ASK


class NoteStep(msgspec.Struct, frozen=True):
    """Something to know. With `verdict` it is a conclusion, and the walk ends unless steps follow by `next`."""

    verdict: Verdict | None = None
    cause: SafeText = SafeText("")
    """With CAUSE: the cause in one sentence, offered as the incident's."""
    healing: SafeText = SafeText("")
    next: int | None = None
    kind: StepKind = StepKind.NOTE


class DecideStep(msgspec.Struct, frozen=True):
    """Goes on at one step or another by how an earlier check, or answer, came out.

    `of` is the number of that step. An answer goes by `answers`; a check by `holds` and `fails`, and by `unknown`
    (None: a person has to say) when it could not be judged.
    """

    of: int
    holds: int | None = None
    fails: int | None = None
    unknown: int | None = None
    answers: dict[str, int] = {}
    kind: StepKind = StepKind.DECIDE


class RunbookStep(msgspec.Struct, frozen=True):
    """One heading with what stands below it. `number` from 1, `line` from 1 in the file.

    `prose` has its paragraphs and entries of lists parted by `␊`, which is how a line end stands in a `SafeText`.
    """

    number: int
    title: SafeText
    line: int
    prose: SafeText
    does: CheckStep | ActStep | AskStep | NoteStep | DecideStep


class RunbookMatch(msgspec.Struct, frozen=True):
    """Which alerts it is for; alerts are names, or names with `*`. Empty services: any."""

    alerts: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class Runbook(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook. `name` is the file's name without its ending, `sha256` the hash of its bytes in hex."""

    name: SafeText
    path: str
    title: SafeText
    sha256: str
    matches: RunbookMatch
    steps: tuple[RunbookStep, ...]
    summary: SafeText = SafeText("")
    inputs: tuple[RunbookInput, ...] = ()


class Lint(msgspec.Struct, frozen=True):
    """Something that is wrong with a file at `line` (from 1): what, then what to write instead."""

    path: str
    line: int
    words: SafeText
    grave: bool = True
    """Whether the runbook can't be walked with it."""


class RunbookOffer(msgspec.Struct, frozen=True):
    """A runbook that may be the one, with why; a higher `score` first."""

    runbook: Runbook
    score: int
    reason: SafeText
