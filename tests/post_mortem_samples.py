"""A whole incident, built by hand: a release that leaks connections, at 14:06 UTC on 2026-03-02."""

from __future__ import annotations

import math

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.incident import IncidentField, IncidentSeverity, Milestone
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    Author,
    ChangeKind,
    ChangeSeen,
    EvidencePinned,
    FieldSet,
    FollowUpAdded,
    FollowUpDone,
    IncidentEvent,
    MilestoneReached,
    Noted,
    Notified,
    Opened,
    OperationTold,
    ProbeFlipped,
    RoleTaken,
    WalkBegun,
    WalkStepped,
    What,
)
from opsconsole.domain.log_query import LogQuery, LogSearch
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.marker import Marker, MarkerKind
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.pod import ProbeKind, ProbeState
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel, PanelReading, Series, Severity, Threshold, Unit
from opsconsole.domain.snapshot import Completeness, FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult, Verdict
from opsconsole.incidents.pinning import (
    LinesSeen,
    Standpoint,
    pinned_alert,
    pinned_chart,
    pinned_lines,
    pinned_pod,
    pinned_trace,
)
from widget_samples import PODS, SLOW_TRACE, live

FIRED = 1_772_460_480.0
"""14:08:00 UTC."""
INCIDENT = "inc-20260302-7kq4"
ADA, BO = Author(SafeText("ada@laptop"), SafeText("ada@example.com")), Author(SafeText("bo@desk"))
SPAN = TimeRange(FIRED - 1800, FIRED + 600)
SELECTION = Selection(SafeText("prod"), SafeText("shop"), SafeText("checkout"))
SEEN = Standpoint(SELECTION, SPAN, FIRED + 600, FIRED)
CHECKOUT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
ROLL_BACK = "Roll back deployment shop/checkout to revision 41: checkout:v1.8.2"
LABELS = {SafeText("alertname"): SafeText("ErrorRateHigh"), SafeText("service"): SafeText("checkout")}


class Events:
    """Events one after the other, with ids that tell their order."""

    def __init__(self) -> None:
        self.all: list[IncidentEvent] = []

    def add(
        self,
        at: float,
        what: What,
        *,
        by: Author = ADA,
        origin: str = "operator",
        recorded: float | None = None,
        replaces: tuple[str, ...] = (),
    ) -> str:
        """`what` at `at` seconds after the alert; its id."""
        name = f"e{len(self.all):03}"
        self.all.append(
            IncidentEvent(
                id=name, incident=INCIDENT, at=FIRED + at, recorded_at=FIRED + (at if recorded is None else recorded),
                author=by, origin=SafeText(origin), what=what, replaces=replaces,
            )
        )  # fmt: skip
        return name


def errors_chart() -> Pinned | None:
    """Errors of checkout: none, a gap of four minutes in the scrapes, then one in twelve."""
    times, values = [], []
    for place in range(81):
        time = SPAN.start + 30 * place
        if 14 <= place < 22:
            continue
        times.append(time)
        values.append(0.001 + 0.0005 * math.sin(place) if time < FIRED - 60 else 0.081 if time < FIRED + 420 else 0.004)
    series = Series({SafeText("service"): SafeText("checkout")}, tuple(times), tuple(values), SafeText("checkout"))
    panel = Panel("errors", SafeText("Errors"), "q", Unit.RATIO, thresholds=(Threshold(0.05, Severity.CRITICAL),))
    query = SafeText('sum(rate(http_errors_total{service="checkout"}[1m])) / sum(rate(http_requests_total[1m]))')
    marks = (
        Marker(FIRED - 120, MarkerKind.DEPLOY, SafeText("checkout v1.9.0")),
        Marker(FIRED, MarkerKind.ALERT, SafeText("ErrorRateHigh")),
    )
    snapshot = Snapshot(FeedState.PARTIAL, PanelReading(panel, (series,), 30.0, query), FIRED + 600,
                        Completeness(notes=(SafeText("PromQL warning: 8 samples missing"),)))  # fmt: skip
    return pinned_chart(snapshot, SEEN, marks)


