"""What a pane says about the truth of its rows."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TypeVar

import msgspec
from textual.content import Content
from textual.widgets import Static

from opsconsole.domain.snapshot import Completeness, FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.glyphs import Glyphs

STATE_STYLES: dict[FeedState, str] = {
    FeedState.CONNECTING: "$muted",
    FeedState.LIVE: "$state-live",
    FeedState.PARTIAL: "$state-partial",
    FeedState.STALE: "$state-stale",
    FeedState.DOWN: "$state-down",
    FeedState.NO_ACCESS: "$state-no-access",
    FeedState.THROTTLED: "$state-stale",
    FeedState.PAUSED: "$muted",
    FeedState.NOT_CONFIGURED: "$muted",
}
"""The colour of each state, the same in every pane and on the freshness line."""

T = TypeVar("T")

_OLD = (FeedState.STALE, FeedState.DOWN, FeedState.NO_ACCESS, FeedState.THROTTLED)


class Standing(msgspec.Struct, frozen=True):
    """How a pane's rows stand.

    `placeholder` are paragraphs for a pane without rows, `note` stands below rows (empty when they
    are whole and live), `dimmed` rows are old.
    """

    placeholder: tuple[Content, ...]
    note: Content
    dimmed: bool


def state_sign(state: FeedState, glyphs: Glyphs) -> SafeText:
    """The sign of `state`, one cell."""
    return {
        FeedState.CONNECTING: glyphs.unset,
        FeedState.LIVE: glyphs.live,
        FeedState.PARTIAL: glyphs.partial,
        FeedState.STALE: glyphs.stale,
        FeedState.DOWN: glyphs.down,
        FeedState.NO_ACCESS: glyphs.no_access,
        FeedState.THROTTLED: glyphs.stale,
        FeedState.PAUSED: glyphs.paused,
        FeedState.NOT_CONFIGURED: glyphs.unset,
    }[state]


def clock_text(moment: float | None, zone: tzinfo, form: str = "%H:%M:%S") -> SafeText:
    """`moment` (unix seconds) in `zone`; "no time" for one that no calendar holds."""
    if moment is None:
        return SafeText("no time")
    try:
        return SafeText(datetime.fromtimestamp(moment, UTC).astimezone(zone).strftime(form))
    except (ValueError, OverflowError, OSError):
        return SafeText("no time")


def asks_again(snapshot: Snapshot[T], zone: tzinfo) -> SafeText:
    """When the feed of `snapshot` asks next, and how often its source was asked; empty when it does not."""
    if snapshot.next_try is None:
        return SafeText("")
    lately = ""
    if snapshot.problem is not None and snapshot.asked:
        lately = f"; {snapshot.asked} request{'s' * (snapshot.asked > 1)} in the last minute"
    return SafeText(f"asks again at {clock_text(snapshot.next_try, zone)}{lately}")


def _missing(completeness: Completeness) -> str:
    if completeness.arriving and not completeness.notes:
        return "the rest is still arriving"
    parts = (
        f"{completeness.got} of {completeness.wanted} parts answered" if completeness.got < completeness.wanted else ""
    )
    return "; ".join(text for text in (parts, *completeness.notes) if text)


def standing(
    snapshot: Snapshot[T],
    *,
    source: str,
    empty: tuple[SafeText, ...],
    now: float,
    zone: tzinfo,
    glyphs: Glyphs,
) -> Standing:
    """The words for `snapshot` of `source` at `now` (unix seconds).

    `empty` are the sentences for a value without rows: that there are none, and what to do.
    """
    again = asks_again(snapshot, zone)
    if snapshot.as_of is None or snapshot.state is FeedState.NOT_CONFIGURED:
        return Standing(_waiting(snapshot, source, again, glyphs), Content(""), False)
    nothing = tuple(Content.assemble((text, "" if place == 0 else "$muted")) for place, text in enumerate(empty))
    said = snapshot.problem.sentence if snapshot.problem is not None else ""
    sign = state_sign(snapshot.state, glyphs)
    age = format_duration(snapshot.age(now) or 0.0)
    note, style = "", STATE_STYLES[snapshot.state]
    if snapshot.state in _OLD:
        note = "; ".join(text for text in (f"{sign} {age} old", said, again) if text)
    elif snapshot.state is FeedState.PAUSED:
        note = f"{sign} paused, as of {clock_text(snapshot.as_of, zone)}, {age} ago"
    elif not snapshot.completeness.whole or snapshot.state is FeedState.PARTIAL:
        missing = _missing(snapshot.completeness) or said or "something is missing"
        told = "; ".join(text for text in (missing, again if snapshot.problem is not None else "") if text)
        note, style = f"{glyphs.partial} partial: {told}", STATE_STYLES[FeedState.PARTIAL]
    return Standing(nothing, Content.assemble((note, style)), snapshot.state in _OLD)


def _waiting(snapshot: Snapshot[T], source: str, again: str, glyphs: Glyphs) -> tuple[Content, ...]:
    """The words while there never was a value."""
    style = STATE_STYLES[snapshot.state]
    if snapshot.state is FeedState.NOT_CONFIGURED:
        return (Content.assemble((f"{source} is not configured, see docs/configuration.md", style)),)
    if snapshot.problem is None:
        return (Content.assemble((f"asking {source}{glyphs.more}", style)),)
    said = Content.assemble((f"{state_sign(snapshot.state, glyphs)} {snapshot.problem.sentence}", style))
    return (said, Content.assemble((again, "$muted"))) if again else (said,)


class ProblemNote(Static):
    """One to three lines below a list; takes no room when there is nothing to say."""

    DEFAULT_CSS = """
    ProblemNote {
        height: auto;
        max-height: 3;
        padding: 0 1;
        display: none;
        &.-said { display: block; }
    }
    """

    def __init__(self) -> None:
        """Nothing to say yet."""
        super().__init__(Content(""))
        self._said = Content("")

    def say(self, note: Content) -> None:
        """Show `note`; an empty one gives the room back."""
        if note.is_same(self._said):
            return
        self._said = note
        self.update(note)
        self.set_class(bool(note), "-said")
