"""One list of alerts from the two that know of them."""

from __future__ import annotations

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.snapshot import Completeness, FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.sources.alert_merge import merged

Alerts = Snapshot[tuple[Alert, ...]]


def alert_board(routed: Alerts | None, raised: Alerts | None) -> Alerts:
    """Alertmanager's view (`routed`) joined with Prometheus' own (`raised`); None is not configured.

    With one of them out of order the other's alerts are shown, as PARTIAL and with the reason.
    """
    known = [snapshot for snapshot in (routed, raised) if snapshot is not None]
    if not known:
        return Snapshot(FeedState.NOT_CONFIGURED)
    if routed is None or raised is None:
        only = known[0]
        return only if only.value is None else msgspec.structs.replace(only, value=merged(*_values(routed, raised)))
    with_value = [snapshot for snapshot in known if snapshot.value is not None]
    if not with_value:
        bad = [snapshot for snapshot in known if snapshot.state is not FeedState.CONNECTING]
        return bad[0] if len(bad) == len(known) else Snapshot(FeedState.CONNECTING)
    value = merged(*_values(routed, raised))
    as_of = min(snapshot.as_of for snapshot in with_value if snapshot.as_of is not None)
    worst = routed if routed.problem else raised
    problem = worst.problem
    if all(snapshot.state is FeedState.LIVE for snapshot in known):
        return Snapshot(FeedState.LIVE, value, as_of)
    if all(snapshot.state is FeedState.STALE for snapshot in known):
        return Snapshot(FeedState.STALE, value, as_of, problem=problem, next_try=worst.next_try, asked=worst.asked)
    notes = (problem.sentence,) if problem else routed.completeness.notes + raised.completeness.notes
    waiting = SafeText("one of Prometheus and Alertmanager has not answered yet")
    share = Completeness(len([s for s in known if s.state is FeedState.LIVE]), 2, notes or (waiting,))
    return Snapshot(FeedState.PARTIAL, value, as_of, share, problem, worst.next_try, worst.asked)


def _values(routed: Alerts | None, raised: Alerts | None) -> tuple[tuple[Alert, ...], tuple[Alert, ...]]:
    return (routed and routed.value) or (), (raised and raised.value) or ()
