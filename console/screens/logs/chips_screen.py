"""Everything that narrows the log lines, in a list: take away, turn round, add."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_query import FieldValue, LogFilter, LogQuery, LogSearch
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.logs.narrowing import (
    LEVEL_FIELD,
    ORIGIN_FIELDS,
    chips,
    flipped,
    level_words,
    with_filter,
    with_level,
    without,
)
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.sources.protocols import LogSource

_VALUES = 50
"""Values of a field that are offered, the most frequent first."""
_LEVELS = (LogLevel.DEBUG, LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR, LogLevel.FATAL)


class ChipsScreen(StillDialog[LogQuery | None]):
    """Changes a query chip by chip. Returns the changed one on Enter, None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back", id="chips.close"),
        Binding("delete,backspace,x", "remove", "take away", id="chips.remove"),
        Binding("space,i", "flip", "include or exclude", id="chips.flip"),
        Binding("a,F", "add", "add", id="chips.add"),
    ]

    def __init__(
        self, query: LogQuery, source: LogSource | None, search: LogSearch, names: tuple[SafeText, ...]
    ) -> None:
        """`source` tells the values of fields among the lines of `search`; `names` are the fields that are known."""
        super().__init__()
        self._query = query
        self._source = source
        self._search = search
        self._names = names

    def compose(self) -> ComposeResult:
        """The chips, and what the keys do."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content("What narrows the log lines")
            frame.border_subtitle = Content("a add, x take away, Space turn round, Enter use, Esc back")
            yield OptionList(id="choices")
            yield Static(id="complaint", markup=False)

    def on_mount(self) -> None:
        """Show them."""
        self._fill()
        self.query_one(OptionList).focus()
        if not self._query:
            self.action_add()

    def _fill(self, place: int = 0) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        shown = chips(self._query)
        options.add_options(Option(Content(chip.words), id=chip.key) for chip in shown)
        if shown:
            options.highlighted = min(place, len(shown) - 1)
        self._say("" if shown else "nothing narrows the lines: a adds something")

    def _say(self, words: str) -> None:
        self.query_one("#complaint", Static).update(Content(words))

    def _chosen(self) -> tuple[int, str] | None:
        options = self.query_one(OptionList)
        if options.highlighted is None:
            return None
        return options.highlighted, options.get_option_at_index(options.highlighted).id or ""

    def action_remove(self) -> None:
        """Take the chip under the cursor away."""
        if (chosen := self._chosen()) is not None:
            self._query = without(self._query, chosen[1])
            self._fill(chosen[0])
            if not self._query:
                self.dismiss(self._query)  # nothing is left to be looked over

    def action_flip(self) -> None:
        """Include what was excluded, or the other way round."""
        if (chosen := self._chosen()) is not None:
            before, self._query = self._query, flipped(self._query, chosen[1])
            self._fill(chosen[0])
            if before == self._query:
                self._say("only fields can be turned round")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Use the query as it is now."""
        event.stop()
        self.dismiss(self._query)

    # --- adding

    def action_add(self) -> None:
        """Choose a field, then one of its values."""
        names = dict.fromkeys((LEVEL_FIELD, *ORIGIN_FIELDS, *sorted(self._names)))

        def chosen(name: str | None) -> None:
            if name == LEVEL_FIELD:
                self._choose_level()
            elif name is not None:
                self.run_worker(self._offer_values(safe_text(name, 256)), exclusive=True, group="values")

        choices = tuple(Choice(name, SafeText(f"{name} at least" if name == LEVEL_FIELD else name)) for name in names)
        title = SafeText("Narrow by")
        self.app.push_screen(ChoiceScreen(title, choices, "a field's name, in full or in part", _named), chosen)

    def _choose_level(self) -> None:
        def chosen(level: str | None) -> None:
            if level is not None:
                self._query = with_level(self._query, LogLevel(level))
                self._use()

        choices = tuple(Choice(level.value, SafeText(level_words(level))) for level in _LEVELS)
        current = self._query.level.value if self._query.level is not None else None
        self.app.push_screen(ChoiceScreen(SafeText("Level"), choices, "type to narrow", current=current), chosen)

    async def _offer_values(self, field: SafeText) -> None:
        self._say(f"asking for values of {field}")
        values: tuple[FieldValue, ...] = ()
        note = ""
        if self._source is not None:
            try:
                reading = await self._source.values(self._search, field, _VALUES)
            except SourceError as error:
                note = f"its values are not known: {error.sentence}"
            else:
                values, note = reading.value, "; ".join(reading.completeness.notes)
        self._say("")

        def chosen(value: str | None) -> None:
            if value is not None:
                self._query = with_filter(self._query, LogFilter(field, safe_text(value)))
                self._use()

        choices = tuple(
            Choice(one.value, SafeText(f"{one.value or '(empty)'}  {'' if one.exact else 'about '}{one.count:,}"))
            for one in values
        )
        title = SafeText(f"Lines whose {field} is")
        self.app.push_screen(ChoiceScreen(title, choices, "a value, in full or in part", _named, note=note), chosen)

    def _use(self) -> None:
        """What was added is used at once; with other chips there, they can be looked over first."""
        self._fill(len(chips(self._query)) - 1)
        if len(chips(self._query)) == 1:
            self.dismiss(self._query)


def _named(typed: str) -> str:
    """What was typed, as a name. Raises `ValueError` when it is blank."""
    if not typed.strip():
        raise ValueError("type a name, or choose one")
    return typed.strip()
