"""The pods pane: every pod with its probes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import ClassVar

import msgspec
from textual.content import Content

from opsconsole.domain.pod import Pod, PodList
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.names import image_tag, short_pod
from opsconsole.widgets.probes import (
    PROBE_STYLES,
    PROBE_WORDS,
    failures_text,
    probe_sign,
    restart_text,
    telling_probe,
    worst_state,
)
from opsconsole.widgets.rows import Row, RowView, fit, pad, width_of

EXPLAINED = 20
"""Pods in trouble that get a second line; with more of them an overview helps more."""

DESCRIBED = 8
"""Pods of a list up to which each says its version and node, in whatever width."""

_TROUBLE_CELLS = 18
_AGE_CELLS = 6
_VERSION_CELLS = 16
_VERSION_FROM = 84
_AGE_FROM = 44
"""Cells from which the first line has room for the version, and for the age."""

Pieces = list[tuple[str, str]]


class PodRow(msgspec.Struct, frozen=True):
    """One pod. The cells of its columns fit the whole list; `explained` and `described` give a line each."""

    key: str
    pod: Pod
    name_cells: int
    restart_cells: int
    trouble_cells: int
    explained: bool
    described: bool = False

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
        tail = self._tail(view)
        room = max(6, width - sum(width_of(text) for text, _ in tail) - 1)
        cells = min(self.name_cells, room) if width >= 44 else room
        name = pad(short_pod(pod.name, cells, glyphs.cut), cells, glyphs.cut)
        return Content.assemble((name, "bold" if pod.trouble else ""), (" ", ""), *tail)

    def _tail(self, view: RowView) -> Pieces:
        pod, glyphs, width = self.pod, view.glyphs, view.width
        tail = self._probes(view)
        restarts = f"{glyphs.restarts}{pod.restarts}" if pod.restarts else ""
        trouble = pod.trouble
        if width >= 44:
            tail.append((f" {restarts:<{self.restart_cells}}" if self.restart_cells else "", "$level-warn"))
            cells = min(self.trouble_cells, _TROUBLE_CELLS if width >= 64 else max(6, width - 44))
            tail.append((f" {pad(trouble, cells, glyphs.cut)}" if cells else "", "$probe-failing"))
            tail.append((f" {format_duration(view.now - pod.created_at):>{_AGE_CELLS}}", "$muted"))
        elif self.restart_cells and width >= 26:
            tail.append((f" {restarts:<{self.restart_cells}}", "$level-warn"))
        if width >= _VERSION_FROM:
            tail.append((f" {pad(self._version(), _VERSION_CELLS, glyphs.cut)}", "$muted"))
        return tail

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

    def _version(self) -> SafeText:
        tag = image_tag(self.pod.containers[0].image) if self.pod.containers else SafeText("")
        revision = f"r{self.pod.revision}" if self.pod.revision else ""
        return SafeText(" ".join(text for text in (revision, tag) if text))

    def _description(self, view: RowView) -> Content:
        """`  r4 1.15.0  12m  node-2`: what the first line has no room for."""
        pod, width = self.pod, view.width
        version = self._version() if width < _VERSION_FROM else ""
        age = format_duration(view.now - pod.created_at) if width < _AGE_FROM else ""
        image = pod.containers[0].image if width >= _VERSION_FROM and pod.containers else ""
        said = "  ".join(text for text in (version, age, pod.node, image) if text)
        return Content.assemble("  ", (fit(SafeText(said), width - 2, view.glyphs.cut), "$muted"))

    def _second(self, view: RowView) -> Content:
        """`  live ≈2/3 restart in ~8s: HTTP probe failed with statuscode: 500 (events)`."""
        glyphs = view.glyphs
        probe = telling_probe(self.pod)
        narrow_word = f"{self.pod.trouble} " if view.width < 44 else ""
        if probe is None:
            said = fit(SafeText(f"{narrow_word}{_said(self.pod)}".strip()), view.width - 2, glyphs.cut)
            return Content.assemble("  ", (said, "$muted"))
        figures = " ".join(
            text
            for text in (PROBE_WORDS[probe.kind], failures_text(probe, glyphs), restart_text(probe, view.now))
            if text
        )
        figures = fit(SafeText(f"{figures}"), view.width - 2, glyphs.cut)
        room = view.width - 2 - width_of(figures) - 1
        said = fit(SafeText(f"{probe.last_failure} ({probe.evidence.value})".strip()), room, glyphs.cut)
        return Content.assemble("  ", (figures, "$probe-failing"), " ", (said if room >= 8 else "", "$muted"))


def _said(pod: Pod) -> SafeText:
    """The cluster's own words for a pod's trouble, without a failing probe."""
    for container in pod.containers:
        if container.message:
            return container.message
        if container.last_reason:
            code = "" if container.last_exit_code is None else f", exit code {container.last_exit_code}"
            return SafeText(f"{container.name} last ended: {container.last_reason}{code}")
    return pod.message


def _explainable(pod: Pod) -> bool:
    return bool(telling_probe(pod) or (pod.trouble and _said(pod)))


class PodListView(FeedList[PodList, Pod]):
    """Pods in the order given, those in trouble with a line that says why."""

    SOURCE: ClassVar[str] = "kubernetes"

    @property
    def count_text(self) -> SafeText:
        """How many are ready of how many: `2/3 ready`."""
        if self._value is None:
            return SafeText("")
        pods = self._value.pods
        return SafeText(f"{sum(pod.ready for pod in pods):,}/{len(pods):,} ready")

    def empty(self) -> tuple[SafeText, ...]:
        """No pods match the selection."""
        return (SafeText("no pods here"), SafeText("another namespace or service may have some"))

    def remark(self, value: PodList) -> str:
        """The namespaces that are closed to these credentials."""
        if not value.forbidden:
            return ""
        return f"{self._glyphs.no_access} no access to pods in {', '.join(value.forbidden)}"

    def build(self, value: PodList) -> Sequence[tuple[Row, Pod]]:
        """One row a pod; with more than `EXPLAINED` in trouble each keeps to one line."""
        # One more than are explained is enough to know that none will be.
        explained = {pod.uid for pod in islice(filter(_explainable, value.pods), EXPLAINED + 1)}
        if len(explained) > EXPLAINED:
            explained = set()
        cells = max((width_of(pod.name) for pod in value.pods), default=0)
        trouble = max((width_of(pod.trouble) for pod in value.pods), default=0)
        restarts = max((pod.restarts for pod in value.pods), default=0)
        described = len(value.pods) <= DESCRIBED
        restart_cells = len(str(restarts)) + 1 if restarts else 0
        return tuple(
            (PodRow(pod.uid, pod, cells, restart_cells, trouble, pod.uid in explained, described), pod)
            for pod in value.pods
        )
