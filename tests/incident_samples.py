"""Events of incidents, for tests: short to write, everything else filled in."""

from __future__ import annotations

from itertools import count

from opsconsole.domain.incident import IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    Author,
    FieldSet,
    IncidentEvent,
    Noted,
    Opened,
    What,
)
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText

T0 = 1_800_000_000.0
INCIDENT = "inc-20270115-7kq4"
JANE = Author(SafeText("jane@laptop"))
_numbers = count(1)


def event(
    what: What, at: float = 0.0, *, id: str = "", incident: str = INCIDENT, replaces: tuple[str, ...] = (),  # noqa: A002
    author: Author = JANE, recorded: float | None = None,
) -> IncidentEvent:  # fmt: skip
    """`what` at `at` seconds after T0, recorded then unless `recorded` says otherwise."""
    return IncidentEvent(
        id=id or f"e{next(_numbers):06}", incident=incident, at=T0 + at,
        recorded_at=T0 + (at if recorded is None else recorded), author=author, origin=SafeText("operator"),
        what=what, replaces=replaces,
    )  # fmt: skip


def opened(title: str = "Checkout fails", *, cluster: str = "prod", services: tuple[str, ...] = (), drill: bool = False,
           severity: IncidentSeverity = IncidentSeverity.P2) -> Opened:  # fmt: skip
    names = tuple(SafeText(one) for one in services)
    return Opened(SafeText(title), severity, SafeText(cluster), SafeText("shop"), names, drill)


def field(name: IncidentField, value: str) -> FieldSet:
    return FieldSet(name, SafeText(value))


def fired(name: str = "ErrorRateHigh", fingerprint: str = "f1") -> AlertFired:
    return AlertFired(
        SafeText(fingerprint), SafeText(name), Severity.CRITICAL, {SafeText("service"): SafeText("checkout")}
    )


def cleared(name: str = "ErrorRateHigh", fingerprint: str = "f1") -> AlertCleared:
    return AlertCleared(SafeText(fingerprint), SafeText(name))


def note(words: str) -> Noted:
    return Noted(SafeText(words))
