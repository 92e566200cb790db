"""Services of an incident come and go, and equal alerts are told as one."""

from __future__ import annotations

import msgspec
import pytest

from incident_samples import T0, event, opened
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.event_words import told
from opsconsole.domain.incident_event import ServiceAdded, ServiceRemoved
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.incidents.folding import fold
from opsconsole.screens.incidents.opening import alert_lines
from opsconsole.widgets.glyphs import ASCII, UNICODE

START = event(opened(services=("checkout", "cart")), id="open")
CART = SafeText("cart")


@pytest.mark.parametrize("turned", [False, True])
def test_the_last_word_about_a_service_counts_however_the_events_came(turned: bool) -> None:
    events = [START, event(ServiceRemoved(CART), 10), event(ServiceAdded(SafeText("orders")), 20)]
    assert fold(events[::-1] if turned else events).services == ("checkout", "orders")
    again = [*events, event(ServiceAdded(CART), 30)]
    assert fold(again[::-1] if turned else again).services == ("checkout", "orders", "cart")
    assert fold([START, event(ServiceRemoved(SafeText("nobody")), 10)]).services == ("checkout", "cart")


def test_a_removal_reads_as_what_it_is() -> None:
    assert told(ServiceRemoved(CART)) == "cart has nothing to do with it"


def test_equal_alerts_are_told_as_one_with_their_number() -> None:
    pod = Alert(SafeText("f"), SafeText("PodNotReady"), AlertState.FIRING, Severity.WARNING, T0, {}, {})
    slow = msgspec.structs.replace(pod, name=SafeText("Slow"), severity=Severity.CRITICAL)
    worse = msgspec.structs.replace(pod, severity=Severity.CRITICAL)
    assert alert_lines([slow, pod, pod, worse, pod], UNICODE) == [
        "Slow (critical)",
        "PodNotReady × 3 (warning)",
        "PodNotReady (critical)",
    ]
    assert alert_lines([pod, pod], ASCII) == ["PodNotReady x 2 (warning)"]
