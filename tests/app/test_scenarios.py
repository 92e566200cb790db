"""A healthy shop says so, and the links of the first screen work by keys.

What every other scenario tells there is asserted before its walk, on the same console: `test_ground_truth.py`.
"""

from __future__ import annotations

from scenario_case import console_on

from opsconsole.actions import PaneName
from opsconsole.screens.following import service_of


async def test_a_healthy_shop_says_so() -> None:
    async with console_on("healthy") as watched:
        assert "no alert is firing" in watched.text
        assert watched.known.scope.selection.service is None


async def test_from_alert_to_trace_to_log_lines_to_pod_in_keys() -> None:
    async with console_on("bad-release", "gateway") as watched:
        screen = watched.screen
        alert = next(a for a in watched.known.alerts.value or () if service_of(a) == "checkout")
        rows = screen.pane(PaneName.ALERTS).focus_target
        while rows.cursor_key is None or alert.fingerprint not in rows.cursor_key:
            before = rows.cursor_key
            await watched.pilot.press("right", "down")
            assert rows.cursor_key != before, "the alert is not in the list"
        await watched.pilot.press("enter")
        await watched.until(watched.screen.feeds.answered, "the panes to follow")
        assert watched.known.scope.selection.service == "checkout"
        assert watched.known.scope.cursor == alert.started_at
        await watched.pilot.press("4", "enter")
        await watched.until(watched.screen.feeds.answered, "the panes to follow the trace")
        trace = watched.known.scope.selection.trace
        assert trace is not None
        records = watched.known.logs.value.records if watched.known.logs.value else ()
        assert {record.trace_id for record in records} <= {trace}
        await watched.pilot.press("escape", "5", "enter")
        await watched.until(watched.screen.feeds.answered, "the panes to follow the pod")
        pod = watched.known.scope.selection.pod
        assert pod is not None
        assert pod.startswith("checkout-")
        await watched.pilot.press("escape", "escape")
        assert watched.screen.scope.selection.service == "gateway"
