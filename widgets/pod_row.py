"""One pod of the list, in as many columns as there is room for."""

from __future__ import annotations

import msgspec
from textual.content import Content

from opsconsole.domain.pod import Pod, Probe
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.names import short_pod
from opsconsole.widgets.pod_facts import last_end, sentence_of, version_of
from opsconsole.widgets.probes import (
    PROBE_STYLES,
    PROBE_WORDS,
    back_off_text,
    failures_text,
    probe_sign,
    restart_text,
    telling_probe,
    worst_state,
)
from opsconsole.widgets.rows import RowView, fit, pad, width_of

Pieces = list[tuple[str, str]]

_TROUBLE_CELLS = 18
_TIME_CELLS = 6
_VERSION_CELLS = 16
_NODE_CELLS = 16
_ENDED_CELLS = 16
_OWNER_CELLS = 32
_LEAST_WHY = 16
"""Cells below which a sentence says nothing."""

_NAMES_FROM = 44
_BOTH_TIMES_FROM = 64
_VERSION_FROM = 84
_ENDED_FROM = 96
_NODE_FROM = 132
_OWNER_FROM = 190
"""Cells from which a row has room for: the trouble's name, its age beside the pod's, and so on."""


class PodColumns(msgspec.Struct, frozen=True):
    """Cells of the columns, the same for all rows of a list; 0 for a column that has nothing to say."""

    name: int
    restarts: int = 0
    trouble: int = 0
    ended: int = 0
    version: int = 0
    node: int = 0
    since: bool = False
    """Whether any pod knows since when it is in trouble."""
    why: bool = False
    """Whether the sentence stands in the row, because no pod has a line for it."""
    namespace: int = 0
    """More than 0 where pods of several namespaces stand together."""


