"""The alerts pane: what is wrong, how bad, where, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content

from opsconsole.domain.alert import Alert, AlertGroup, AlertState, grouped
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.names import short_pod
from opsconsole.widgets.rows import Row, RowView, fit, width_of

OPEN_UP_TO = 3
"""A group of more members starts folded."""

WORDS_FROM = 56
"""Cells from which the severity is a whole word; below it is a letter, and a state has no age."""

SEVERITY_STYLES: dict[Severity, str] = {
    Severity.CRITICAL: "$severity-critical bold",
    Severity.WARNING: "$severity-warning",
    Severity.INFO: "$severity-info",
    Severity.UNKNOWN: "$muted",
}
SEVERITY_LETTERS: dict[Severity, SafeText] = {
    Severity.CRITICAL: SafeText("C"),
    Severity.WARNING: SafeText("W"),
    Severity.INFO: SafeText("I"),
    Severity.UNKNOWN: SafeText("?"),
}
STATE_WORDS: dict[AlertState, SafeText] = {
    AlertState.FIRING: SafeText(""),
    AlertState.PENDING: SafeText("pending"),
    AlertState.SILENCED: SafeText("muted"),
    AlertState.INHIBITED: SafeText("inhibited"),
}

_PLACES = ("service", "pod", "instance", "container", "namespace", "job", "node")
_NO_PLACE = frozenset({"alertname", "severity"})


def alert_sign(state: AlertState, glyphs: Glyphs) -> SafeText:
    """The sign of an alert's state, one cell."""
    return {
        AlertState.FIRING: glyphs.firing,
        AlertState.PENDING: glyphs.pending,
        AlertState.SILENCED: glyphs.silenced,
        AlertState.INHIBITED: glyphs.inhibited,
    }[state]


def place_of(alert: Alert) -> SafeText:
    """Where the alert is: its service, else the closest label that says so."""
    for label in _PLACES:
        if value := alert.labels.get(SafeText(label)):
            return value
    return SafeText("")


def _known(*places: SafeText) -> tuple[SafeText, ...]:
    return tuple(place for place in places if place)


def differing_labels(alerts: tuple[Alert, ...]) -> tuple[SafeText, ...]:
    """Labels whose values differ within `alerts`, places first."""
    names = dict.fromkeys(name for alert in alerts for name in alert.labels if name not in _NO_PLACE)
    differing = [name for name in names if len({alert.labels.get(name) for alert in alerts}) > 1]
    order = {name: place for place, name in enumerate(_PLACES)}
    return tuple(sorted(differing, key=lambda name: (order.get(name, len(order)), name)))


