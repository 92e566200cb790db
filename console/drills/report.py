"""A drill in lines: the same for the page in the console and for the terminal it leaves behind."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from opsconsole.domain.drill import ActionUsed
from opsconsole.domain.text import SafeText
from opsconsole.drills.history import Standing, of_scenario, standing
from opsconsole.drills.judging import TO_BEAT, DrillResult
from opsconsole.widgets.incidents.elapsed import elapsed_text

_NAME_CELLS = 16
_NOT = "–"


class Tone(enum.Enum):
    """How a line is meant; the words say so, too."""

    HEADING = "heading"
    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    MUTED = "muted"


class ReportLine(msgspec.Struct, frozen=True):
    """`words`, below `name` in a column of its own where there is one. Both empty: a gap."""

    words: SafeText
    name: SafeText = SafeText("")
    tone: Tone = Tone.PLAIN


GAP = ReportLine(SafeText(""))


def report(result: DrillResult, former: Sequence[DrillResult] = ()) -> tuple[ReportLine, ...]:
    """What it was, the times, how they compare with `former` drills, what was done, what was missed, and the way."""
    same = of_scenario(former, result.ended.scenario)
    return (
        _heading(f"{result.ended.scenario}, seed {result.ended.seed}: {result.ended.ending.value}"),
        *_truth(result),
        GAP,
        _heading("Times after the first alert"),
        *_times(result),
        GAP,
        _heading("Compared"),
        *_compared(result, same),
        GAP,
        _heading("What was done"),
        *_done(result),
        GAP,
        _heading("What was missed"),
        *([_line(words, tone=Tone.BAD) for words in result.missed] or [_line("nothing", tone=Tone.GOOD)]),
        GAP,
        _heading("The way, by keys"),
        *_way(result),
    )


def plain(lines: Iterable[ReportLine]) -> str:
    """For a terminal without colours."""
    return "\n".join(_plain(line) for line in lines)


def named_text(line: ReportLine) -> str:
    """The name of `line` in its column; empty where it has none."""
    return f"  {line.name:<{_NAME_CELLS}}  " if line.name else "  "


def judgement(result: DrillResult) -> str:
    """What the operator says of their own words."""
    if not result.incident.cause:
        return "there is no cause to judge"
    if result.named is None:
        return "you have not said whether you named it"
    return "you say that you named it" if result.named else "you say that you did not name it"


def _plain(line: ReportLine) -> str:
    if line.tone is Tone.HEADING or line == GAP:
        return line.words
    return f"{named_text(line)}{line.words}"


def _heading(words: str) -> ReportLine:
    return ReportLine(SafeText(words), tone=Tone.HEADING)


def _line(words: str, name: str = "", tone: Tone = Tone.PLAIN) -> ReportLine:
    return ReportLine(SafeText(words), SafeText(name), tone)


def _truth(result: DrillResult) -> Iterator[ReportLine]:
    truth = result.ended.truth
    yield _line(result.incident.cause or "nothing", "you wrote")
    yield _line(truth.cause, "it was")
    yield _line(truth.change, "brought by")
    yield _line(truth.healing, "heals")
    if result.incident.cause:
        service = f"{'mention' if result.mentions_service else 'do not mention'} the service ({truth.service})"
        change = f"{'mention' if result.mentions_change else 'do not mention'} what changed"
        whole = result.mentions_service and result.mentions_change
        yield _line(f"your words {service} and {change}", "compared", Tone.GOOD if whole else Tone.BAD)
    tone = {None: Tone.MUTED, True: Tone.GOOD, False: Tone.BAD}[result.named]
    yield _line(judgement(result), "judged", tone)


def _times(result: DrillResult) -> Iterator[ReportLine]:
    times = result.times
    for name, value in (
        ("opened", times.opened),
        ("hypothesis", times.hypothesis),
        ("cause named", times.cause),
        ("cure begun", times.healing),
        ("mitigated", times.mitigated),
        ("resolved", times.resolved),
        ("alerts cleared", times.calm),
    ):
        yield _line(_NOT if value is None else elapsed_text(value), name, Tone.MUTED if value is None else Tone.PLAIN)


def _compared(result: DrillResult, same: Sequence[DrillResult]) -> Iterator[ReportLine]:
    cause = result.cause_time
    if cause is None:
        yield _line("not beaten: the cause was not named", "nine minutes", Tone.BAD)
    elif cause <= TO_BEAT:
        yield _line(f"beaten by {elapsed_text(TO_BEAT - cause)}", "nine minutes", Tone.GOOD)
    else:
        yield _line(f"missed by {elapsed_text(cause - TO_BEAT)}", "nine minutes", Tone.BAD)
    if not same:
        yield _line(f"none of {result.ended.scenario}", "former drills", Tone.MUTED)
        return
    yield _line(f"{len(same)} of {result.ended.scenario}", "former drills")
    yield _line(_against(cause, standing(same, lambda one: one.cause_time)), "cause named")
    yield _line(_against(result.times.calm, standing(same, lambda one: one.times.calm)), "alerts cleared")


def _against(now: float | None, former: Standing) -> str:
    this = _NOT if now is None else elapsed_text(now)
    if former.median is None or former.best is None:
        return f"{this}; never before"
    best = "; this is the best" if now is not None and now < former.best else ""
    return f"{this}; median {elapsed_text(former.median)}, best {elapsed_text(former.best)}{best}"


def _done(result: DrillResult) -> Iterator[ReportLine]:
    for one in result.operations:
        yield _line(f"{one.words}: {one.why}", elapsed_text(one.after), Tone.GOOD if one.helped else Tone.BAD)
    if not result.operations:
        yield _line("nothing that changes the cluster", tone=Tone.MUTED)
    if result.times.calm is not None and not result.cured:
        yield _line("the alerts cleared without a cure: they will come back, or it was cured elsewhere", tone=Tone.BAD)


def _way(result: DrillResult) -> Iterator[ReportLine]:
    alerted = result.ended.alerted_at
    before = [one for one in result.ended.path if one.at < alerted]
    after = [one for one in result.ended.path if one.at >= alerted]
    if before:
        yield _line(", ".join(_used(one) for one in before), "before the alert", Tone.MUTED)
    steps = [(one.at - alerted, _used(one), Tone.PLAIN) for one in after]
    steps += [(at, words, Tone.MUTED) for words, at in _marks(result)]
    for at, words, tone in sorted(steps, key=lambda step: step[0]):
        yield _line(words, elapsed_text(at), tone)
    if result.ended.unlisted:
        yield _line(f"and {result.ended.unlisted} more", tone=Tone.MUTED)
    if not result.ended.path:
        yield _line("no keys", tone=Tone.MUTED)


def _marks(result: DrillResult) -> Iterator[tuple[str, float]]:
    """What was written down on the way: the dialogs have keys of their own, which are no actions of the registry."""
    times = result.times
    for words, at in (
        ("incident opened", times.opened),
        ("a hypothesis", times.hypothesis),
        ("the cause named", times.cause),
        ("the cure begun", times.healing),
        ("resolved", times.resolved),
    ):
        if at is not None:
            yield f"({words})", at


def _used(one: ActionUsed) -> str:
    return f"{one.action.replace('_', ' ')}{f' ×{one.times}' if one.times > 1 else ''}"
