"""Pages about one object, read afresh: its description, its YAML."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.errors import SourceError
from opsconsole.domain.pod import Pod
from opsconsole.domain.pod_description import PodDescription
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.screens.full_view import FullView
from opsconsole.sources.protocols import WorkloadSource
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.details.pod_description import pod_description
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.marking import marked
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.text_filter import TextFilter

T = TypeVar("T")


class PageView(FullView, Generic[T]):
    """Lines of one reading. It stays while it is read again, and says so when that fails."""

    FIND: ClassVar[str] = "words to find; n and N go on"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "seek(1)", "next", id="page.next"),
        Binding("N", "seek(-1)", "before", id="page.before"),
    ]

    def __init__(self, ref: ObjectRef, source: WorkloadSource, glyphs: Glyphs, clock: Clock, zone: tzinfo) -> None:
        """About `ref`, asked of `source`."""
        super().__init__(glyphs, clock, zone)
        self.ref = ref
        self.source = source
        self._page = DetailView(glyphs=glyphs)
        self._value: T | None = None
        self._read_at = 0.0
        self._found = TextFilter()

    @property
    def body(self) -> Widget:
        """The page."""
        return self._page

    @abstractmethod
    async def ask(self) -> Reading[T]:
        """Read it. Raises `SourceError`."""

    @abstractmethod
    def lines(self, value: T, now: float) -> tuple[Content, ...]:
        """The page of `value`."""

    def on_mount(self) -> None:
        """Ask."""
        self.action_again()

    def action_again(self) -> None:
        """Read it again."""
        self._say(Content.assemble((f"asking kubernetes{self.glyphs.more}", "$muted")))
        self.run_worker(self._read(), exclusive=True, group="page")

    async def _read(self) -> None:
        try:
            reading = await self.ask()
        except SourceError as error:
            old = "" if self._value is None else f"; below is what was read at {clock_text(self._read_at, self.zone)}"
            self._say(Content.assemble((f"{self.glyphs.down} {error.sentence}{old}", "$level-error")))
            return
        self._value, self._read_at = reading.value, self.clock.now()
        notes = "; ".join(reading.completeness.notes)
        read = Content.assemble((f"read at {clock_text(self._read_at, self.zone)}", "$muted"))
        self._say(read)
        self.note.say(
            Content.assemble((f"{self.glyphs.partial} not all could be read: {notes}", "$level-warn"))
            if notes
            else Content("")
        )
        self._draw()

    def _say(self, standing: Content) -> None:
        self.title_line.show(self.ref.words, SafeText(""), standing)

    def _draw(self) -> None:
        if self._value is not None:
            lines = self.lines(self._value, self.clock.now())
            if self._found.wanted:
                lines = tuple(marked(line, self._found.wanted) for line in lines)
            self._page.show(lines, key=self.ref)

    def narrow(self, wanted: TextFilter) -> None:
        """Go to the first place of the words from here on."""
        self._found = wanted
        self._draw()
        if wanted.wanted:
            self.action_seek(1)

    def action_seek(self, step: int) -> None:
        """The next place of the words, or the one before."""
        if self._found.wanted and not self._page.seek(self._found.wanted, step):
            self.note.say(Content.assemble(("no such words here", "$level-warn")))
        elif self._found.wanted:
            self.note.say(Content(""))

    def copied(self) -> str:
        """The page as plain text."""
        return self._page.text


class DescribeView(PageView[PodDescription]):
    """A pod described, with what the list knows of its probes."""

    def __init__(
        self,
        ref: ObjectRef,
        source: WorkloadSource,
        glyphs: Glyphs,
        clock: Clock,
        zone: tzinfo,
        known: Callable[[], Pod | None],
    ) -> None:
        """`known` is what the list says of the pod at the moment."""
        super().__init__(ref, source, glyphs, clock, zone)
        self._known = known

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys of the page."""
        return (("Esc", "back"), ("/", "find"), ("n", "next"), ("R", "read again"), ("y", "copy"))

    async def ask(self) -> Reading[PodDescription]:
        """Read the pod with its events."""
        return await self.source.describe(self.ref)

    def lines(self, value: PodDescription, now: float) -> tuple[Content, ...]:
        """Events first."""
        return pod_description(value, self._known(), now=now, zone=self.zone, glyphs=self.glyphs)


class ManifestView(PageView[tuple[SafeText, ...]]):
    """An object as YAML; `m` shows who manages which field, too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("m", "managed", "managed fields", id="manifest.managed")]

    _whole = False

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys of the page."""
        managed = "without managed fields" if self._whole else "managed fields"
        return (("Esc", "back"), ("/", "find"), ("n", "next"), ("m", managed), ("R", "read again"), ("y", "copy"))

    async def ask(self) -> Reading[tuple[SafeText, ...]]:
        """Read the object."""
        return await self.source.manifest(self.ref, whole=self._whole)

    def lines(self, value: tuple[SafeText, ...], now: float) -> tuple[Content, ...]:
        """The lines, keys muted."""
        del now
        return tuple(map(_yaml_line, value))

    def action_managed(self) -> None:
        """With `managedFields`, or without."""
        self._whole = not self._whole
        self.draw_keys()
        self.action_again()


def _yaml_line(line: SafeText) -> Content:
    """The key in its own colour; the rest as it is."""
    key, colon, value = line.partition(":")
    if not colon or (value and not value.startswith(" ")) or "'" in key or '"' in key:
        return Content(line)
    return Content.assemble((key, "$primary"), ":", value)
