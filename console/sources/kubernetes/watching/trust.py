"""How far an answer from watched objects may be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import WHOLE, Completeness, Problem, Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.watching.reflector import SILENCE, Reflector

SLACK = 10.0
"""Seconds beyond `SILENCE` that a connection may take to be given up."""

T = TypeVar("T")
AnyReflector = Reflector[Any]


@dataclass(frozen=True)
class Trust:
    """Everything of a `Reading` but its value; `forbidden` names namespaces that may not be listed."""

    completeness: Completeness = WHOLE
    forbidden: tuple[SafeText, ...] = ()
    as_of: float | None = None
    problem: Problem | None = None
    next_try: float | None = None

    def reading(self, value: T) -> Reading[T]:
        """`value` as far as it may be trusted."""
        return Reading(value, self.completeness, self.as_of, self.problem, self.next_try)


def trust_in(essential: Sequence[AnyReflector], others: Sequence[AnyReflector], now: float, source: str) -> Trust:
    """Trust in an answer from `essential` reflectors, one a place, and `others` that add to it.

    Raises the `SourceError` of an essential one when none of them has anything.
    """
    good = [one for one in essential if one.standing.has_items]
    failed = [(one, one.standing.problem) for one in essential if not one.standing.has_items]
    errors = [(one, error) for one, error in failed if error is not None]
    if not good and errors:
        raise _as_new(*errors[0], now)
    forbidden = tuple(safe_text(one.place, 256) for one, error in errors if error.kind is ErrorKind.FORBIDDEN)
    notes = [error.sentence for _, error in errors if error.kind is not ErrorKind.FORBIDDEN]
    notes += [note for one in good for note in (one.standing.cut, one.standing.polled) if note]
    notes += _lacking(others)
    arriving = any(one.standing.arriving or not one.standing.begun for one in essential)
    arriving = arriving or any(not one.standing.begun for one in others)
    heard = [one.standing.heard for one in good if one.standing.heard is not None]
    as_of = min(heard, default=None)
    broken = next((one for one in good if one.standing.problem is not None), None)
    problem = Problem.of(broken.standing.problem) if broken and broken.standing.problem else None
    if problem is None and as_of is not None and now - as_of > SILENCE + SLACK:
        words = SafeText(f"silent for {format_duration(now - as_of)}")
        problem = Problem.of(SourceError(ErrorKind.TIMEOUT, source, words))
    return Trust(
        Completeness(len(good), len(essential), tuple(dict.fromkeys(notes)), arriving),
        forbidden,
        as_of,
        problem,
        broken.standing.next_try if broken else None,
    )


def _as_new(one: AnyReflector, error: SourceError, now: float) -> SourceError:
    """A copy to raise: a kept error would grow by a traceback every time. It says when the next attempt is.

    While that is under way nobody knows how long it takes, and whoever asks goes by a pace of their own.
    """
    next_try = one.standing.next_try
    wait = error.retry_after if next_try is None else next_try - now
    if wait is not None and wait <= 0:
        wait = None
    return SourceError(error.kind, error.source, error.detail, hint=error.hint, retry_after=wait, status=error.status)


def _lacking(others: Iterable[AnyReflector]) -> list[SafeText]:
    """What is missing beside the essential: `events: forbidden`, `events: forbidden in shop`."""
    by_kind: dict[str, list[AnyReflector]] = {}
    for one in others:
        by_kind.setdefault(one.query.plural, []).append(one)
    notes: list[SafeText] = []
    for plural, those in by_kind.items():
        errors = [(one, error) for one in those if (error := one.standing.problem) is not None]
        everywhere = len(errors) == len(those)
        for one, error in errors:
            words = error.kind.value
            if error.kind is not ErrorKind.FORBIDDEN and one.standing.has_items:
                words = "not up to date"
            place = "" if everywhere or one.place is None else f" in {one.place}"
            notes.append(safe_text(f"{plural}: {words}{place}", 200))
        notes += [note for one in those if (note := one.standing.cut)]
    return notes