class AlertRow(msgspec.Struct, frozen=True):
    """One alert, or with `members` > 1 the head of a group, drawn from its worst alert.

    `places` say where it is, the most telling first; all of them where there is room.
    """

    key: str
    alert: Alert
    title: SafeText
    places: tuple[SafeText, ...]
    since: float
    members: int = 1
    open: bool = False
    indented: bool = False
    here: bool = False
    """Whether it is of the service on the screen: its place is underlined."""

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`●C ErrorRateHigh checkout  4m`; what is quiet is muted as a whole."""
        glyphs, alert = view.glyphs, self.alert
        quiet = alert.state is not AlertState.FIRING
        indent = "  " if self.indented else ""
        head = f"{indent}{alert_sign(alert.state, glyphs)}{self._severity(view.width)} "
        fold = glyphs.unfolded if self.open else glyphs.folded
        count = f" {glyphs.times}{self.members} {fold}" if self.members > 1 else ""
        tail = self._tail(view)
        room = max(0, view.width - width_of(head) - width_of(count) - width_of(tail) - 1)
        title, where = self._share(room, glyphs.cut)
        space = " " if title and where else ""
        used = sum(width_of(text) for text in (head, title, count, space, where, tail))
        return (
            Content.assemble(
                (head, "$muted" if quiet else SEVERITY_STYLES[alert.severity]),
                (title + count, "$muted" if quiet else "bold"),
                space,
                (where, " ".join((*(("$muted",) if quiet else ()), *(("underline",) if self.here else ())))),
                " " * max(1, view.width - used),
                (tail, "$muted"),
            ),
        )

    def _severity(self, width: int) -> str:
        if width < WORDS_FROM:
            return SEVERITY_LETTERS[self.alert.severity]
        return f" {self.alert.severity.value:<8}"

    def _tail(self, view: RowView) -> str:
        """What quietens the alert, and since when it is."""
        word, since = STATE_WORDS[self.alert.state], format_duration(view.now - self.since)
        if view.width < WORDS_FROM:
            return word or since
        return f"{word} {since:>6}" if word else f"{since:>6}"

    def _share(self, room: int, cut: SafeText) -> tuple[SafeText, SafeText]:
        """Title and place within `room` cells; the place gives way first, down to a third."""
        if not self.title:
            return SafeText(""), self._where(room, cut)
        place = width_of(self._where(room, cut))
        spare = room - width_of(self.title) - 1
        if spare < place:
            place = max(spare, min(place, max(6, room // 3)))
        if place < 4 or room - place - 1 < 4:
            return fit(self.title, room, cut), SafeText("")
        return fit(self.title, room - place - 1, cut), self._where(place, cut)

    def _where(self, room: int, cut: SafeText) -> SafeText:
        """As many places as fit `room` cells; of a group those left out are counted, `gateway +2`."""
        joint = ", " if self.members > 1 else " "
        for kept in range(len(self.places), 0, -1):
            left = len(self.places) - kept
            more = f" +{left}" if left and self.members > 1 else ""
            text = SafeText(joint.join(self.places[:kept]) + more)
            if width_of(text) <= room:
                return text
        if not self.places:
            return SafeText("")
        # Members differ at the end of their names.
        return short_pod(self.places[0], room, cut) if not self.title else fit(self.places[0], room, cut)


class AlertList(FeedList[tuple[Alert, ...], Alert]):
    """Alerts by name, worst first; a name with several alerts is a head with its members below."""

    SOURCE: ClassVar[str] = "alertmanager"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold('toggle')", "fold", show=False, id="alerts.fold"),
        Binding("left", "fold('close')", "fold", show=False, id="alerts.close"),
        Binding("right", "fold('open')", "unfold", show=False, id="alerts.open"),
    ]

    def __init__(
        self,
        *,
        source: str | None = None,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """No alerts asked for yet."""
        super().__init__(source=source, glyphs=glyphs, zone=zone, id=id, classes=classes)
        self._open: dict[SafeText, bool] = {}
        self._service: SafeText | None = None

    def mark(self, service: SafeText | None) -> None:
        """Underline the place of alerts of `service`, the one that the other panes show."""
        if service != self._service:
            self._service = service
            self.rebuild()

    def _standing_for(self, alerts: tuple[Alert, ...]) -> Alert:
        """The alert that the head of a group speaks for: of the gravest the one of the service that is shown."""
        first = alerts[0]
        gravest = (one for one in alerts if (one.state, one.severity) == (first.state, first.severity))
        return next((one for one in gravest if self._is_here(one)), first)

    def _is_here(self, *alerts: Alert) -> bool:
        return self._service is not None and any(place_of(alert) == self._service for alert in alerts)

    def empty(self) -> tuple[SafeText, ...]:
        """No alerts is good news."""
        return (SafeText("no alerts"), SafeText("nothing fires, waits or is muted here"))

    def build(self, value: tuple[Alert, ...]) -> Sequence[tuple[Row, Alert]]:
        """Heads and members in the order of `grouped`; behind a head stands its worst alert, of equals the one here."""
        groups = grouped(value)
        rows: list[AlertRow] = []
        for group in groups:
            rows.extend(self._group_rows(group))
        return tuple((row, row.alert) for row in rows)

    def action_fold(self, way: str) -> None:
        """Fold, unfold or `toggle` the group of the row under the cursor."""
        alert = self.current
        if alert is None or f"group:{alert.name}" not in self._items:
            return
        opened = self._open.get(alert.name, False)
        wanted = not opened if way == "toggle" else way == "open"
        if wanted == opened:
            return
        self._open[alert.name] = wanted
        if not wanted:
            self._rows.select(f"group:{alert.name}")
        self.rebuild()

    def _group_rows(self, group: AlertGroup) -> list[AlertRow]:
        if len(group.alerts) == 1:
            alert = group.alerts[0]
            key = f"alert:{alert.fingerprint}"
            return [
                AlertRow(key, alert, alert.name, _known(place_of(alert)), alert.started_at, here=self._is_here(alert))
            ]
        # Decided when the group is first seen, so that one more member does not fold it away.
        opened = self._open.setdefault(group.name, len(group.alerts) <= OPEN_UP_TO)
        labels = differing_labels(group.alerts)
        places = [
            _known(*(alert.labels.get(label, SafeText("")) for label in labels)) or _known(place_of(alert))
            for alert in group.alerts
        ]
        worst = self._standing_for(group.alerts)
        head = AlertRow(
            f"group:{group.name}",
            worst,
            group.name,
            _known(*sorted(dict.fromkeys(map(place_of, group.alerts)), key=lambda place: place != self._service)),
            min(alert.started_at for alert in group.alerts if alert.state is worst.state),
            members=len(group.alerts),
            open=opened,
            here=self._is_here(*group.alerts),
        )
        if not opened:
            return [head]
        members = [
            AlertRow(
                f"alert:{alert.fingerprint}",
                alert,
                SafeText(""),
                place,
                alert.started_at,
                indented=True,
                here=self._is_here(alert),
            )
            for alert, place in zip(group.alerts, places, strict=True)
        ]
        return [head, *members]
