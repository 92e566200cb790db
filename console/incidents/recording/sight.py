"""What is seen at one moment, and how far it may be believed."""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.pod import ChangeList, PodList
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.workload import WorkloadList

_NOT_ASKED: Snapshot[tuple[Alert, ...]] = Snapshot(FeedState.CONNECTING)


class Sight(msgspec.Struct, frozen=True):
    """The last snapshots of the feeds that tell what happens."""

    alerts: Snapshot[tuple[Alert, ...]] = _NOT_ASKED
    changes: Snapshot[ChangeList] = Snapshot(FeedState.CONNECTING)
    pods: Snapshot[PodList] = Snapshot(FeedState.CONNECTING)
    workloads: Snapshot[WorkloadList] = Snapshot(FeedState.CONNECTING)


def tells_what_is_there(snapshot: Snapshot[Any]) -> bool:
    """Whether what stands in it was so at its `as_of`; what does not stand in it may be there all the same."""
    return snapshot.state in (FeedState.LIVE, FeedState.PARTIAL) and snapshot.as_of is not None


def tells_what_is_gone(snapshot: Snapshot[Any]) -> bool:
    """Whether it was the whole answer of a backend that answers: what does not stand in it was not there."""
    return snapshot.state is FeedState.LIVE and snapshot.completeness.whole and snapshot.as_of is not None
