"""How a drill went: the truth beside what was written, times, what was done, what was missed, and the way."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident_event import DrillNamed, Fact
from opsconsole.domain.text import SafeText
from opsconsole.drills.history import former_drills
from opsconsole.drills.judging import judged
from opsconsole.drills.report import GAP, ReportLine, Tone, named_text, plain, report
from opsconsole.incidents.records import Records
from opsconsole.screens.full_view import FullView
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.text_filter import TextFilter
from opsconsole.widgets.wrapping import wrap

_STYLES = {
    Tone.HEADING: "bold",
    Tone.PLAIN: "",
    Tone.GOOD: "$state-live",
    Tone.BAD: "$level-warn",
    Tone.MUTED: "$muted",
}
QUESTION = SafeText("Did your words name the cause? Y yes, N no")


class DrillResultView(FullView):
    """Reads the record, and asks the operator to judge their own words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Y", "judge(True)", "I named it", id="drill.named"),
        Binding("N", "judge(False)", "I did not", id="drill.not_named"),
    ]

    def __init__(self, records: Records, incident: str, glyphs: Glyphs, clock: Clock, zone: tzinfo) -> None:
        """About the drill that is written in `incident`."""
        super().__init__(glyphs, clock, zone)
        self._records = records
        self._incident = incident
        self._page = DetailView(glyphs=glyphs)
        self._lines: tuple[ReportLine, ...] = ()
        self._wanted = TextFilter()

    @property
    def body(self) -> Widget:
        """The report."""
        return self._page

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """What is left to do."""
        return (("Esc", "back"), ("Y", "I named it"), ("N", "I did not"), ("/", "find"), ("y", "copy"))

    def on_mount(self) -> None:
        """Read the record."""
        self.title_line.show(SafeText("Drill"), SafeText("reading the record"), Content(""))
        self.action_again()

    def action_again(self) -> None:
        """Read it anew."""
        self.run_worker(self._read(), group="drill-result", exclusive=True)

    async def _read(self) -> None:
        store = self._records.store
        try:
            incident = await store.incident(self._incident)
            result = judged(incident, await store.events(incident.id))
            former = await former_drills(store, before=result)
        except OpsConsoleError as error:
            self.note.say(Content.assemble((f"{self.glyphs.down} {error}", "$level-error")))
            return
        if result is None:
            return
        self._lines = report(result, former)
        unjudged = bool(incident.cause) and result.named is None
        asked = Content.assemble((QUESTION, "$primary bold")) if unjudged else Content("")
        self.title_line.show(SafeText("Drill over"), incident.name, asked)
        self._draw()

    def on_resize(self) -> None:
        """Draw for the width there is now, once it is known."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        lines = [line for line in self._lines if not self._wanted or self._wanted.passes(line.words.casefold())]
        width = self._page.text_width
        parts = (part for line in lines for part in wrap(_drawn(line), width, len(named_text(line))))
        self._page.show(tuple(parts), key=self._wanted)

    def action_judge(self, named: bool) -> None:
        """Keep what the operator says of their own words."""
        self.run_worker(self._judge(named), group="drill-judge", exclusive=True)

    async def _judge(self, named: bool) -> None:
        try:
            if not (await self._records.store.incident(self._incident)).cause:
                self.notify("there is no cause to judge", markup=False)
                return
            await self._records.book.write_facts([Fact(DrillNamed(named))], incident=self._incident)
        except OpsConsoleError as error:
            self.note.say(Content.assemble((f"{self.glyphs.down} not kept: {error}", "$level-error")))
            return
        await self._read()

    def narrow(self, wanted: TextFilter) -> None:
        """Only lines with certain words."""
        self._wanted = wanted
        self._draw()

    def copied(self) -> str:
        """The report as it is printed."""
        return plain(self._lines)


def _drawn(line: ReportLine) -> Content:
    style = _STYLES[line.tone]
    if line == GAP or line.tone is Tone.HEADING:
        return Content.assemble((line.words, style))
    return Content.assemble((named_text(line), "$muted"), (line.words, style))
