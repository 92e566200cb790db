"""When the kubelet starts a container again.

It waits 10 s after the first end, twice as long after each further one, at most 300 s, and starts anew with 10 s
once a container has run for 10 min (Kubernetes, "Pod Lifecycle", "Container restarts"). The wait counts from the
container's end (`kuberuntime_manager.go`, `doBackOff`), and its length is told in the waiting message.
"""

from __future__ import annotations

import re

from opsconsole.sources.kubernetes.objects import ContainerStatus
from opsconsole.sources.moments import parse_moment

FIRST = 10.0
LONGEST = 300.0
CALM = 600.0
"""Seconds of running after which the waits start anew."""

_WAIT = re.compile(r"back-off ((?:\d+h)?(?:\d+m)?(?:[\d.]+s)?) restarting failed container")
_PARTS = re.compile(r"([\d.]+)([hms])")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}


def back_off_until(status: ContainerStatus | None) -> float | None:
    """When a container that backs off is started again, unix seconds; None when it doesn't or nobody can say.

    The kubelet looks only every few seconds, so it may be up to 10 s later.
    """
    if status is None or status.state.waiting is None or status.state.waiting.reason != "CrashLoopBackOff":
        return None
    match = _WAIT.match(status.state.waiting.message)
    ended = status.last_state.terminated
    finished = parse_moment(ended.finished_at or "") if ended else None
    if match is None or finished is None:
        return None
    return finished + sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(match.group(1)))


def next_wait(wait: float | None, ran_for: float) -> float:
    """Seconds of the wait after one of `wait` seconds and a life of `ran_for` seconds."""
    return FIRST if wait is None or ran_for >= CALM else min(LONGEST, 2 * wait)
