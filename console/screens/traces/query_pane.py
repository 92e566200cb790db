"""What the traces pane asks for: the keys that change the query, each a new scope that Esc leaves again."""

from __future__ import annotations

import msgspec

from opsconsole.actions import PaneName
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.following import asked_anew, follow_trace_id
from opsconsole.screens.jumps.jump import Spot
from opsconsole.screens.messages import JumpAsked, ScopeChosen
from opsconsole.screens.row_pane import RowPane
from opsconsole.screens.traces.query_words import chips, without
from opsconsole.screens.traces.search_form import TraceSearchForm
from opsconsole.screens.traces.sought import Sought

_ALL = "all"
NOT_CONFIGURED = "no source of traces is configured, see docs/configuration.md"


class TraceQueryPane(RowPane[TraceList, Trace]):
    """A pane about traces that match a query."""

    def ask(self, query: TraceQuery, words: str) -> None:
        """Let every pane follow the scope with `query`; `words` name the step."""
        if self.view is not None:
            self._go(msgspec.structs.replace(self.view.scope, traces=query), words)

    def _go(self, scope: Scope, words: str) -> None:
        if self.view is not None and scope != self.view.scope:
            self.post_message(ScopeChosen(scope, SafeText(words)))

    def action_errors_only(self) -> None:
        """Only traces in which something failed, or all."""
        if self.view is not None:
            query = self.view.scope.traces
            self.ask(msgspec.structs.replace(query, errors=not query.errors), "errors")

    # --- the form

    def action_search_traces(self) -> None:
        """Say what traces are wanted, or which one."""
        view = self.view
        source = view.feeds.traces if view is not None else None
        if view is None or source is None:
            self.notify(NOT_CONFIGURED, markup=False)
            return
        selection = view.scope.selection
        self.app.push_screen(TraceSearchForm(Sought(selection.service, view.scope.traces), source), self._search)

    def _search(self, sought: Sought | None) -> None:
        view = self.view
        if sought is None or view is None:
            return
        if sought.trace is not None:
            self._look_up(sought.trace)
            return
        before = view.scope.selection
        pod = before.pod if sought.service == before.service else None
        selection = msgspec.structs.replace(before, service=sought.service, pod=pod, trace=None)
        scope = view.scope if sought.service == before.service else asked_anew(view.scope)
        self._go(msgspec.structs.replace(scope, selection=selection, traces=sought.query), "search")

    def _look_up(self, trace_id: SafeText) -> None:
        """Its waterfall opens once the store has answered; its lines are there, too."""
        view = self.view
        if view is not None:
            scope = follow_trace_id(view.scope, trace_id, None, view.now)
            words = SafeText(f"trace {trace_id[:8]}")
            self.post_message(JumpAsked(scope, PaneName.TRACES, words, spot=Spot(trace_id, opened=True)))

    # --- taking away

    def action_widen_traces(self) -> None:
        """Take away what narrows the traces: the only chip there is, or a chosen one."""
        view = self.view
        if view is None:
            return
        shown = chips(view.scope.traces, view.scope.selection.trace)
        if not shown:
            self.notify("nothing narrows the traces: / says what is wanted", markup=False)
        elif len(shown) == 1:
            self._take_away(shown[0].key)
        else:
            choices = (Choice(_ALL, SafeText("everything")), *(Choice(chip.key, chip.words) for chip in shown))
            title = SafeText("Take away")
            self.app.push_screen(ChoiceScreen(title, choices, "type to narrow"), self._take_away)

    def _take_away(self, key: str | None) -> None:
        view = self.view
        if key is None or view is None:
            return
        scope = view.scope
        query = TraceQuery() if key == _ALL else without(scope.traces, key)
        if key in (_ALL, "trace"):
            scope = msgspec.structs.replace(scope, selection=msgspec.structs.replace(scope.selection, trace=None))
        self._go(msgspec.structs.replace(scope, traces=query), "search")