class PodRow(msgspec.Struct, frozen=True):
    """One pod. `explained` and `described` give it a line each: why it is not well, and what it runs."""

    key: str
    pod: Pod
    columns: PodColumns
    explained: bool = False
    described: bool = False
    indented: bool = False

    @property
    def height(self) -> int:
        """One line, one more for a pod whose trouble is explained, and one for what it runs and where."""
        return 1 + self.explained + self.described

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`checkout-7d9f-abcde ready✘ live✘ ↻2 NotReady 4m`, below it the failing probe, and what it runs."""
        lines = [self._first(view)]
        if self.explained:
            lines.append(self._second(view))
        if self.described:
            lines.append(self._description(view))
        return tuple(lines)

    def _first(self, view: RowView) -> Content:
        pod, glyphs, width = self.pod, view.glyphs, view.width
        indent = "  " if self.indented else ""
        near, far = self._near(view), self._far(view)
        room = max(6, width - len(indent) - _cells(near) - _cells(far) - 1)
        cells = min(self.columns.name, room) if width >= _NAMES_FROM else room
        name = pad(short_pod(pod.name, cells, glyphs.cut), cells, glyphs.cut)
        why = self._why(room - cells, glyphs.cut) if far else []
        return Content.assemble(indent, (name, "bold" if pod.trouble else ""), " ", *near, *why, *far)

    def _why(self, room: int, cut: SafeText) -> Pieces:
        """The sentence, where no line of its own holds it, on what is left of the first one."""
        if room < _LEAST_WHY or not self.columns.why:
            return []
        return [(f" {pad(sentence_of(self.pod), room - 1, cut)}", "")]

    def _near(self, view: RowView) -> Pieces:
        """What stands right behind the name: probes, restarts, the trouble and since when."""
        pod, glyphs, width, columns = self.pod, view.glyphs, view.width, self.columns
        pieces = self._probes(view)
        restarts = f"{glyphs.restarts}{pod.restarts}" if pod.restarts else ""
        if columns.restarts and width >= 26:
            pieces.append((f" {restarts:<{columns.restarts}}", "$level-warn"))
        if columns.ended and width >= _ENDED_FROM:
            pieces.append((f" {pad(last_end(pod), min(columns.ended, _ENDED_CELLS), glyphs.cut)}", "$level-warn"))
        if width < _NAMES_FROM:
            return pieces
        cells = min(columns.trouble, _TROUBLE_CELLS if width >= _BOTH_TIMES_FROM else max(6, width - 44))
        pieces.append((f" {pad(pod.trouble, cells, glyphs.cut)}" if cells else "", "$probe-failing"))
        since = "" if pod.since is None else format_duration(view.now - pod.since)
        age = format_duration(view.now - pod.created_at)
        if width < _BOTH_TIMES_FROM:
            pieces.append((f" {since or age:>{_TIME_CELLS}}", "$probe-failing" if since else "$muted"))
        else:
            pieces.append((f" {since:>{_TIME_CELLS}}" if columns.since else "", "$probe-failing"))
        return pieces

    def _far(self, view: RowView) -> Pieces:
        """What stands at the end of wide rows: age, version, node, owner."""
        pod, cut, width = self.pod, view.glyphs.cut, view.width
        pieces: Pieces = []
        if width >= _BOTH_TIMES_FROM:
            pieces.append((f" {format_duration(view.now - pod.created_at):>{_TIME_CELLS}}", "$muted"))
        if width >= _VERSION_FROM:
            pieces.append((f" {pad(version_of(self.pod), min(self.columns.version, _VERSION_CELLS), cut)}", "$muted"))
        if self.columns.namespace and width >= _VERSION_FROM:
            pieces.append((f" {pad(pod.namespace, self.columns.namespace, cut)}", "$muted"))
        if width >= _NODE_FROM:
            pieces.append((f" {pad(pod.node, min(self.columns.node, _NODE_CELLS), cut)}", "$muted"))
        if width >= _OWNER_FROM:
            pieces.append((f" {pad(pod.owner, _OWNER_CELLS, cut)}", "$muted"))
        return pieces

    def _probes(self, view: RowView) -> Pieces:
        pieces: Pieces = []
        for kind, word in PROBE_WORDS.items():
            state = worst_state(self.pod, kind)
            style = "$muted" if state is None else PROBE_STYLES[state]
            sign = probe_sign(state, view.glyphs)
            if view.width >= 100:
                pieces.append((f"{word} {sign} ", style))
            elif view.width >= 36:
                pieces.append((f"{word[0].upper()}{sign} ", style))
            elif view.width >= 30:
                pieces.append((f"{word[0].upper()}{sign}", style))
            else:
                pieces.append((sign, style))
        return pieces

    @property
    def _indent(self) -> str:
        """In front of the lines below the first."""
        return "    " if self.indented else "  "

    def _description(self, view: RowView) -> Content:
        """`  r4 1.15.0  12m  node-2`: what the first line has no room for."""
        pod, width, indent = self.pod, view.width, self._indent
        age = format_duration(view.now - pod.created_at)
        parts = (
            version_of(self.pod) if width < _VERSION_FROM else "",
            age if width < _BOTH_TIMES_FROM and (width < _NAMES_FROM or pod.since is not None) else "",
            pod.node if width < _NODE_FROM else "",
            pod.containers[0].image if width >= _VERSION_FROM and pod.containers else "",
            pod.owner if width >= _VERSION_FROM else "",
        )
        said = SafeText("  ".join(part for part in parts if part))
        return Content.assemble(indent, (fit(said, width - len(indent), view.glyphs.cut), "$muted"))

    def _second(self, view: RowView) -> Content:
        """`  live ≈2/3 restart in ~8s: HTTP probe failed with statuscode: 500 (events)`, or why in a sentence."""
        pod, glyphs, indent = self.pod, view.glyphs, self._indent
        room = view.width - len(indent)
        probe = telling_probe(pod)
        if probe is None:
            since = "" if pod.since is None else format_duration(view.now - pod.since)
            word = " ".join(part for part in (pod.trouble, since) if part) if view.width < _NAMES_FROM else ""
            head = fit(SafeText(word), room, glyphs.cut)
            gap = " " if head else ""
            said = fit(sentence_of(pod), room - width_of(head) - len(gap), glyphs.cut)
            return Content.assemble(indent, (head, "$probe-failing"), gap, (said, "$muted"))
        figures = " ".join(
            text
            for text in (PROBE_WORDS[probe.kind], failures_text(probe, glyphs), self._next(probe, view.now))
            if text
        )
        figures = fit(SafeText(figures), room, glyphs.cut)
        rest = room - width_of(figures) - 1
        said = fit(SafeText(f"{probe.last_failure} ({probe.evidence.value})".strip()), rest, glyphs.cut)
        return Content.assemble(indent, (figures, "$probe-failing"), " ", (said if rest >= 8 else "", "$muted"))

    def _next(self, probe: Probe, now: float) -> str:
        """When its container is restarted, or, where it has ended already, started again."""
        container = next(one for one in self.pod.containers if probe in one.probes)
        if container.state == "running":
            return restart_text(probe, now)
        return back_off_text(container, now) or container.reason or container.state


def _cells(pieces: Pieces) -> int:
    return sum(width_of(text) for text, _ in pieces)
