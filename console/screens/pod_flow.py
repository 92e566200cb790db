"""The probes of the selected pod, beside or below the list."""

from __future__ import annotations

import enum

import msgspec
from textual.content import Content
from textual.geometry import Size

from opsconsole.domain.pod import Pod
from opsconsole.domain.text import SafeText
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.probe_flow import flow_order, probe_flow

_BESIDE_FROM = 170
"""Cells from which list and flow stand side by side."""
_BESIDE_CELLS = 60
_SIDES = 2


class Where(enum.Enum):
    """Where the flow stands; the value is its CSS class."""

    NOWHERE = "-nowhere"
    BELOW = "-below"
    BESIDE = "-beside"


class FlowPlace(msgspec.Struct, frozen=True):
    """Where the flow stands and the cells and lines it may take."""

    where: Where
    width: int = 0
    height: int = 0


def flow_place(width: int, height: int, rows: int, lines: int) -> FlowPlace:
    """The place of a flow of `lines` lines in a pane of `width` x `height` cells whose list has `rows` lines.

    The list comes first: below it the flow gets what the list does not need, and of a long list nothing that would
    not leave it two thirds of the pane.
    """
    if width >= _BESIDE_FROM and height > lines:
        return FlowPlace(Where.BESIDE, _BESIDE_CELLS, height)
    left = height - min(rows, height * 2 // 3)
    return FlowPlace(Where.BELOW, width, lines) if left >= lines else FlowPlace(Where.NOWHERE)


class PodFlow(DetailView, can_focus=False):
    """Draws the flow of one pod where there is a place for it."""

    def __init__(self, glyphs: Glyphs) -> None:
        """No pod yet."""
        super().__init__(glyphs=glyphs, id="pod-flow", classes=Where.NOWHERE.value)
        self._signs = glyphs
        self._place = FlowPlace(Where.NOWHERE)
        self._pod: Pod | None = None
        self._container: SafeText | None = None

    def turn(self) -> str:
        """Go to the pod's next container with probes; the reason, in words, where there is none to see."""
        shown = flow_order(self._pod) if self._pod is not None else ()
        if len(shown) < 2:
            return "this pod has no other container with probes"
        if self._place.where is Where.NOWHERE:
            return "there is no room for the probes here; f gives the pane the whole screen, o opens the pod"
        names = [one.name for one in shown]
        place = names.index(self._container) if self._container in names else 0
        self._container = names[(place + 1) % len(names)]
        return ""

    def show_pod(self, pod: Pod | None, size: Size, rows: int, now: float) -> None:
        """The flow of `pod` as of `now` (unix seconds) in a pane of `size`, beside or below a list of `rows` lines."""
        if pod is None or self._pod is None or pod.uid != self._pod.uid:
            self._container = None
        self._pod = pod
        place = FlowPlace(Where.NOWHERE)
        lines: tuple[Content, ...] = ()
        if pod is not None and any(container.probes for container in pod.containers):
            cells = _BESIDE_CELLS if size.width >= _BESIDE_FROM else size.width
            lines = (Content(""), *probe_flow(pod, now, self._signs, cells - _SIDES, self._container))
            place = flow_place(size.width, size.height, rows, len(lines))
        if place != self._place:
            self._place = place
            for where in Where:
                self.set_class(where is place.where, where.value)
            self.styles.height = place.height if place.where is Where.BELOW else "1fr"
        if pod is not None and place.where is not Where.NOWHERE:
            self.show(lines, key=pod.uid)