def pool_chart() -> Pinned | None:
    """Connections in use of three pods."""
    series = []
    for number, name in enumerate(("abcde", "fghij", "qqqqq")):
        pairs = [
            (SPAN.start + 60 * place, 20.0 + number + max(0, place - 25) * (12.0 if number < 2 else 0.0))
            for place in range(41)
        ]
        labels = {SafeText("pod"): SafeText(f"checkout-7d9f8b6c5-{name}")}
        series.append(
            Series(labels, tuple(time for time, _ in pairs), tuple(value for _, value in pairs), SafeText(name))
        )
    panel = Panel("pool", SafeText("Connections in use"), "q", Unit.NUMBER)
    return pinned_chart(live(PanelReading(panel, tuple(series), 60.0, SafeText("db_pool_active"))), SEEN)


def error_lines() -> Pinned | None:
    """Three lines, one of which has a password in it."""
    messages = (
        "dial postgres://shop:hunter2@postgres:5432/shop: too many clients",
        "pool wait timeout after 3000 ms, 200 of 200 connections in use",
        "panic: nil rows␊goroutine 4213 [running]:␊    store.(*Orders).Close(0x0)",
    )
    records = tuple(
        LogRecord(
            SafeText(f"l{number}"), FIRED + 3.2 * number + 0.123, LogLevel.ERROR, SafeText("checkout"), SafeText(text),
            SafeText("checkout-7d9f8b6c5-abcde"), SafeText("shop"),
            trace_id=SafeText("4bf92f3577b34da6a3ce929d0e0e4736") if number == 1 else SafeText(""),
        )
        for number, text in enumerate(messages)
    )  # fmt: skip
    search = LogSearch(SELECTION, SPAN, LogQuery(level=LogLevel.ERROR))
    return pinned_lines(LinesSeen(search, records, SafeText("elasticsearch"), records[1], total=1204), FIRED + 300)


def the_alert() -> Pinned:
    alert = Alert(
        SafeText("f1"), SafeText("ErrorRateHigh"), AlertState.FIRING, Severity.CRITICAL, FIRED, LABELS,
        {SafeText("summary"): SafeText("8.1 % of checkout's requests fail")}, 0.081,
        query=SafeText("job:errors:ratio > 0.05"),
    )  # fmt: skip
    return pinned_alert(alert, live((alert,)), SEEN)


def kept(pinned: Pinned | None, words: str = "") -> EvidencePinned:
    assert pinned is not None
    return EvidencePinned(pinned, SafeText(words))


def told(state: OperationState, words: str, reason: str = "") -> OperationTold:
    return OperationTold(
        "op-1", OperationKind.ROLL_BACK, CHECKOUT, state, SafeText(words), SafeText("ada@example.com"), SafeText(reason)
    )


def field(name: IncidentField, value: str, words: str = "") -> FieldSet:
    return FieldSet(name, SafeText(value), SafeText(words))


