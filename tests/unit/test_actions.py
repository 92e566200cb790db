"""The registry feeds bindings, help, palette and the key page; none of them may differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.actions import ACTIONS, PaneName, action, available, key_page, key_words, with_keymap
from opsconsole.app import OpsConsole
from opsconsole.domain.errors import ConfigError
from opsconsole.screens.alerts_pane import AlertsPane
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.help_screen import help_lines
from opsconsole.screens.logs_pane import LogsPane
from opsconsole.screens.metrics_pane import MetricsPane
from opsconsole.screens.pods_pane import PodsPane
from opsconsole.screens.runbooks.walk_pane import WalkPane
from opsconsole.screens.time_travel import TRAVELS
from opsconsole.screens.traces_pane import TracesPane
from opsconsole.widgets.glyphs import ASCII, UNICODE

PANES = {pane.pane_name: pane for pane in (AlertsPane, MetricsPane, LogsPane, TracesPane, PodsPane, WalkPane)}
ROOT = Path(__file__).resolve().parents[2]


def test_ids_are_unique() -> None:
    assert len({one.id for one in ACTIONS}) == len(ACTIONS)


def test_the_key_page_in_the_documentation_is_the_registrys() -> None:
    assert (ROOT / "docs/keys.md").read_text() == key_page()


@pytest.mark.parametrize("one", ACTIONS, ids=lambda one: one.id)
def test_every_action_has_a_handler_where_it_is_bound(one) -> None:
    name = one.handler.partition("(")[0]
    if name.startswith("app."):
        assert hasattr(OpsConsole, f"action_{name.removeprefix('app.')}")
        return
    for owner in [PANES[pane] for pane in one.panes] or [ConsoleScreen]:
        assert hasattr(owner, f"action_{name}")


@pytest.mark.parametrize("pane", PaneName)
def test_pane_and_screen_bind_exactly_the_registrys_keys(pane: PaneName) -> None:
    bound = {binding.id: binding.key for owner in (PANES[pane], ConsoleScreen) for binding in owner.BINDINGS}
    for one in available(pane):
        assert bound[one.id] == one.keys


@pytest.mark.parametrize("pane", PaneName)
def test_the_help_of_a_pane_names_every_key_that_works_there(pane: PaneName) -> None:
    page = "\n".join(line.plain for line in help_lines(pane, ACTIONS, UNICODE))
    for one in available(pane):
        if one.id[-1].isdigit() and not one.id.endswith("_1"):
            continue  # in one line with the first of them
        assert one.title in page
        assert key_words(one.keys) in page


@pytest.mark.parametrize("pane", PaneName)
def test_no_key_means_two_things_in_one_pane(pane: PaneName) -> None:
    keys = [key for one in available(pane) for key in one.keys.split(",")]
    assert len(keys) == len(set(keys))


def test_every_action_that_may_change_the_cluster_goes_through_the_operations_dialogs() -> None:
    changing = [one for one in ACTIONS if one.needs_write]
    assert {one.id for one in changing} == {"restart", "roll_back", "raise_log_level", "act"}
    assert all(one.handler == f"operate({one.id!r})" for one in changing)


def test_an_unknown_action_in_the_keymap_is_named() -> None:
    with pytest.raises(ConfigError, match=r"keys\.explode"):
        with_keymap({"explode": "e"})


def test_a_clash_in_the_keymap_is_named_before_textual_settles_it_silently() -> None:
    with pytest.raises(ConfigError, match="freeze"):
        with_keymap({"freeze": "t"})


def test_a_keymap_gives_an_action_other_keys() -> None:
    remapped = {one.id: one.keys for one in with_keymap({"freeze": "ctrl+f"})}
    assert remapped["freeze"] == "ctrl+f"
    assert remapped["help"] == action("help").keys


@pytest.mark.parametrize(
    ("keys", "words"),
    [("left_square_bracket", "["), ("ctrl+p", "Ctrl+P"), ("T", "T"), ("escape", "Esc"), ("f5", "F5"), ("R,f5", "R F5")],
)
def test_keys_are_printed_as_people_name_them(keys: str, words: str) -> None:
    assert key_words(keys) == words


def test_every_move_in_time_has_an_action_and_the_other_way_round() -> None:
    called = {one.id for one in ACTIONS if one.handler == f"travel('{one.id}')"}
    assert called == set(TRAVELS)


def test_the_page_of_a_pane_explains_its_signs_and_puts_numbered_keys_in_one_line() -> None:
    page = [line.plain for line in help_lines(PaneName.METRICS, ACTIONS, ASCII)]
    assert sum("Alt+" in line for line in page) == 1
    assert any(line.split()[:4] == ["D", "R", "A", "I"] for line in page)
    assert any(line.split()[:2] == ["^", "v"] for line in page)


@pytest.mark.parametrize("pane", PaneName)
def test_the_footer_names_the_key_of_all_keys_among_its_first(pane: PaneName) -> None:
    footer = [one.id for one in available(pane) if one.short]
    assert "help" in footer[:3]
    assert "list_jumps" in footer[:6]


@pytest.mark.parametrize("pane", PaneName)
def test_the_page_of_every_pane_explains_signs(pane: PaneName) -> None:
    assert "Signs" in [line.plain for line in help_lines(pane, ACTIONS, UNICODE)]
