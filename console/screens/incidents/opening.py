"""The dialog that opens an incident: filled in already, so that Enter is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from textual.binding import Binding
from textual.content import Content

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.incident import Incident, IncidentSeverity
from opsconsole.domain.incident_event import EvidencePinned, Fact
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import IncidentBook
from opsconsole.incidents.recording.alerts import fired
from opsconsole.screens.incidents.drafting import Draft
from opsconsole.screens.incidents.form_screen import FormField, FormScreen
from opsconsole.widgets.glyphs import Glyphs

JOINS_LATER = ", pending: joins when it fires"
_LISTED = 6
"""Alerts, evidence and incidents named at most; the rest is counted."""


class OpeningScreen(FormScreen):
    """Returns whether an incident was opened; `opened` is that one, which was there already where it was `joined`."""

    BINDINGS = [Binding("f2", "list", "all incidents", priority=True, id="opening.list")]  # noqa: RUF012 - Textual's own

    def __init__(
        self,
        draft: Draft,
        evidence: tuple[Pinned, ...],
        book: IncidentBook,
        glyphs: Glyphs,
        *,
        others: tuple[Incident, ...] = (),
        show_list: Callable[[], object],
    ) -> None:
        """`others` are open already; `show_list` shows them, to work on one of them instead."""
        self._draft = draft
        self._evidence = evidence
        self._book = book
        self._show_list = show_list
        self.opened: Incident | None = None
        self.joined = False
        fields = (
            FormField("title", SafeText("title"), draft.title, "what is wrong, in a few words", required=True),
            FormField("severity", SafeText("severity"), SafeText(draft.severity.value), "P1 to P4", required=True),
            FormField("services", SafeText("services"), SafeText(", ".join(draft.services)), "may stay empty"),
        )
        super().__init__(
            SafeText("Open an incident"), fields, self._open, about=_about(draft, evidence, others, glyphs)
        )

    @property
    def subtitle(self) -> str:
        """What the keys do."""
        return "Enter open, Tab next, F2 all incidents, Esc back"

    def action_list(self) -> None:
        """Leave the dialog for the list."""
        self.dismiss(False)
        self._show_list()

    async def _open(self, values: Mapping[str, SafeText]) -> None:
        """Raises `StoreError`, and `ValueError` for a severity that is none."""
        severity = parse_severity(values["severity"])
        services = tuple(SafeText(name) for name in values["services"].replace(",", " ").split())
        opening = await self._book.open_or_join(
            first_facts(self._draft.alerts, self._evidence),
            title=values["title"],
            severity=severity,
            namespace=self._draft.namespace,
            services=services,
        )
        self.opened, self.joined = opening.incident, opening.joined


def first_facts(alerts: Sequence[Alert], evidence: Sequence[Pinned]) -> list[Fact]:
    """What stands in the record at once. An alert that is pending joins when it fires: only then the clock starts."""
    firing = [fired(alert) for alert in alerts if alert.state is not AlertState.PENDING]
    return [*firing, *(Fact(EvidencePinned(one)) for one in evidence)]


def parse_severity(typed: str) -> IncidentSeverity:
    """`P2`, `p2`, `2`. Raises `ValueError` with a sentence."""
    word = typed.strip().upper()
    try:
        return IncidentSeverity(word if word.startswith("P") else f"P{word}")
    except ValueError as error:
        raise ValueError("severity: write P1, P2, P3 or P4") from error


def _about(
    draft: Draft, evidence: tuple[Pinned, ...], others: tuple[Incident, ...], glyphs: Glyphs
) -> tuple[Content, ...]:
    rule = Content.assemble((f"{draft.severity.value}: {draft.rule}", "$muted"))
    lines = [
        rule,
        *_listed(_with(len(draft.alerts)), alert_lines(draft.alerts, glyphs), glyphs),
        *_listed("keeps", [one.title for one in evidence], glyphs),
    ]
    if others:
        names = [f"{one.name} {one.severity.value} {one.title}" for one in others]
        lines += _listed("open already (F2 to work on one)", names, glyphs, style="$level-warn")
    return tuple(lines)


def alert_lines(alerts: Sequence[Alert], glyphs: Glyphs) -> list[str]:
    """Equal ones as one, `PodNotReady × 5 (critical)`, in the order of the first of each."""
    counts = Counter((alert.name, alert.severity, alert.state is AlertState.PENDING) for alert in alerts)
    return [
        f"{name}{f' {glyphs.times} {count}' if count > 1 else ''} ({severity.value}{JOINS_LATER if pending else ''})"
        for (name, severity, pending), count in counts.items()
    ]


def _with(count: int) -> str:
    return "with the alert" if count == 1 else f"with {count} alerts"


def _listed(heading: str, names: list[str], glyphs: Glyphs, style: str = "$muted") -> list[Content]:
    if not names:
        return []
    more = [f"and {len(names) - _LISTED} more"] if len(names) > _LISTED else []
    return [
        Content.assemble((heading, style)),
        *(Content.assemble((f"  {glyphs.dot} ", "$muted"), name) for name in [*names[:_LISTED], *more]),
    ]