def whole_incident() -> tuple[IncidentEvent, ...]:
    """From the deploy to the follow-ups, with a conflict about its impact."""
    events = Events()
    add = events.add
    add(
        -120,
        ChangeSeen(
            ChangeKind.ROLLOUT,
            SafeText("deployment shop/checkout"),
            SafeText("image v1.8.2 → v1.9.0"),
            SafeText("argocd"),
        ),
        origin="kubernetes",
        recorded=140,
    )
    add(
        0,
        AlertFired(
            SafeText("f1"),
            SafeText("ErrorRateHigh"),
            Severity.CRITICAL,
            LABELS,
            SafeText("8.1 % of checkout's requests fail"),
        ),
        origin="alertmanager",
    )
    first = add(
        75,
        Opened(
            SafeText("checkout fails: connection pool exhausted"),
            IncidentSeverity.P2,
            SafeText("prod"),
            SafeText("shop"),
            (SafeText("checkout"), SafeText("orders")),
        ),
    )
    add(75, MilestoneReached(Milestone.ACKNOWLEDGED))
    add(76, kept(the_alert()), origin="operator")
    add(76, kept(errors_chart(), "starts right after the deploy"))
    add(80, field(IncidentField.SEVERITY, "P1", "payments fail, too"), replaces=(first,))
    started = add(90, field(IncidentField.STATE, "started"), replaces=(first,))
    add(95, RoleTaken(SafeText("commander"), SafeText("ada")))
    add(100, RoleTaken(SafeText("communication"), SafeText("bo")), by=BO)
    add(104, Notified(SafeText("webhook"), SafeText("shop-owners"), True))
    add(
        110,
        ProbeFlipped(
            SafeText("shop"),
            SafeText("checkout-7d9f8b6c5-abcde"),
            SafeText("app"),
            ProbeKind.READINESS,
            ProbeState.FAILING,
            SafeText("HTTP probe failed with statuscode: 500"),
        ),
        origin="kubernetes",
    )
    add(140, MilestoneReached(Milestone.FIRST_HYPOTHESIS, SafeText("the database is down")))
    add(
        150,
        WalkBegun(
            "w1", SafeText("db-pool-exhausted"), SafeText("Database pool exhausted"), "ab" * 32, "db-pool-exhausted.md"
        ),
    )
    add(
        152,
        WalkStepped(
            "w1",
            StepResult(
                number=1,
                title=SafeText("Connections waiting"),
                kind=StepKind.CHECK,
                outcome=StepOutcome.HOLDS,
                at=FIRED + 152,
                shown=SafeText("1,512, expected above 100"),
            ),
            2,
        ),
        origin="runbook",
    )
    add(
        158,
        WalkStepped(
            "w1",
            StepResult(
                number=2,
                title=SafeText("It leaks"),
                kind=StepKind.NOTE,
                outcome=StepOutcome.DONE,
                at=FIRED + 158,
                verdict=Verdict.CAUSE,
            ),
            None,
        ),
        origin="runbook",
    )
    add(160, kept(error_lines()))
    add(185, kept(pinned_trace(SLOW_TRACE, FIRED + 185)))
    add(190, kept(pool_chart(), "two of three pods leak"))
    add(
        200,
        field(
            IncidentField.CAUSE,
            "v1.9.0 returns early in Orders.Close() and never gives its connection back",
            "the trace and the goroutines agree",
        ),
    )
    add(215, Noted(SafeText("rolling back, bo tells the shop␊see https://wiki.example/checkout")))
    add(245, kept(pinned_pod(PODS.pods[0], live(PODS), SEEN)))
    add(240, told(OperationState.RECORDED, ROLL_BACK, "leaks connections"), origin="engine")
    add(240.2, told(OperationState.SENT, "patch of the template"), origin="engine")
    add(240.6, told(OperationState.APPLIED, "generation 42"), origin="engine")
    add(330, told(OperationState.VERIFIED, "3 of 3 pods run v1.8.2; errors 8.1 % → 0.4 %"), origin="engine")
    mitigated = add(340, field(IncidentField.STATE, "mitigated"), replaces=(started,))
    add(420, AlertCleared(SafeText("f1"), SafeText("ErrorRateHigh")), origin="alertmanager")
    add(480, field(IncidentField.STATE, "resolved"), replaces=(mitigated,))
    add(500, field(IncidentField.IMPACT, "about 8 % of payments failed for 8 minutes"))
    add(510, field(IncidentField.IMPACT, "some orders were charged twice"), by=BO)
    add(
        520,
        field(
            IncidentField.SUMMARY,
            "A release leaked database connections; checkout ran out of them two minutes later and failed "
            "one request in twelve until it was rolled back.",
        ),
    )
    add(530, field(IncidentField.HEALING, "roll-back of checkout to v1.8.2"))
    add(
        540,
        FollowUpAdded(
            "u1", SafeText("close rows in a deferred call | add a linter rule"), SafeText("ada"), FIRED + 4 * 86_400
        ),
    )
    add(550, FollowUpAdded("u2", SafeText("alert on waiting connections")))
    add(90_000, FollowUpDone("u2"), by=BO)
    return tuple(events.all)
