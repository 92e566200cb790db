"""Brings lines into the list: the newest page of each question, older pages when wanted, new lines as they come."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.timer import Timer

from opsconsole.clock import Clock
from opsconsole.domain.log_record import LogPage, LogRecord, TailBatch
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.log_following import LogFollowing, OlderState
from opsconsole.screens.pane import PaneView
from opsconsole.sources.protocols import LogSource
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.log_list import LogList
from opsconsole.widgets.log_ring import BYTES, LINES
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.record_lines import record_ring

_SETTLED = 0.25
"""Seconds between two drawings while lines come: four screens a second are as fast as one reads."""
_AT_ONCE = 1_500
"""Lines taken in one go: about 10 ms, so that a key never waits for more."""
_HURRY = 0.05
"""Seconds between two goes while more lines wait."""
_WAITING_ABOVE = 1_000
"""The newest of the lines that came while one read above, kept to go on with: some screens, as a page has them."""
_BEHIND = 5.0
"""Seconds that the newest line may lie behind before it is said."""

Question = tuple[object, ...]


def question_of(scope: Scope) -> Question:
    """What of `scope` decides which lines are shown."""
    return (scope.selection, scope.logs, scope.log_origin, scope.window, scope.cursor)


class LineFlow:
    """Takes pages of the LOGS feed and what `LogFollowing` reads beyond them, and puts both into one `LogList`.

    While newer lines are known of that are not at hand, because they were cut off for older ones or came faster than
    they were read, nothing newer is added: a gap would not be seen. End begins with the newest page anew; where lines
    only waited, so that none leaves above, it goes on with those. A page that does not join the lines at hand is left
    out as long as they are followed: what lies between is on its way.
    """

    def __init__(self, lines: LogList, glyphs: Glyphs) -> None:
        """Nothing asked yet."""
        self._lines = lines
        self._glyphs = glyphs
        self._following: LogFollowing | None = None
        self._source: LogSource | None = None
        self._view: PaneView | None = None
        self._question: Question = ()
        self._page: LogPage | None = None
        self._gap = False
        self._held = False
        self._later = record_ring(_WAITING_ABOVE, BYTES // 10)
        self._left = ""
        self._waiting: list[LogRecord] = []
        self._timer: Timer | None = None
        self._settled_at = float("-inf")

    @property
    def page(self) -> LogPage | None:
        """The page of the feed that the lines at hand began with or were last joined with."""
        return self._page

    # --- snapshots

    def update(self, view: PaneView) -> None:
        """Follow the feed's newest page, and read on from it."""
        self._view = view
        page = view.feeds.snapshot(topics.LOGS).value
        if (question := question_of(view.scope)) != self._question:
            self._question, self._page, self._gap, self._held = question, None, False, False
            self._ask(view)
        elif view.feeds.lines() is not self._source:
            self._ask(view)  # who keeps the lines is known only some time after the console's start
        if page is None:
            if self._lines.records:
                self._left = self._read_here()
                self._lines.start_over()
        elif page is not self._page and not view.feeds.kept(topics.LOGS):
            self._take(page)
        self._tail(view)
        self.frame()

    def _ask(self, view: PaneView) -> None:
        self._waiting.clear()
        self._later.clear()
        self._source = view.feeds.lines()
        self._follower(view.feeds.clock).ask(self._source, view.feeds.log_search())

    def _follower(self, clock: Clock) -> LogFollowing:
        if self._following is None:
            self._following = LogFollowing(self, clock)
        return self._following

    def _take(self, page: LogPage) -> None:
        first, self._page = self._page is None, page
        if first:
            self._begin_with(page)
        elif not self._lines.ring.cut_off and not self._gap and not self._held:
            if self._joins(page):
                self._lines.take(reversed(page.records))
            elif not self._followed:
                self._gap = True
                if self._lines.follows:
                    self._begin_with(page)

    @property
    def _followed(self) -> bool:
        """Whether what lies between the lines at hand and the newest page is on its way, however many lines that is."""
        return self._following is not None and self._following.follows and not self._following.tail_words

    def _begin_with(self, page: LogPage) -> None:
        wanted = self._read_here() if self._lines.records else self._left
        self._gap, self._held, self._left = False, False, ""
        self._later.clear()
        self._lines.start_over(page.records)
        if wanted:
            self._lines.select(wanted)
        whole = page.exhausted or (page.total_is_exact and page.total <= len(page.records))
        if self._following is not None:
            self._following.reaches(self._oldest, exhausted=whole)

    def _read_here(self) -> str:
        """The id of the line that is being read; empty while the newest is followed."""
        current = None if self._lines.follows else self._lines.current
        return "" if current is None else current.id

    def _joins(self, page: LogPage) -> bool:
        """Whether no line can be missing between those at hand and `page`."""
        if not self._lines.records or not page.records:
            return True
        newest = self._lines.records[-1]
        oldest = page.records[-1].time
        return any(record.id == newest.id for record in page.records) or (
            oldest is not None and newest.time is not None and oldest <= newest.time
        )

    @property
    def _oldest(self) -> LogRecord | None:
        return self._lines.records[0] if self._lines.records else None

    def _tail(self, view: PaneView) -> None:
        """Follow while the window does, no moment is looked at, and the lines at hand reach to the newest."""
        if self._following is None:
            return
        wanted = view.scope.window.live and view.scope.cursor is None and view.scope.selection.trace is None
        if not wanted or self._lines.ring.cut_off or self._gap:
            self._following.rest()
        elif self._page is not None:
            newest = self._lines.records[-1].time if self._lines.records else None
            self._following.follow(view.span.end if newest is None else newest)

    # --- keys

    def want_older(self) -> None:
        """Read further back, unless that is under way."""
        if self._following is not None and self._page is not None and self._oldest is not None:
            self._following.read_older(self._oldest)

    def want_newest(self) -> None:
        """Begin again with the newest page there is; what was read back can be read again."""
        view = self._view
        if self._held and not (self._lines.ring.cut_off or self._gap):
            self._go_on()
            return
        if view is None or not (self._lines.ring.cut_off or self._gap):
            return
        page = view.feeds.snapshot(topics.LOGS).value
        if page is not None:
            self._page = page
            with self._lines.drawn_once():
                self._lines.start_over()
                self._begin_with(page)
                self._tail(view)
                self.frame()
            view.feeds.refresh_topic(topics.LOGS)

    def _go_on(self) -> None:
        """Take the lines that waited; where they were too many, the newest of them alone, and put all before away.

        The feed's page would not do: it may be older than lines that have come and gone meanwhile.
        """
        ring, later, over = self._lines.ring, list(self._later.shown), self._later.dropped
        self._held = False
        self._later.clear()
        with self._lines.drawn_once():
            if over:
                gone = ring.dropped + len(ring) + over
                self._lines.start_over(reversed(later))
                ring.dropped = gone
                if self._following is not None:
                    self._following.reaches(self._oldest, exhausted=False)
            else:
                self._lines.take(later)
            self.frame()

    # --- what `LogFollowing` brings

    def older_came(self, page: LogPage) -> int:
        """Put a page above the lines at hand."""
        added = self._lines.take_older(page.records)
        if self._lines.ring.cut_off and self._view is not None:
            self._tail(self._view)
        return added

    def newer_came(self, batch: TailBatch) -> None:
        """Put lines below those at hand, four times a second at most, and in portions."""
        self._waiting += batch.records
        if (over := len(self._waiting) - LINES) > 0:
            # They would be put away as soon as they were taken.
            del self._waiting[:over]
            self._lines.ring.dropped += over
        clock = self._view.feeds.clock if self._view is not None else None
        if self._timer is not None:
            return
        if clock is None or clock.monotonic() - self._settled_at >= _SETTLED:
            self._settle()
        else:
            self._timer = self._lines.set_timer(_SETTLED, self._settle)

    def _settle(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._view is not None:
            self._settled_at = self._view.feeds.clock.monotonic()
        portion, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
        if self._kept_out(portion):
            self._lines.unseen += len(portion)
            if self._held:
                self._later.append(portion)
        elif portion:
            self._lines.take(portion)
        if self._waiting:
            self._timer = self._lines.set_timer(_HURRY, self._settle)
        self.reading_changed()

    def _kept_out(self, portion: Sequence[LogRecord]) -> bool:
        """Whether `portion` is counted alone: it would leave a gap, or push out what is being read."""
        if self._held and self._lines.follows:
            self.want_newest()
        elif portion and not self._lines.follows and not self._lines.ring.has_room_for(portion):
            self._held = True
        return bool(self._lines.ring.cut_off) or self._gap or self._held

    def reading_changed(self) -> None:
        """Say how the reading stands."""
        self.frame()
        self._lines.post_message(LogList.Moved())

    async def stop(self) -> None:
        """End what is being read."""
        if self._following is not None:
            await self._following.stop()

    def rest(self) -> None:
        """Follow no more until the next `update`: nobody looks."""
        if self._following is not None:
            self._following.rest()

    # --- words

    def frame(self) -> None:
        """The rows above the oldest and below the newest line."""
        self._lines.frame(self._head(), self._foot())

    def _head(self) -> Content:
        view, following = self._view, self._following
        if view is None or following is None:
            return Content("")
        more = self._glyphs.more
        if following.state is OlderState.READING:
            return Content.assemble((f"{self._glyphs.above} reading older lines{more}", "$muted"))
        if following.state is OlderState.FAILED:
            return Content.assemble((f"{self._glyphs.down} older lines: {following.problem}", "$level-error"))
        if following.at_start(self._oldest):
            start = clock_text(view.span.start, view.zone)
            return Content.assemble((f"{self._glyphs.above} nothing older since {start}, the range's start", "$muted"))
        dropped = self._lines.ring.dropped
        gone = f", {dropped:,} were put away" if dropped else ""
        return Content.assemble((f"{self._glyphs.above} older lines follow as you scroll{gone}", "$muted"))

    def _foot(self) -> Content:
        view = self._view
        cut = self._lines.ring.cut_off
        if cut or self._gap:
            what = f"{cut:,} newer lines were put away" if cut else "newer lines came faster than they were read"
            return Content.assemble((f"{self._glyphs.below} {what}: End reads the newest", "$level-warn"))
        if self._held:
            words = f"{self._glyphs.below} newer lines wait, so that none leaves above: End reads the newest"
            return Content.assemble((words, "$muted"))
        if view is not None and view.scope.cursor is not None and view.scope.selection.trace is None:
            return Content.assemble((f"{self._glyphs.below} the cursor's moment ends here: 0 goes live", "$muted"))
        return Content("")

    def standing(self) -> tuple[SafeText, ...]:
        """For the pane's heading: whether lines come, how far behind, and what is missing."""
        following, lines = self._following, self._lines
        told: list[str] = []
        if lines.ring.cut_off or self._gap:
            told.append(f"{self._glyphs.below} End reads newer lines")
        elif lines.unseen:
            told.append(f"{self._glyphs.below} {lines.unseen:,} new")
        if following is not None:
            if following.skipped:
                told.append(f"{following.skipped:,} skipped")
            if following.behind > _BEHIND:
                told.append(f"{following.behind:.0f} s behind")
        return tuple(map(SafeText, told))

    def problem(self) -> SafeText:
        """What is wrong with the following of new lines, and with the last older page; empty when nothing is."""
        following = self._following
        if following is None:
            return SafeText("")
        notes = "; ".join(following.completeness.notes)
        return SafeText("; ".join(one for one in (following.tail_words, notes) if one))
