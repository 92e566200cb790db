"""The list of pods: those in trouble first, narrowed by words, grouped by workload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from opsconsole.domain.pod import Pod, PodList
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import Workload, WorkloadList
from opsconsole.safe_text import safe_text
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.pod_facts import PodBook, WorkloadName
from opsconsole.widgets.pod_groups import PodGroups
from opsconsole.widgets.pod_row import PodColumns
from opsconsole.widgets.pod_rows import Entry, PodRows
from opsconsole.widgets.rows import Row, RowList
from opsconsole.widgets.rows.sequence import RowSequence
from opsconsole.widgets.text_filter import TextFilter
from opsconsole.widgets.workload_row import WorkloadRow

EXPLAINED = 20
"""Pods in trouble that get a second line; with more of them an overview helps more."""

DESCRIBED = 8
"""Pods of a list up to which each says its version and node, in whatever width."""

_NAMESPACE_CELLS = 16


class PodRowList(RowList, inherit_bindings=False):
    """As any list, but `g` is left to the pane, where it groups.

    Until somebody has put the cursor elsewhere, or has the keys here, it stays on top, on the pod in most trouble:
    orders given in other panes are about the pod under it.
    """

    _held = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", one.action, one.description, show=False, id="pods.top")
        if isinstance(one, Binding) and one.id == "list.top"
        else one
        for one in RowList.BINDINGS
    ]

    def _go(self, index: int, *, by_user: bool = True) -> None:
        self._held = self._held or by_user
        super()._go(index, by_user=by_user)

    def _replace(self, rows: RowSequence) -> None:
        before = self.cursor_key
        super()._replace(rows)
        if before is not None and rows and rows.index_of(before) is None:
            self._held = False
        if not self._held and not self.has_focus:
            self._go(0, by_user=False)


class PodListView(FeedList[PodList, Pod]):
    """Pods in the order given, those in trouble with a line that says why.

    A list in which few pods changed is taken in a few milliseconds, however long it is: pods that are the
    identical objects as before are not looked at again.
    """

    SOURCE: ClassVar[str] = "kubernetes"
    ROWS: ClassVar[type[RowList]] = PodRowList

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold('toggle')", "fold", show=False, id="pods.fold"),
        Binding("left", "fold('close')", "fold", show=False, id="pods.close"),
        Binding("right", "fold('open')", "unfold", show=False, id="pods.open"),
    ]

    def __init__(
        self,
        *,
        source: str | None = None,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """No pods asked for yet."""
        super().__init__(source=source, glyphs=glyphs, zone=zone, id=id, classes=classes)
        self._book = PodBook()
        self._typed = ""
        self._filter = TextFilter()
        self._faults_only = False
        self._grouped = False
        self._groups = PodGroups()
        self._workloads: WorkloadList | None = None
        self._by_name: Mapping[WorkloadName, Workload] = {}
        self._pod_rows = PodRows((), PodColumns(0))
        self._shown = 0

    # --- what is shown

    def narrow(self, typed: str) -> None:
        """Show only pods whose text has all words of `typed` and none of its `!words`."""
        if typed != self._typed:
            self._typed = typed
            self._filter = TextFilter.of(typed)
            self._book.narrow(self._filter)
            self.rebuild()

    def show_faults(self, alone: bool) -> None:
        """Show only pods with something wrong, or all."""
        if alone != self._faults_only:
            self._faults_only = alone
            self.rebuild()

    def group(self, grouped: bool) -> None:
        """Put pods below their workloads, or all in one list."""
        if grouped != self._grouped:
            self._grouped = grouped
            self.rebuild()

    def know(self, workloads: WorkloadList | None) -> None:
        """What workloads want and how their rollouts go, for the headings."""
        if workloads is not self._workloads:
            self._workloads = workloads
            known = workloads.workloads if workloads is not None else ()
            self._by_name = {
                WorkloadName(one.ref.namespace, SafeText(one.ref.kind.value), one.ref.name): one for one in known
            }
            if self._grouped:
                self.rebuild()

    @property
    def faults_only(self) -> bool:
        """Whether pods that are well are hidden."""
        return self._faults_only

    @property
    def grouped(self) -> bool:
        """Whether pods stand below their workloads."""
        return self._grouped

    @property
    def typed(self) -> str:
        """The filter as it was typed."""
        return self._typed

    @property
    def selected(self) -> Pod | None:
        """The pod under the cursor; on a heading the first pod below it, the worst of the workload."""
        key = self._rows.cursor_key
        entry = None if key is None else self._pod_rows.entry(key)
        if isinstance(entry, WorkloadRow):
            return next((pod for pod in self._passing() if self._book.facts(pod).workload == entry.name), None)
        return entry

    @property
    def line_count(self) -> int:
        """Lines of all rows together."""
        return self._pod_rows.line_count

    # --- words

    @property
    def count_text(self) -> SafeText:
        """How many are ready of how many: `2/3 ready`."""
        if self._value is None:
            return SafeText("")
        return SafeText(f"{self._book.ready:,}/{len(self._value.pods):,} ready")

    @property
    def shown_text(self) -> SafeText:
        """`23 of 10,000 shown`; empty when nothing is hidden."""
        if self._value is None or not (self._filter or self._faults_only):
            return SafeText("")
        return SafeText(f"{self._shown:,} of {len(self._value.pods):,} shown")

    @property
    def chosen_text(self) -> SafeText:
        """By what the pods shown were chosen; empty when nothing is hidden."""
        typed = safe_text(self._typed, 64) if self._filter else ""
        return SafeText(" ".join(part for part in ("faults" if self._faults_only else "", typed) if part))

    def empty(self) -> tuple[SafeText, ...]:
        """No pods match the selection, or what was typed."""
        if self._value is not None and self._value.pods:
            wrong = "with something wrong " if self._faults_only else ""
            return (
                SafeText(f"none of {len(self._value.pods):,} pods {wrong}{'matches' if self._filter else 'is here'}"),
                SafeText("Esc shows all of them again"),
            )
        return (SafeText("no pods here"), SafeText("another namespace or service may have some"))

    def remark(self, value: PodList) -> str:
        """The namespaces that are closed to these credentials."""
        if not value.forbidden:
            return ""
        return f"{self._glyphs.no_access} no access to pods in {', '.join(value.forbidden)}"

    # --- rows

    def item(self, key: str) -> Pod | None:
        """The pod of the row with `key`; None for a heading."""
        entry = self._pod_rows.entry(key)
        return None if isinstance(entry, WorkloadRow) else entry

    def build(self, value: PodList) -> Sequence[tuple[Row, Pod]]:
        """Rows of `value` with their pods; what `show` does without making them all."""
        self._arrange(value)
        rows = self._pod_rows
        return tuple((row, pod) for row in rows if (pod := self.item(row.key)) is not None)

    def _build(self) -> None:
        self._arrange(self._value or PodList(()))

    def _arrange(self, value: PodList) -> None:
        self._book.take(value.pods)
        pods = self._passing()
        self._shown = len(pods)
        book = self._book
        restarts = book.widest("restarts")
        entries = self._groups.entries(value.pods, pods, book, self._by_name) if self._grouped else pods
        explained = self._explained(entries)
        columns = PodColumns(
            name=book.widest("name_cells"),
            restarts=len(str(restarts)) + 1 if restarts else 0,
            trouble=book.widest("trouble_cells"),
            ended=book.widest("ended_cells"),
            version=book.widest("version_cells"),
            node=book.widest("node_cells"),
            since=book.widest("since") > 0,
            why=not explained and book.explainable > 0,
            namespace=min(_NAMESPACE_CELLS, max(map(len, book.namespaces))) if len(book.namespaces) > 1 else 0,
        )
        self._pod_rows = PodRows(
            entries,
            columns,
            explained=explained,
            described=len(pods) <= DESCRIBED and not self._grouped,
            grouped=self._grouped,
        )
        self._built = self._pod_rows

    def _passing(self) -> Sequence[Pod]:
        """The pods that are not hidden, in their order."""
        pods = self._value.pods if self._value is not None else ()
        return self._book.chosen(pods, faulty=self._faults_only)

    def _explained(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Places of the pods that get a line for why; none when they are too many."""
        if not self._book.explainable or (not self._filter and self._book.explainable > EXPLAINED):
            return ()
        places = [
            place for place, entry in enumerate(entries) if isinstance(entry, Pod) and self._book.is_explainable(entry)
        ]
        return tuple(places) if len(places) <= EXPLAINED else ()

    # --- keys

    def action_fold(self, way: str) -> None:
        """Fold, unfold or `toggle` the workload under the cursor, or that of the pod under it."""
        key = self._rows.cursor_key
        entry = None if key is None or not self._grouped else self._pod_rows.entry(key)
        if entry is None:
            return
        name = entry.name if isinstance(entry, WorkloadRow) else self._book.facts(entry).workload
        opened = self._groups.is_open(name.key)
        wanted = not opened if way == "toggle" else way == "open"
        if wanted != opened:
            self._groups.unfold(name.key, wanted)
            if not wanted:
                self._rows.select(name.key)
            self.rebuild()
