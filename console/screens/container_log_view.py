"""The log of a pod's containers, as it comes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import tzinfo
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.container_log import LogBatch, LogRequest, LogState
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.pod import Container, Pod
from opsconsole.domain.text import SafeText
from opsconsole.incidents.pinning import pinned_container_lines
from opsconsole.screens.evidence_view import EvidenceView
from opsconsole.sources.protocols import WorkloadSource
from opsconsole.widgets.container_log import ContainerLog
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.text_filter import TextFilter

_SETTLED = 0.25
"""Seconds between two drawings while lines come: four screens a second are as fast as one reads."""


class LogWindow(msgspec.Struct, frozen=True):
    """How far back is read, and how that is called."""

    key: str
    words: SafeText
    tail: int | None = None
    since: int | None = None
    head: int | None = None


WINDOWS = (
    LogWindow("0", SafeText("last 500 lines"), tail=500),
    LogWindow("1", SafeText("first 2,000 lines"), head=2000),
    LogWindow("2", SafeText("last minute"), since=60),
    LogWindow("3", SafeText("last 5 minutes"), since=300),
    LogWindow("4", SafeText("last 15 minutes"), since=900),
    LogWindow("5", SafeText("last 30 minutes"), since=1800),
    LogWindow("6", SafeText("last hour"), since=3600),
)
"""The digits are k9s' own, which many hands know; 1 is the beginning."""


def told_first(pod: Pod) -> SafeText:
    """The container whose log tells most: one in trouble, else the one that restarted most, else the first."""

    def rank(container: Container) -> tuple[bool, bool, int]:
        waits = container.state == "waiting" and container.reason not in ("ContainerCreating", "PodInitializing")
        failed = container.state == "terminated" and container.reason != "Completed"
        return (not (waits or failed), container.init, -container.restarts)

    return min(pod.containers, key=rank).name if pod.containers else SafeText("")


