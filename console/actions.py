"""The registry of actions: the one list that feeds bindings, footer, help, palette and the key page.

`python -m opsconsole.actions` prints the key page that stands in `docs/keys.md`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

import msgspec

from opsconsole.domain.errors import ConfigError


class PaneName(enum.Enum):
    """The panes; the value of the five that show the cluster is also the name `snapshot --full` takes."""

    ALERTS = "alerts"
    METRICS = "metrics"
    LOGS = "logs"
    TRACES = "traces"
    PODS = "pods"
    RUNBOOK = "runbook"
    """The walk through a runbook, beside the others while there is one."""

    @property
    def digit(self) -> str:
        """The key that jumps to it."""
        return str(list(PaneName).index(self) + 1)

    @property
    def title(self) -> str:
        """Its heading."""
        return "Pods and probes" if self is PaneName.PODS else self.value.capitalize()


LIVE_PANES = (PaneName.ALERTS, PaneName.METRICS, PaneName.LOGS, PaneName.TRACES, PaneName.PODS)
"""The five that show the cluster, always there."""

ROW_PANES = frozenset({PaneName.ALERTS, PaneName.LOGS, PaneName.TRACES, PaneName.PODS})


class Action(msgspec.Struct, frozen=True):
    """Something a key does. `keys` are Textual key names, comma separated.

    `panes` empty means everywhere but in `except_in`, which have another use for the key. The handler is the method
    `action_<id>` of those panes, or of the screen for those that work everywhere; `call` names another, as a Textual
    action string.
    `needs_write` actions may change the cluster: what they open shows everything in a read-only console too, and
    can be confirmed in write mode alone. `short` is the word on the footer, empty to keep it off; lower `weight`
    stands further left there.
    """

    id: str
    title: str
    keys: str
    short: str = ""
    panes: frozenset[PaneName] = frozenset()
    needs_write: bool = False
    weight: int = 50
    call: str = ""
    except_in: frozenset[PaneName] = frozenset()

    @property
    def handler(self) -> str:
        """The Textual action string that runs it."""
        return self.call or self.id

    def applies_to(self, pane: PaneName | None) -> bool:
        """Whether the key works while `pane` has the focus."""
        return pane in self.panes if self.panes else pane not in self.except_in


_LIVE = frozenset(LIVE_PANES)
_METRICS = frozenset({PaneName.METRICS})
_PODS = frozenset({PaneName.PODS})
_LOGS = frozenset({PaneName.LOGS})
_TRACES = frozenset({PaneName.TRACES})
_RUNBOOK = frozenset({PaneName.RUNBOOK})


def _travel(action_id: str, title: str, keys: str, short: str, weight: int) -> Action:
    """An action that moves the time range or its cursor (`opsconsole.screens.time_travel.TRAVELS`)."""
    return Action(action_id, title, keys, short, weight=weight, call=f"travel({action_id!r})")


def _jump(action_id: str, title: str, keys: str, short: str, panes: frozenset[PaneName]) -> Action:
    """An action that goes where what is under the cursor leads (`opsconsole.screens.jumps.leads`)."""
    return Action(action_id, title, keys, short, panes, weight=27, call=f"leap({action_id!r})")


def _operation(action_id: str, title: str, keys: str, short: str, weight: int) -> Action:
    """An action that opens a dialog of `opsconsole.screens.operations`."""
    return Action(action_id, title, keys, short, needs_write=True, weight=weight, call=f"operate({action_id!r})")


ACTIONS: tuple[Action, ...] = (
    Action("follow", "Follow this row: every pane shows its service and time", "enter", "follow", ROW_PANES, weight=1),
    Action("open", "Open this row whole", "o", "open", ROW_PANES | _RUNBOOK, weight=2),
    Action("enlarge", "Show this panel alone, or all panels again", "enter,o", "enlarge", _METRICS, weight=1),
    Action("log_scale", "Switch the panel's axis between linear and logarithmic", "y", "log scale", _METRICS, weight=4),
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
    _jump("see_metrics", "Go to its metrics, at its moment", "m", "metrics", _LIVE - _METRICS),
    _jump("see_logs", "Go to its log lines, at its moment", "l", "logs", _LIVE - {PaneName.LOGS}),
    _jump("see_traces", "Go to its trace, or to the traces of its moment", "v", "trace", _LIVE - {PaneName.TRACES}),
    _jump("see_exemplar", "Go to the trace of the exemplar nearest to the cursor", "E", "exemplar", _METRICS),
    _jump("see_pod", "Go to its pod", "d", "pod", _LIVE - _PODS),
    Action("see_change", "Show what changed just before: the rollout and its difference", "h", "change", weight=28),
    Action("list_jumps", "List where one can go from here", "x", "go", weight=3),
    Action("container_log", "Read what this pod's containers write, as Kubernetes has it", "O", "", _PODS, weight=29),
    Action("describe", "Describe this pod, its events first", "d", "describe", _PODS, weight=3),
    Action("filter_pods", "Show only pods with certain words; !word leaves out", "slash", "filter", _PODS, weight=4),
    Action("faults", "Show only pods with something wrong, or all", "F", "faults", _PODS, weight=4),
    Action("group", "Put pods below their workloads, or all in one list; Space folds", "g", "group", _PODS, weight=5),
    Action("next_container", "Show the probes of this pod's next container", "c", "", _PODS, weight=32),
    Action("manifest", "Show this pod as YAML", "Y", "YAML", _PODS, weight=31),
    Action("search_logs", "Search the lines for words", "slash", "search", _LOGS, weight=3),
    Action("level_at_least", "Show all levels, warnings and worse, or errors and worse", "E", "level", _LOGS, weight=3),
    Action("choose_chips", "Choose what narrows the lines: any field, level, service", "F", "narrow", _LOGS, weight=4),
    Action("log_context", "Show what was written just before and after this line", "c", "context", _LOGS, weight=4),
    Action("include_value", "Show only lines with the value under the cursor", "I", "", _LOGS, weight=31),
    Action("exclude_value", "Leave out lines with the value under the cursor", "X", "", _LOGS, weight=31),
    Action("next_error", "Go to the next error", "n", "", _LOGS, weight=32, call="next_error(1)"),
    Action("previous_error", "Go to the error before", "N", "", _LOGS, weight=32, call="next_error(-1)"),
    Action("mark_line", "Mark this line; marked lines are copied and saved together", "space", "", _LOGS, weight=33),
    Action("next_mark", "Go to the next marked line", "right_parenthesis", "", _LOGS, weight=33, call="next_mark(1)"),
    Action("previous_mark", "Go to the mark before", "left_parenthesis", "", _LOGS, weight=33, call="next_mark(-1)"),
    Action("wrap_lines", "Break long lines, or cut them", "z", "wrap", _LOGS, weight=34),
    Action("log_patterns", "Show what the lines have in common: new, gone, more", "P", "patterns", _LOGS, weight=5),
    Action("saved_searches", "Take up a saved search, or save this one", "S", "", _LOGS, weight=34),
    Action("log_link", "Show and copy the address of this search in Kibana", "K", "", _LOGS, weight=35),
    Action("log_origin", "Turn between the log store and the containers' own logs", "O", "", _LOGS, weight=35),
    Action("save_lines", "Save marked lines, or all at hand, in a file", "ctrl+s", "", _LOGS, weight=36),
    Action("search_traces", "Search traces, or look one up by its id", "slash", "search", _TRACES, weight=3),
    Action("errors_only", "Show only traces in which something failed, or all", "E", "errors", _TRACES, weight=3),
    Action("service_map", "Show who calls whom, and which calls fail", "M", "map", _TRACES, weight=4),
    Action("mark_trace", "Mark this trace, to compare it with another", "space", "", _TRACES, weight=31),
    Action("compare_traces", "Compare two marked traces, or the marked and this", "V", "compare", _TRACES, weight=5),
    Action("widen_traces", "Take away what narrows the traces", "F", "", _TRACES, weight=32),
    Action("walk_on", "Go on; on another step show what it speaks of", "enter", "go on", _RUNBOOK, weight=1),
    Action("skip_step", "Skip this step, for a reason", "s", "skip", _RUNBOOK, weight=3),
    Action("walk_back", "Go back to the step before", "B,backspace", "step back", _RUNBOOK, weight=3),
    Action("name_cause", "Name what the runbook found as the incident's cause", "c", "cause", _RUNBOOK, weight=4),
    Action("next_runbook", "Look at the next runbook that fits", "n", "next", _RUNBOOK, weight=4),
    Action("put_away", "Put this walk away; w takes it up again", "X", "", _RUNBOOK, weight=31),
    Action("copy", "Copy this row to the clipboard (OSC 52)", "y", "copy", ROW_PANES | _RUNBOOK, weight=30),
    _operation("restart", "Restart a container of the pod under the cursor in Pods", "r", "restart", 4),
    _operation("roll_back", "Roll back the workload of the pod in Pods to an earlier revision", "b", "roll back", 4),
    _operation("act", "Everything that can be done to the pod in Pods, its workload and its node", "a", "", 41),
    _operation("raise_log_level", "Set the log level of the workload of the pod in Pods for a while", "D", "", 41),
    Action("incident", "Open an incident from what is selected, or show the one worked on", "i", "incident", weight=4),
    Action("pin", "Keep what is under the cursor as evidence in the incident", "e", "keep", weight=28),
    Action("runbooks", "Offer the runbooks that fit what is selected, and walk one", "w", "runbook", weight=5),
    Action("incidents", "List incidents, search past ones", "f2", "", weight=29),
    Action("jot", "Write a note into the incident", "J", "", weight=29),
    Action("end_drill", "End the drill and see how it went, or see it again", "f9", "", weight=72),
    Action("write_mode", "Allow changes for 15 minutes, or go back to read-only", "W", "", weight=42),
    Action("back", "Back to what was shown before", "escape", "back", weight=5),
    Action("full", "Give the focused pane the whole screen, or take it back", "f", "full", weight=6),
    Action("choose_range", "Choose the time range", "t", "time", weight=7),
    Action("choose_service", "Choose the service", "s", "service", weight=8, except_in=_RUNBOOK),
    Action("widen", "Widen the selection: pod, then service, then everything", "u", "widen", weight=9),
    _travel("pan_back", "Move the time range back by half", "left_square_bracket", "earlier", weight=10),
    _travel("pan_forward", "Move the time range forward by half", "right_square_bracket", "later", weight=11),
    _travel("zoom_in", "Halve the time range, around the cursor", "plus,equals_sign", "zoom", weight=12),
    _travel("zoom_out", "Double the time range", "minus", "", weight=13),
    _travel("cursor_back", "Move the time cursor back", "comma", "", weight=14),
    _travel("cursor_forward", "Move the time cursor forward", "full_stop", "", weight=15),
    _travel("clear_cursor", "Take the time cursor away", "C", "", weight=16),
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
    Action("log_in", "Sign in to Kubernetes by its credential program", "L", "", weight=43, call="app.log_in"),
    Action("help", "Show the keys of the focused pane", "question_mark,f1", "help", weight=2),
    Action("palette", "Find any action by name", "colon,ctrl+p", "", weight=71, call="app.palette"),
    Action("stop", "Give the terminal back to the shell, until `fg`", "ctrl+z", "", weight=89, call="app.stop"),
    Action("quit", "Leave the console", "q,ctrl+q", "quit", weight=90, call="app.quit"),
)  # fmt: skip


def action(action_id: str) -> Action:
    """The action called `action_id`. Raises `KeyError` when there is none."""
    for candidate in ACTIONS:
        if candidate.id == action_id:
            return candidate
    raise KeyError(action_id)


def available(pane: PaneName | None, *, actions: Iterable[Action] = ACTIONS) -> tuple[Action, ...]:
    """Actions whose key works while `pane` has the focus, the footer's order."""
    fitting = (one for one in actions if one.applies_to(pane))
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
        for one in available(pane, actions=remapped):
            for key in one.keys.split(","):
                other = taken.setdefault(key.strip(), one.id)
                if other != one.id:
                    raise ConfigError(f"keys.{one.id}: {key!r} already means {other!r} in {pane.title}; choose another")
    return remapped


_KEY_WORDS = {
    "slash": "/",
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
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "backspace": "Backspace",
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


def _titles(panes: frozenset[PaneName]) -> str:
    return ", ".join(pane.title for pane in PaneName if pane in panes)


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
        where = _titles(one.panes) or "everywhere" + (f" but in {_titles(one.except_in)}" if one.except_in else "")
        shown = key_words(one.keys).replace("|", "\\|")
        lines.append(f"| `{shown}` | {one.title} | {where} | `{one.id}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(key_page())
