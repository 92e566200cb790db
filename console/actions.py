"""The registry of actions: the one list that feeds bindings, footer, help, palette and the key page.

`python -m opsconsole.actions` prints the key page that stands in `docs/keys.md`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

import msgspec

from opsconsole.domain.errors import ConfigError


class PaneName(enum.Enum):
    """The five panes; the value is also the name `snapshot --full` takes."""

    ALERTS = "alerts"
    METRICS = "metrics"
    LOGS = "logs"
    TRACES = "traces"
    PODS = "pods"

    @property
    def digit(self) -> str:
        """The key that jumps to it."""
        return str(list(PaneName).index(self) + 1)

    @property
    def title(self) -> str:
        """Its heading."""
        return "Pods and probes" if self is PaneName.PODS else self.value.capitalize()


ROW_PANES = frozenset({PaneName.ALERTS, PaneName.LOGS, PaneName.TRACES, PaneName.PODS})


class Action(msgspec.Struct, frozen=True):
    """Something a key does. `keys` are Textual key names, comma separated.

    `panes` empty means everywhere. The handler is the method `action_<id>` of those panes, or of the
    screen for those that work everywhere; `call` names another, as a Textual action string.
    `needs_write` actions exist only in write mode. `short` is the word on the footer, empty to
    keep it off; lower `weight` stands further left there.
    """

    id: str
    title: str
    keys: str
    short: str = ""
    panes: frozenset[PaneName] = frozenset()
    needs_write: bool = False
    weight: int = 50
    call: str = ""

    @property
    def handler(self) -> str:
        """The Textual action string that runs it."""
        return self.call or self.id

    def applies_to(self, pane: PaneName | None) -> bool:
        """Whether the key works while `pane` has the focus."""
        return not self.panes or pane in self.panes


_METRICS = frozenset({PaneName.METRICS})


def _travel(action_id: str, title: str, keys: str, short: str, weight: int) -> Action:
    """An action that moves the time range or its cursor (`opsconsole.screens.time_travel.TRAVELS`)."""
    return Action(action_id, title, keys, short, weight=weight, call=f"travel({action_id!r})")


ACTIONS: tuple[Action, ...] = (
    Action("follow", "Follow this row: every pane shows its service and time", "enter", "follow", ROW_PANES, weight=1),
    Action("open", "Open this row whole", "o", "open", ROW_PANES, weight=2),
    Action("enlarge", "Show this panel alone, or all panels again", "enter,o", "enlarge", _METRICS, weight=1),
    Action("log_scale", "Switch the panel's axis between linear and logarithmic", "l", "log scale", _METRICS, weight=4),
    *(
        Action(
            f"toggle_series_{n}",
            f"Hide or show series {n} of the panel",
            f"alt+{n}",
            panes=_METRICS,
            call=f"toggle_series({n})",
        )
        for n in range(1, 7)
    ),
    Action("copy", "Copy this row to the clipboard (OSC 52)", "y", "copy", ROW_PANES, weight=30),
    Action("back", "Back to what was shown before", "escape", "back", weight=5),
    Action("full", "Give the focused pane the whole screen, or take it back", "f", "full", weight=6),
    Action("choose_range", "Choose the time range", "t", "time", weight=7),
    Action("choose_service", "Choose the service", "s", "service", weight=8),
    Action("widen", "Widen the selection: pod, then service, then everything", "u", "widen", weight=9),
    _travel("pan_back", "Move the time range back by half", "left_square_bracket", "earlier", weight=10),
    _travel("pan_forward", "Move the time range forward by half", "right_square_bracket", "later", weight=11),
    _travel("zoom_in", "Halve the time range, around the cursor", "plus,equals_sign", "zoom", weight=12),
    _travel("zoom_out", "Double the time range", "minus", "", weight=13),
    _travel("cursor_back", "Move the time cursor back", "comma", "", weight=14),
    _travel("cursor_forward", "Move the time cursor forward", "full_stop", "", weight=15),
    _travel("clear_cursor", "Take the time cursor away", "x", "", weight=16),
    _travel("freeze", "Freeze the screen at this moment, or go on", "p", "freeze", weight=17),
    _travel("go_live", "Back to live", "0", "live", weight=18),
    Action("refresh", "Ask every source again now", "R,f5", "", weight=40),
    *(
        Action(f"jump_{pane.value}", f"Go to {pane.title}", pane.digit, weight=60, call=f"jump({pane.value!r})")
        for pane in PaneName
    ),
    Action("next_pane", "Go to the next pane", "tab", "", weight=61),
    Action("previous_pane", "Go to the pane before", "shift+tab", "", weight=62),
    Action("next_theme", "Switch to the next theme", "T", "", weight=70, call="app.next_theme"),
    Action("help", "Show the keys of the focused pane", "question_mark,f1", "help", weight=3),
    Action("palette", "Find any action by name", "colon,ctrl+p", "", weight=71, call="app.command_palette"),
    Action("quit", "Leave the console", "q,ctrl+q", "quit", weight=90, call="app.quit"),
)  # fmt: skip


def action(action_id: str) -> Action:
    """The action called `action_id`. Raises `KeyError` when there is none."""
    for candidate in ACTIONS:
        if candidate.id == action_id:
            return candidate
    raise KeyError(action_id)


def available(pane: PaneName | None, *, write: bool, actions: Iterable[Action] = ACTIONS) -> tuple[Action, ...]:
    """Actions whose key works while `pane` has the focus, the footer's order."""
    fitting = (one for one in actions if one.applies_to(pane) and (write or not one.needs_write))
    return tuple(sorted(fitting, key=lambda one: one.weight))


