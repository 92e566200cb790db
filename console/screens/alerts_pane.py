"""Pane 1: what fires, waits or is muted."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from opsconsole.actions import PaneName
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.following import follow_alert, service_of
from opsconsole.screens.incidents.pinning import alert_evidence
from opsconsole.screens.jumps.jump import Jump, Spot
from opsconsole.screens.jumps.leads import alert_leads
from opsconsole.screens.pane import PaneView, pane_bindings
from opsconsole.screens.row_pane import RowPane
from opsconsole.widgets.alert_list import AlertList
from opsconsole.widgets.details import alert_detail
from opsconsole.widgets.glyphs import Glyphs


class AlertsPane(RowPane[tuple[Alert, ...], Alert]):
    """All alerts of the cluster, whatever is selected: the next fire may start elsewhere."""

    pane_name = PaneName.ALERTS
    topic = topics.ALERTS
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset({TopicKind.ALERTS})
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.ALERTS)

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing known yet."""
        self._alerts = AlertList(glyphs=glyphs, zone=zone)
        super().__init__(glyphs, zone, self._alerts)

    def _draw(self, view: PaneView) -> None:
        self._alerts.mark(view.scope.selection.service)
        super()._draw(view)

    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """How many fire, and how many more there are."""
        alerts = view.feeds.snapshot(topics.ALERTS).value
        if alerts is None:
            return ()
        firing = sum(alert.state is AlertState.FIRING for alert in alerts)
        quiet = len(alerts) - firing
        return (SafeText(f"{firing} firing{f', {quiet} quiet' if quiet else ''}"),)

    def leads(self, view: PaneView, item: Alert) -> tuple[Jump, ...]:
        """Its metric when it fired, and what was going on then."""
        return alert_leads(view.here, item)

    def evidence(self, view: PaneView) -> Pinned | None:
        """The alert under the cursor."""
        return alert_evidence(view, self.current)

    def about_moment(self, view: PaneView) -> tuple[SafeText | None, float | None]:
        """The service of the alert under the cursor, and when it began."""
        item = self.current
        return super().about_moment(view) if item is None else (service_of(item), item.started_at)

    def _take(self, spot: Spot) -> bool:
        """Put the cursor on the alert, or on the head of the folded group it is in."""
        if super()._take(spot):
            return True
        alerts: tuple[Alert, ...] = (self.view.feeds.snapshot(topics.ALERTS).value or ()) if self.view else ()
        named = next((one.name for one in alerts if f"alert:{one.fingerprint}" == spot.row), None)
        return named is not None and self.feed_list.rows.select(f"group:{named}")

    def followed(self, scope: Scope, item: Alert, now: float) -> Scope:
        """The alert's service and the moment it began."""
        return follow_alert(scope, item, now)

    def detail(self, item: Alert, width: int, now: float) -> tuple[Content, ...]:
        """Labels, annotations, runbook link."""
        del width
        return alert_detail(item, now=now, zone=self.zone, glyphs=self.glyphs)

    def name_of(self, item: Alert) -> SafeText:
        """The alert's name."""
        return item.name
