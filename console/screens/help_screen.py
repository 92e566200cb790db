"""The keys of the focused pane."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from opsconsole.actions import Action, PaneName, available, key_words
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.chart.signs import signs_for
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs

_MOVES = (
    ("↑ ↓ k j", "Move by a row, in Metrics by a chart"),
    ("PgUp PgDn", "Move by a page"),
    ("Home End g G", "First and last row"),
)
_POD_MOVES = (*_MOVES[:-1], ("Home End G", "First and last row; g groups here"))
_VIEW_MOVES = (("↑ ↓", "Move by a line"), ("PgUp PgDn", "Move by a page"), ("Home End", "First and last line"))
_KEY_CELLS = 14


def help_lines(pane: PaneName | None, actions: tuple[Action, ...], glyphs: Glyphs) -> tuple[Content, ...]:
    """The page: keys of `pane` first, then those that work everywhere, then what the pane's signs mean."""
    fitting = available(pane, actions=actions)
    lines = [Content.styled(f"In {pane.title}" if pane else "Keys", "bold")]
    lines += [_line(keys, title) for keys, title in _together(one for one in fitting if one.panes)]
    lines += [_line(keys, title) for keys, title in (_POD_MOVES if pane is PaneName.PODS else _MOVES)]
    lines += [Content(""), Content.styled("Everywhere", "bold")]
    lines += [_line(key_words(one.keys), one.title) for one in fitting if not one.panes]
    if signs := _signs(pane, glyphs):
        lines += [Content(""), Content.styled("Signs", "bold"), *(_line(sign, meaning) for sign, meaning in signs)]
    return tuple(lines)


def _signs(pane: PaneName | None, glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """Each sign of `pane` that is not a word, and what it means."""
    return _walk_signs(glyphs) if pane is PaneName.RUNBOOK else _live_signs(pane, glyphs)


def _walk_signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    return (
        (f"{glyphs.passing} {glyphs.failing}", "it holds or was done; it does not, or was not"),
        (f"{glyphs.unknown} {glyphs.stale}", "can't be told; being asked, or under way"),
        (glyphs.path, "the step at hand"),
        (f"{glyphs.suspended} {glyphs.unset}", "skipped; still to come, or on another way"),
        ("1 2 3", "answers to the step at hand; where there is none a digit goes to its pane"),
    )


def _live_signs(pane: PaneName | None, glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    match pane:
        case PaneName.ALERTS:
            return (
                (
                    f"{glyphs.firing} {glyphs.pending} {glyphs.silenced} {glyphs.inhibited}",
                    "firing, pending, muted, inhibited",
                ),
                ("C W I ?", "critical, warning, info, unknown severity"),
                (
                    f"{glyphs.times}3 {glyphs.folded} {glyphs.unfolded}",
                    "three alerts of one name; Space unfolds and folds them",
                ),
                ("underlined", "of the service that the other panes show"),
            )
        case PaneName.METRICS:
            return (
                ("D R A I", "on the time axis: a deploy or a job, a restart, the start of an alert, an incident"),
                (f"{glyphs.above} {glyphs.below}", "over, or under, a threshold"),
                ("@", "the value at the time cursor, not now"),
                (signs_for(glyphs).exemplar, "an exemplar: a request that was measured, with its trace"),
                ("1 2 3", "series by number, at the end of its line and in the legend"),
            )
        case PaneName.PODS:
            return (
                ("S R L", "startup, readiness and liveness probe"),
                (
                    f"{glyphs.passing} {glyphs.failing} {glyphs.suspended} {glyphs.unknown} {glyphs.unset}",
                    "passing, failing, suspended, unknown, no such probe",
                ),
                (f"{glyphs.about}2/3", "about two failures of the three that fail the probe"),
                (f"{glyphs.restarts}4", "restarts"),
                (f"{glyphs.folded} {glyphs.unfolded}", "a workload, its pods folded away or shown"),
            )
        case PaneName.TRACES:
            return (
                (f"{glyphs.error}3", "how many spans of the trace failed; the number after it counts all its spans"),
                (glyphs.levels, "how many spans were open at once"),
                (f"{glyphs.path}orders", "another service the trace went through"),
                ("points", "each trace by when it began and how long it took"),
            )
        case PaneName.LOGS:
            return (
                (glyphs.levels, "how many lines there were over the range; the coloured foot of a bar is errors"),
                ("0b8460b7", "at a line's end: how its trace id begins"),
                ("300 of 4,000", "lines at hand, of those that fit in the range; a + where there are more"),
            )
        case _:
            return ()


def _together(actions: Iterable[Action]) -> Iterator[tuple[str, str]]:
    """Keys and title of each action; numbered ones, `Alt+1` to `Alt+6`, that do the same share a line."""
    for _, alike in groupby(actions, key=lambda one: one.call.partition("(")[0] if one.id[-1].isdigit() else one.id):
        first, *others = alike
        keys, title = key_words(first.keys), first.title
        if others:
            keys = f"{keys} … {key_words(others[-1].keys).rpartition('+')[2]}"
            title = f"{title}, and so on"
        yield keys, title


def _line(keys: str, title: str) -> Content:
    return Content.assemble((f"  {keys:<{_KEY_CELLS}}", "$primary"), (title, ""))


def view_lines(pairs: Iterable[tuple[str, str]]) -> tuple[Content, ...]:
    """The page of a view over the panes: each of its keys and what it does."""
    return (
        Content.styled("In this view", "bold"),
        *(_line(keys, title) for keys, title in pairs),
        *(_line(keys, title) for keys, title in _VIEW_MOVES),
    )


class HelpScreen(StillDialog[None]):
    """A page of keys; any of Esc, ?, q and Enter goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "back", id="help.close")
    ]

    def __init__(self, lines: tuple[Content, ...], glyphs: Glyphs) -> None:
        """`lines` of a pane (`help_lines`) or of a view (`view_lines`)."""
        super().__init__()
        self._lines = lines
        self._page = DetailView(glyphs=glyphs)

    def compose(self) -> ComposeResult:
        """A frame with the page in it."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content("Keys")
            frame.border_subtitle = Content("Esc back")
            yield self._page

    def on_mount(self) -> None:
        """Take the keys."""
        self._page.focus()
        self._page.show(self._lines, key=self)
