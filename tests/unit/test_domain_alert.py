"""Alerts: what stands first."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.alert import Alert, AlertState, grouped
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText


def alert(
    name: str = "A",
    state: AlertState = AlertState.FIRING,
    severity: Severity = Severity.WARNING,
    started_at: float = 0.0,
    **annotations: str,
) -> Alert:
    return Alert(
        fingerprint=SafeText(f"{name}{state}{severity}{started_at}"),
        name=SafeText(name),
        state=state,
        severity=severity,
        started_at=started_at,
        labels={},
        annotations={SafeText(key): SafeText(value) for key, value in annotations.items()},
    )


alerts = st.builds(
    alert, st.sampled_from("ABC"), st.sampled_from(AlertState), st.sampled_from(Severity), st.floats(0, 1e9)
)


def test_what_fires_stands_before_what_is_quiet_then_the_worse_then_the_newer() -> None:
    expected = [
        alert("crit new", severity=Severity.CRITICAL, started_at=9),
        alert("crit old", severity=Severity.CRITICAL, started_at=1),
        alert("warn", started_at=99),
        alert("odd", severity=Severity.UNKNOWN),
        alert("pending", AlertState.PENDING, Severity.CRITICAL),
        alert("silenced", AlertState.SILENCED, Severity.CRITICAL),
        alert("inhibited", AlertState.INHIBITED, Severity.CRITICAL),
    ]
    assert sorted([*expected[4:], *expected[:4]], key=lambda one: one.order) == expected


@given(st.lists(alerts))
def test_groups_hold_every_alert_once_and_are_sorted_by_their_worst(many: list[Alert]) -> None:
    groups = grouped(tuple(many))
    assert sorted(one.fingerprint for group in groups for one in group.alerts) == sorted(
        one.fingerprint for one in many
    )
    assert len({group.name for group in groups}) == len(groups)
    for group in groups:
        assert all(left.order <= right.order for left, right in itertools.pairwise(group.alerts))
    assert all(left.alerts[0].order <= right.alerts[0].order for left, right in itertools.pairwise(groups))


def test_the_summary_is_the_first_annotation_that_says_anything() -> None:
    assert alert(description="d", summary="s").summary == "s"
    assert alert(message="m", summary="").summary == "m"
    assert alert().summary == ""
