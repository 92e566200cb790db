"""Where the steps of a runbook lead."""

from __future__ import annotations

from opsconsole.domain.runbook import AskStep, DecideStep, NoteStep, Runbook


def goes_on_by(runbook: Runbook, number: int) -> tuple[int, ...]:
    """The steps that may follow step `number`; empty where the walk ends."""
    does = runbook.steps[number - 1].does
    following = (number + 1,) if number < len(runbook.steps) else ()
    if isinstance(does, NoteStep):
        if does.next is not None:
            return (does.next,)
        return () if does.verdict is not None else following
    if isinstance(does, DecideStep):
        ways = (does.holds, does.fails, does.unknown, *does.answers.values())
        return tuple(dict.fromkeys(way for way in ways if way is not None))
    return following


def reachable(runbook: Runbook) -> frozenset[int]:
    """Numbers of the steps that a walk may come to."""
    found, open_ones = {1}, [1]
    while open_ones:
        for number in goes_on_by(runbook, open_ones.pop()):
            if number not in found:
                found.add(number)
                open_ones.append(number)
    return frozenset(found)


def looping(runbook: Runbook) -> tuple[int, ...]:
    """Steps from which a way leads back without anybody being asked: a walk would run there for ever."""
    quiet = {
        step.number: tuple(goes_on_by(runbook, step.number))
        for step in runbook.steps
        if not isinstance(step.does, AskStep)
    }
    found: list[int] = []
    for start in quiet:
        if _leads_back(quiet, start):
            found.append(start)
            break  # one of a circle tells of it
    return tuple(found)


def _leads_back(quiet: dict[int, tuple[int, ...]], start: int) -> bool:
    seen, open_ones = set[int](), list(quiet[start])
    while open_ones:
        here = open_ones.pop()
        if here == start:
            return True
        if here not in seen and here in quiet:
            seen.add(here)
            open_ones.extend(quiet[here])
    return False
