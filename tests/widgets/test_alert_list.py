"""The alerts pane."""

from __future__ import annotations

import pytest

from opsconsole.domain.alert import AlertState
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.widgets.alert_list import AlertList
from opsconsole.widgets.glyphs import ASCII
from widget_samples import ALERTS, NOW, alert, live
from widget_stage import Stage, screen_text, shown


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (31, ["▌●C ErrorRateHigh checkout  4m", " ○W CPUHigh redis        muted"]),
        (36, ["▌●C ErrorRateHigh checkout       4m", " ○W CPUHigh redis             muted"]),
    ],
)
async def test_a_narrow_pane_says_what_is_wrong_where_and_since_when(width: int, expected: list[str]) -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.pause(0)
        assert set(expected) <= set(shown(app))


@pytest.mark.parametrize("width", [80, 120, 240])
async def test_a_wide_pane_says_it_in_words(width: int) -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.pause(0)
        lines = [line.split() for line in shown(app) if line]
    assert lines[0] == ["▌●", "critical", "ErrorRateHigh", "checkout", "4m"]
    assert ["●", "warning", "checkout-7d9f8b6c5-abcde", "2m"] in lines
    assert ["○", "warning", "CPUHigh", "redis", "muted", "2h01m"] in lines
    assert ["◔", "warning", "HighLatency", "gateway", "pending", "20s"] in lines
    assert ["◌", "critical", "NodeDown", "10.0.0.12:9100", "inhibited", "2d07h"] in lines


async def test_in_the_usual_pane_name_and_service_of_a_group_can_both_be_read() -> None:
    fires = tuple(alert("ErrorRateHigh", service=name) for name in ("gateway", "checkout", "orders", "users"))
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(36, 12), notifications=True) as pilot:
        alerts.show(live(fires), now=NOW)
        await pilot.pause(0)
        assert shown(app)[0].startswith("▌●C ErrorRateHigh ×4 ▸ gateway ")


async def test_a_member_of_a_group_is_told_by_its_pod_before_its_address() -> None:
    pods = tuple(
        alert("PodDown", pod=f"gateway-rmkvjxlc7-{name}", instance=f"10.244.3.2{place}:8080", since=60)
        for place, name in enumerate(("d6zfx", "zwwkp"))
    )
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(36, 12), notifications=True) as pilot:
        alerts.show(live(pods), now=NOW)
        await pilot.pause(0)
        assert "   ●C gateway-rmkvjxlc7-d6zfx    1m" in shown(app)


async def test_alerts_of_the_service_on_the_screen_have_their_place_underlined() -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(60, 12), notifications=True) as pilot:
        alerts.show(live((alert("A", service="checkout"), alert("B", service="orders"))), now=NOW)
        alerts.mark(SafeText("orders"))
        await pilot.pause(0)
        lines = [alerts.rows.render_line(y) for y in range(2)]
    underlined = ["".join(part.text for part in line if part.style and part.style.underline) for line in lines]
    assert underlined == ["", "orders"]


async def test_a_group_names_the_service_on_the_screen_first() -> None:
    fires = tuple(alert("LatencyHigh", service=name) for name in ("gateway", "orders", "payments", "users"))
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(fires), now=NOW)
        alerts.mark(SafeText("payments"))
        await pilot.pause(0)
        assert "LatencyHigh ×4 ▸ payments, gateway, orders, users" in shown(app)[0]


async def test_a_group_is_folded_and_unfolded_by_keys() -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.press("down", "down")
        await pilot.pause(0)
        assert alerts.current is not None
        assert alerts.current.labels["pod"] == "checkout-7d9f8b6c5-fghij"  # type: ignore[index]
        await pilot.press("left")
        await pilot.pause(0)
        assert shown(app)[1].startswith("▌● warning  GoroutinesHigh ×2 ▸ checkout")
        assert "abcde" not in screen_text(app)
        await pilot.press("right")
        await pilot.pause(0)
        assert "GoroutinesHigh ×2 ▾" in shown(app)[1]
        assert "abcde" in screen_text(app)
        await pilot.press("space")
        await pilot.pause(0)
        assert "abcde" not in screen_text(app)


async def test_a_large_group_starts_folded_and_a_growing_one_stays_open() -> None:
    many = tuple(alert("PodDown", pod=f"p{number}") for number in range(40))
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(many), now=NOW)
        await pilot.pause(0)
        assert [line for line in shown(app) if line] == [shown(app)[0]]
        assert "×40 ▸" in shown(app)[0]
        alerts.show(live(()), now=NOW)
        few = tuple(alert("NodeDown", node=f"n{number}") for number in range(3))
        alerts.show(live(few), now=NOW)
        alerts.show(live((*few, alert("NodeDown", node="n4"))), now=NOW)
        await pilot.pause(0)
        assert sum("n" in line for line in shown(app)) == 5


async def test_the_head_of_a_group_is_as_old_as_its_oldest_alert_in_that_state() -> None:
    pair = (
        alert("PodDown", pod="a", since=60),
        alert("PodDown", pod="b", since=600),
        alert("PodDown", pod="c", since=9999, state=AlertState.SILENCED),
    )
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(pair), now=NOW)
        await pilot.pause(0)
        assert shown(app)[0].endswith("10m")


async def test_the_cursor_stays_on_its_alert_when_a_worse_one_arrives() -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(live(ALERTS), now=NOW)
        await pilot.press(*["down"] * 4)
        assert alerts.current is not None
        assert alerts.current.name == "PoolWaiting"
        alerts.show(live((alert("DataLoss", since=1), *ALERTS)), now=NOW)
        await pilot.pause(0)
        assert alerts.current.name == "PoolWaiting"
        assert shown(app)[5].startswith("▌● warning  PoolWaiting")
    assert app.highlighted[-1][0] == alerts.rows.cursor_key


async def test_ages_move_on_without_a_new_answer() -> None:
    alerts = AlertList()
    app = Stage(alerts)
    snapshot = live(ALERTS)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        alerts.show(snapshot, now=NOW)
        alerts.show(snapshot, now=NOW + 60)
        await pilot.pause(0)
        assert shown(app)[0].endswith("5m")


async def test_no_alerts_is_said_in_words() -> None:
    alerts = AlertList()
    app = Stage(alerts)
    async with app.run_test(size=(40, 12), notifications=True) as pilot:
        alerts.show(live(()), now=NOW)
        await pilot.pause(0)
        assert shown(app)[0] == " no alerts"
        await pilot.press("space", "left", "enter")
        await pilot.pause(0)
    assert app.chosen == []


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("width", [31, 40, 80])
async def test_ascii_signs_are_enough(severity: Severity, width: int) -> None:
    alerts = AlertList(glyphs=ASCII)
    app = Stage(alerts)
    shop = tuple(alert("E" * 60, severity=severity, state=state, pod=f"pod-{state.value}") for state in AlertState)
    async with app.run_test(size=(width, 12), notifications=True) as pilot:
        alerts.show(live(shop), now=NOW)
        await pilot.press("right")
        await pilot.pause(0)
        assert screen_text(app).isascii()