class ContainerLogView(EvidenceView):
    """Follows one container of a pod, or all of them, or reads what the one before the last restart left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(one.key, f"window({place})", one.words, id=f"log.window_{one.key}")
            for place, one in enumerate(WINDOWS)
        ),
        Binding("p", "previous", "previous", id="log.previous"),
        Binding("a", "all", "all containers", id="log.all"),
        Binding("c,tab", "next", "next container", id="log.next"),
        Binding("w", "wrap", "wrap", id="log.wrap"),
        Binding("t", "times", "times", id="log.times"),
        Binding("J", "raw", "as written", id="log.raw"),
        Binding("s,space", "hold", "pause", id="log.hold"),
    ]  # fmt: skip

    def __init__(self, pod: Pod, source: WorkloadSource, glyphs: Glyphs, clock: Clock, zone: tzinfo) -> None:
        """The log of `pod`, asked of `source`."""
        super().__init__(glyphs, clock, zone)
        self._pod = pod
        self._source = source
        self._names = tuple(container.name for container in pod.containers)
        self._chosen: SafeText | None = told_first(pod)
        self._window = WINDOWS[0]
        self._previous = False
        self._told: dict[SafeText, LogBatch] = {}
        self._log = ContainerLog(glyphs=glyphs, zone=zone)
        self._log.look_as(msgspec.structs.replace(self._log.look, timed=True))
        self._drawn_at = float("-inf")
        self._waiting = False

    @property
    def body(self) -> Widget:
        """The lines."""
        return self._log

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys, with what they would switch to."""
        several = len(self._names) > 1
        one = (("a", "one container" if self._chosen is None else "all containers"), ("c", "next container"))
        return (
            ("Esc", "back"),
            ("/", "filter"),
            ("p", "current" if self._previous else "previous"),
            ("s", "pause" if self._log.follows else "follow"),
            *(one if several else ()),
            ("0-6", "last 500 first 1m 5m 15m 30m 1h"),
            ("w", "one line each" if self._log.look.wrapped else "wrap"),
            ("t", "no times" if self._log.look.timed else "times"),
            ("J", "pretty" if self._log.look.raw else "as written"),
            ("e", "keep what is in view"),
            ("y", "copy"),
        )

    # --- reading

    def on_mount(self) -> None:
        """Start to read."""
        self.set_interval(_SETTLED, self._settle)
        self.action_again()

    def action_again(self) -> None:
        """Read from the beginning of the window."""
        self.workers.cancel_group(self, "streams")
        names = self._names if self._chosen is None else (self._chosen,)
        self._told = {}
        self._log.clear()
        self._log.look_as(msgspec.structs.replace(self._log.look, named=len(names) > 1))
        for name in names:
            asked = LogRequest(
                self._pod.namespace,
                self._pod.name,
                name,
                previous=self._previous,
                follow=not self._previous and self._window.head is None,
                tail=self._window.tail,
                since=self._window.since,
                head=self._window.head,
            )
            self.run_worker(self._read(asked), group="streams")
        self._draw()
        self._drawn_at = float("-inf")  # the first lines are shown at once

    async def _read(self, asked: LogRequest) -> None:
        async with aclosing(self._source.log_lines(asked)) as batches:
            async for batch in batches:
                self._take(batch)
                await asyncio.sleep(0)  # keys come first, however fast the container writes

    def _take(self, batch: LogBatch) -> None:
        self._told[batch.container] = batch
        self._log.take(batch.lines)
        self._waiting = True
        if self.clock.monotonic() - self._drawn_at >= _SETTLED:
            self._settle()

    def _settle(self) -> None:
        if self._waiting:
            self._draw()

    # --- drawing

    def _draw(self) -> None:
        self._waiting, self._drawn_at = False, self.clock.monotonic()
        self._log.say(*self._nothing())
        self._log.repaint()
        self._draw_words()

    def _draw_words(self) -> None:
        which = f"container {self._chosen}" if self._chosen is not None else f"all {len(self._names)} containers"
        when = ("before the last restart, " if self._previous else "") + self._window.words
        self.title_line.show(self._pod.name, SafeText(f"{which}, {when}"), self._standing())
        said = dict.fromkeys(batch.words for batch in self._told.values() if batch.words)
        alone = not self._log.ring.shown
        self.note.say(Content.assemble(("\n".join(said), "$level-warn")) if said and not alone else Content(""))
        self.draw_keys()

    def _standing(self) -> Content:
        shown, held = len(self._log.ring.shown), len(self._log.ring)
        count = f"{shown:,} of {held:,} lines" if self.filter_line.typed else f"{held:,} line{'s' * (held != 1)}"
        if not self._log.follows:
            new = f", {self._log.unseen:,} new below" if self._log.unseen else ""
            return Content.assemble((f"{self.glyphs.paused} scrolled up{new}", "bold"), (f"  {count}", "$muted"))
        states = {batch.state for batch in self._told.values()} or {LogState.OPENING}
        for state, sign, words in (
            (LogState.WAITING, self.glyphs.stale, "waiting"),
            (LogState.OPENING, self.glyphs.partial, "asking"),
            (LogState.FOLLOWING, self.glyphs.live, "following"),
        ):
            if state in states:
                return Content.assemble(f"{sign} {words}", (f"  {count}", "$muted"))
        return Content.assemble("the end", (f"  {count}", "$muted"))

    def _nothing(self) -> tuple[Content, ...]:
        """What to say while there is no line."""
        if len(self._log.ring):
            return (Content("no line has these words"), Content.assemble(("Esc shows all of them again", "$muted")))
        said = tuple(dict.fromkeys(batch.words for batch in self._told.values() if batch.words))
        if said:
            return tuple(Content.assemble((words, "$level-warn")) for words in said)
        states = {batch.state for batch in self._told.values()}
        if states and states <= {LogState.ENDED}:
            return (Content("no lines"), Content.assemble(("another window (0 to 6) may have some", "$muted")))
        if LogState.FOLLOWING in states:
            return (Content("no lines yet"), Content.assemble(("what it writes from now on appears here", "$muted")))
        return (Content.assemble((f"asking kubernetes{self.glyphs.more}", "$muted")),)

    # --- keys

    def on_container_log_moved(self, event: ContainerLog.Moved) -> None:
        """Say whether the newest line is followed."""
        event.stop()
        self._draw_words()

    def narrow(self, wanted: TextFilter) -> None:
        """Show only lines with the words."""
        self._log.look_as(msgspec.structs.replace(self._log.look, marked=wanted.wanted))
        self._log.narrow(wanted)
        self._draw()

    def action_window(self, place: int) -> None:
        """How far back."""
        self._window = WINDOWS[place]
        self.action_again()

    def action_previous(self) -> None:
        """The container before the last restart, or the present one."""
        self._previous = not self._previous
        self.action_again()

    def action_all(self) -> None:
        """All containers at once, or the one that tells most."""
        if len(self._names) > 1:
            self._chosen = told_first(self._pod) if self._chosen is None else None
            self.action_again()

    def action_next(self) -> None:
        """The pod's next container."""
        if len(self._names) > 1:
            place = self._names.index(self._chosen) if self._chosen in self._names else -1
            self._chosen = self._names[(place + 1) % len(self._names)]
            self.action_again()

    def action_wrap(self) -> None:
        """Break long lines, or cut them."""
        self._look(wrapped=not self._log.look.wrapped)

    def action_times(self) -> None:
        """With times, or without."""
        self._look(timed=not self._log.look.timed)

    def action_raw(self) -> None:
        """JSON as it was written, or its message first."""
        self._look(raw=not self._log.look.raw)

    def _look(self, **changed: bool) -> None:
        self._log.look_as(msgspec.structs.replace(self._log.look, **changed))
        self.draw_keys()

    def action_hold(self) -> None:
        """Stay here, or follow again."""
        if self._log.follows:
            self._log.hold()
        else:
            self._log.action_bottom()
        self._draw_words()

    def evidence(self) -> Pinned | None:
        """The lines in view."""
        return pinned_container_lines(self._log.lines_in_view, self._pod, self.clock.now())

    def copied(self) -> str:
        """The lines that are shown, as they were written."""
        return self._log.text
