"""What the logs pane asks for: the keys that change the query, each a new scope that Esc leaves again."""

from __future__ import annotations

from abc import abstractmethod

import msgspec

from opsconsole.domain.log_query import LogFilter, LogOrigin, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.safe_text import safe_text
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.logs.chips_screen import ChipsScreen
from opsconsole.screens.logs.link_screen import LinkScreen
from opsconsole.screens.logs.narrowing import filter_words, origins, with_filter, with_next_level, with_words
from opsconsole.screens.logs.pattern_view import PatternView
from opsconsole.screens.logs.saved_screen import SavedScreen
from opsconsole.screens.messages import ScopeChosen
from opsconsole.screens.pane import PaneView
from opsconsole.screens.row_pane import ItemPane
from opsconsole.screens.time_markers import change_markers
from opsconsole.widgets.log_query_line import LogQueryLine
from opsconsole.widgets.log_row import FieldRow

_NOTHING_ELSE = {
    LogOrigin.STORE: "there are only the containers' own logs here: no log store is configured",
    LogOrigin.CONTAINERS: "there is only the log store here: Kubernetes is not configured",
}


class QueryPane(ItemPane[LogRecord]):
    """A pane about log lines; the query line stands in it."""

    query_line: LogQueryLine

    @property
    @abstractmethod
    def current_field(self) -> FieldRow | None:
        """The field under the cursor, where a line is opened."""

    def ask(self, query: LogQuery, words: str) -> None:
        """Let every pane follow the scope with `query`; `words` name the step."""
        view = self.view
        if view is not None and query != view.scope.logs:
            self.post_message(ScopeChosen(msgspec.structs.replace(view.scope, logs=query), SafeText(words)))

    # --- words

    def action_search_logs(self) -> None:
        """Type words."""
        if self.view is not None:
            query = self.view.scope.logs
            self.query_line.open(query.words, query.syntax)

    def on_log_query_line_asked(self, event: LogQueryLine.Asked) -> None:
        """Ask for lines with the words."""
        event.stop()
        if self.view is not None:
            syntax = LogSyntax(event.syntax)
            self.ask(with_words(self.view.scope.logs, safe_text(event.words, 1000), syntax), "search")

    def on_log_query_line_closed(self, event: LogQueryLine.Closed) -> None:
        """The keys go back to the lines."""
        event.stop()
        self.focus_target.focus()

    # --- level, values, chips

    def action_level_at_least(self) -> None:
        """All levels, warnings and worse, errors and worse."""
        if self.view is not None:
            self.ask(with_next_level(self.view.scope.logs), "level")

    def action_include_value(self) -> None:
        """Show only lines that have the value under the cursor."""
        self._filter_by_cursor(exclude=False)

    def action_exclude_value(self) -> None:
        """Show only lines that do not have the value under the cursor."""
        self._filter_by_cursor(exclude=True)

    def _filter_by_cursor(self, *, exclude: bool) -> None:
        field, record, view = self.current_field, self.current, self.view
        if view is None or record is None:
            return
        if field is not None:
            self._add(LogFilter(field.name, field.value, exclude))
            return
        found = [msgspec.structs.replace(one, exclude=exclude) for one in origins(record)]
        if not found:
            self.notify("this line does not tell where it comes from; o opens its fields", markup=False)
            return

        def chosen(place: str | None) -> None:
            if place is not None:
                self._add(found[int(place)])

        title = SafeText("Leave out lines of" if exclude else "Only lines of")
        choices = tuple(
            Choice(str(place), filter_words(msgspec.structs.replace(one, exclude=False)))
            for place, one in enumerate(found)
        )
        self.app.push_screen(ChoiceScreen(title, choices, "type to narrow; o opens all fields of a line"), chosen)

    def _add(self, wanted: LogFilter) -> None:
        if self.view is not None:
            self.ask(with_filter(self.view.scope.logs, wanted), "filter")

    def action_choose_chips(self) -> None:
        """Take away, turn round and add what narrows the lines."""
        view = self.view
        if view is None:
            return

        def chosen(query: LogQuery | None) -> None:
            if query is not None:
                self.ask(query, "filter")

        names = self.known_fields()
        self.app.push_screen(ChipsScreen(view.scope.logs, view.feeds.lines(), view.feeds.log_search(), names), chosen)

    @abstractmethod
    def known_fields(self) -> tuple[SafeText, ...]:
        """Names of the fields of the lines at hand."""

    def action_saved_searches(self) -> None:
        """Take up a saved search, or save the present one."""
        view = self.view
        if view is None:
            return

        def chosen(query: LogQuery | None) -> None:
            if query is not None:
                self.ask(query, "search")

        self.app.push_screen(SavedScreen(view.scope.logs, self.glyphs), chosen)

    def action_log_patterns(self) -> None:
        """What the lines have in common, and what the last change did to that."""
        view = self.view
        source = view.feeds.lines() if view is not None else None
        if view is None or source is None:
            return
        markers = change_markers(view.feeds.snapshot(topics.CHANGES), view.scope.selection.service)
        search = msgspec.structs.replace(
            view.feeds.log_search(), span=view.span, query=msgspec.structs.replace(view.scope.logs, pattern=None)
        )
        self.app.push_screen(PatternView(view.scope, search, source, markers, self.glyphs, view.feeds.clock, self.zone))

    # --- elsewhere

    def action_log_origin(self) -> None:
        """Lines of the log store, or of the containers themselves."""
        view = self.view
        if view is None:
            return
        other = LogOrigin.STORE if view.scope.log_origin is LogOrigin.CONTAINERS else LogOrigin.CONTAINERS
        if view.feeds.has_lines_of(other):
            self.post_message(ScopeChosen(msgspec.structs.replace(view.scope, log_origin=other), SafeText(other.value)))
        else:
            self.notify(_NOTHING_ELSE[self._origin(view)], markup=False)

    @staticmethod
    def _origin(view: PaneView) -> LogOrigin:
        """The origin that cannot be turned to."""
        return LogOrigin.CONTAINERS if view.feeds.has_lines_of(LogOrigin.STORE) else LogOrigin.STORE

    def action_log_link(self) -> None:
        """The same search in a browser."""
        view = self.view
        source = view.feeds.lines() if view is not None else None
        if view is None or source is None:
            return
        link = source.link(view.feeds.log_search())
        if link is not None:
            self.app.copy_to_clipboard(link)
        self.app.push_screen(LinkScreen(link))
