"""Which panes show at which size."""

from __future__ import annotations

import pytest

from opsconsole.actions import LIVE_PANES, PaneName
from opsconsole.domain.series import Panel, PanelReading, Series, Severity, Threshold
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.screens.layout import Arrangement, place
from opsconsole.screens.panel_grid import Grid, alarm, first_visible, grid_for, trouble_first


@pytest.mark.parametrize(
    ("width", "height", "arrangement"),
    [
        (80, 24, Arrangement.TWO_PANES),
        (240, 24, Arrangement.TWO_PANES),
        (80, 70, Arrangement.TWO_PANES),
        (120, 40, Arrangement.TWO_COLUMNS),
        (240, 70, Arrangement.THREE_COLUMNS),
    ],
)
def test_the_arrangement_follows_the_size(width: int, height: int, arrangement: Arrangement) -> None:
    assert place(width, height, (), None).arrangement is arrangement


def test_a_small_terminal_shows_the_two_panes_used_last_in_their_own_order() -> None:
    recent = (PaneName.LOGS, PaneName.ALERTS, PaneName.PODS)
    assert place(80, 24, recent, None).visible == (PaneName.ALERTS, PaneName.LOGS)


def test_a_small_terminal_starts_with_alerts_and_metrics() -> None:
    assert place(80, 24, (), None).visible == (PaneName.ALERTS, PaneName.METRICS)


def test_a_roomy_terminal_hides_nothing() -> None:
    assert set(place(120, 40, (PaneName.LOGS,), None).visible) == set(LIVE_PANES)


@pytest.mark.parametrize("size", [(80, 24), (240, 70)])
def test_full_shows_one_pane_at_any_size(size: tuple[int, int]) -> None:
    assert place(*size, (), PaneName.TRACES).visible == (PaneName.TRACES,)


def panel(name: str, threshold: float | None = None, severity: Severity = Severity.WARNING) -> Panel:
    limits = () if threshold is None else (Threshold(threshold, severity),)
    return Panel(name, SafeText(name), "up", thresholds=limits)


def reading(one: Panel, value: float) -> Snapshot[PanelReading]:
    series = Series({}, (1.0, 2.0), (0.0, value))
    return Snapshot(FeedState.LIVE, PanelReading(one, (series,), 1.0, SafeText("up")), 2.0)


def test_a_grid_never_has_more_slots_than_are_of_use() -> None:
    assert grid_for(400, 100, 1) == Grid(1, 1)
    assert grid_for(84, 15, 11) == Grid(3, 2)
    assert grid_for(10, 3, 4) == Grid(1, 1)


def test_the_selected_chart_is_scrolled_into_view_by_whole_rows() -> None:
    grid = Grid(3, 2)
    assert first_visible(7, 0, grid) == 3
    assert first_visible(7, 3, grid) == 3
    assert first_visible(0, 6, grid) == 0


def test_panels_over_a_threshold_come_first_the_worst_in_front() -> None:
    calm, warned, critical = panel("a", 10), panel("b", 10), panel("c", 10, Severity.CRITICAL)
    snapshots = {"a": reading(calm, 1), "b": reading(warned, 11), "c": reading(critical, 11)}
    assert [one.id for one in trouble_first((calm, warned, critical), snapshots)] == ["c", "b", "a"]


def test_only_the_newest_value_counts_as_alarm() -> None:
    one = panel("a", 10)
    assert alarm(one, reading(one, 3)) is None
    assert alarm(one, reading(one, 11)) is Severity.WARNING
    assert alarm(one, None) is None


@pytest.mark.parametrize(
    ("width", "height", "arrangement", "beside"),
    [
        (80, 24, Arrangement.TWO_PANES, False),
        (120, 40, Arrangement.STACKED, True),
        (160, 40, Arrangement.TWO_COLUMNS, True),
        (240, 70, Arrangement.THREE_COLUMNS, True),
    ],
)
def test_a_walk_stands_beside_the_others_where_there_is_room(
    width: int, height: int, arrangement: Arrangement, beside: bool
) -> None:
    placement = place(width, height, (PaneName.RUNBOOK,), None, walking=True)
    assert (placement.arrangement, placement.beside) == (arrangement, beside)
    if beside:
        assert placement.visible == tuple(PaneName)


def test_on_a_small_terminal_a_walk_keeps_one_of_the_two_places() -> None:
    recent = (PaneName.LOGS, PaneName.ALERTS, PaneName.RUNBOOK)
    assert place(80, 24, recent, None, walking=True).visible == (PaneName.LOGS, PaneName.RUNBOOK)
    assert place(80, 24, recent, None).visible == (PaneName.ALERTS, PaneName.LOGS)
