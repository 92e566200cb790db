"""From where something was seen, and how far that could be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Completeness, FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text

T = TypeVar("T")

_WORDS: Mapping[FeedState, str] = {
    FeedState.STALE: "stale",
    FeedState.DOWN: "old, the source was down",
    FeedState.NO_ACCESS: "old, access was refused",
    FeedState.THROTTLED: "old, the source was throttled",
}

_MOST_NOTES = 8
_MOST_ENTRIES = 60
_LONGEST_VALUE = 500


class Standpoint(msgspec.Struct, frozen=True):
    """What was looked at: the selection, the window, the cursor's moment, at `now`. All times in unix seconds."""

    selection: Selection
    span: TimeRange
    now: float
    cursor: float | None = None

    @property
    def whose(self) -> str:
        """The pod or service in a few words, empty for all of them."""
        return self.selection.pod or self.selection.service or ""


def utc_words(moment: float) -> str:
    """`2026-03-02 14:11:59 UTC`; `an unknown time` for what no calendar has."""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def completeness_words(snapshot: Snapshot[T]) -> tuple[str, ...]:
    """What has to be known before a value of `snapshot` is believed: that it was old, since when, what was missing."""
    said = []
    if (state := _WORDS.get(snapshot.state)) is not None:
        since = "" if snapshot.as_of is None else f" as of {utc_words(snapshot.as_of)}"
        problem = "" if snapshot.problem is None else f" ({snapshot.problem.sentence})"
        said.append(f"{state}{since}{problem}")
    elif snapshot.state is FeedState.PARTIAL and snapshot.completeness.whole:
        said.append(snapshot.problem.sentence if snapshot.problem is not None else "something was missing")
    return (*said, *missing_words(snapshot.completeness))


def missing_words(completeness: Completeness) -> tuple[str, ...]:
    """What was missing from an answer, in the backend's words where it said any."""
    said = []
    if completeness.got < completeness.wanted:
        said.append(f"{completeness.got} of {completeness.wanted} parts answered")
    if completeness.arriving:
        said.append("the rest was still arriving")
    more = len(completeness.notes) - _MOST_NOTES
    return (*said, *completeness.notes[:_MOST_NOTES], *((f"{more} more such notes",) if more > 0 else ()))


def joined(parts: Iterable[str]) -> SafeText:
    """One sentence of several."""
    return safe_text("; ".join(part for part in parts if part), 2000)


def shortened(values: Mapping[SafeText, SafeText]) -> dict[SafeText, SafeText]:
    """At most 60 entries of at most 500 characters each."""
    kept = tuple(values.items())[:_MOST_ENTRIES]
    return {name: safe_text(value, _LONGEST_VALUE) for name, value in kept}