def with_keymap(keymap: Mapping[str, str], actions: tuple[Action, ...] = ACTIONS) -> tuple[Action, ...]:
    """`actions` with the operator's own keys.

    Raises `ConfigError` for an unknown action id, and when two actions of one pane share a key,
    which Textual would settle silently.
    """
    known = {one.id for one in actions}
    for action_id in keymap:
        if action_id not in known:
            raise ConfigError(f"keys.{action_id}: no such action; `opsconsole` lists them with ? and in docs/keys.md")
    remapped = tuple(msgspec.structs.replace(one, keys=keymap[one.id]) if one.id in keymap else one for one in actions)
    for pane in PaneName:
        taken: dict[str, str] = {}
        for one in available(pane, write=True, actions=remapped):
            for key in one.keys.split(","):
                other = taken.setdefault(key.strip(), one.id)
                if other != one.id:
                    raise ConfigError(f"keys.{one.id}: {key!r} already means {other!r} in {pane.title}; choose another")
    return remapped


_KEY_WORDS = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
    "colon": ":",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
}


def key_words(keys: str) -> str:
    """`keys` as they are printed: `[`, `Esc`, `Ctrl+P`, joined by a space."""
    words = []
    for key in (key.strip() for key in keys.split(",")):
        word = _KEY_WORDS.get(key)
        if word is None:
            *chord, last = key.split("+")
            word = "+".join(
                [
                    *(part.capitalize() for part in chord),
                    last.upper() if chord or (last[:1] == "f" and last[1:].isdigit()) else last,
                ]
            )
        words.append(word)
    return " ".join(words)


def key_page(actions: Iterable[Action] = ACTIONS) -> str:
    """The Markdown page of all keys."""
    lines = [
        "# Keys",
        "",
        "This page is printed by `python -m opsconsole.actions`; a test holds it against the registry.",
        "Give an action other keys in the `[keys]` table of the configuration by its id.",
        "",
        "| keys | what it does | where | id |",
        "|---|---|---|---|",
    ]
    for one in sorted(actions, key=lambda one: (bool(not one.panes), one.weight)):
        where = ", ".join(pane.title for pane in PaneName if pane in one.panes) or "everywhere"
        shown = key_words(one.keys).replace("|", "\\|")
        lines.append(f"| `{shown}` | {one.title} | {where} | `{one.id}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(key_page())
