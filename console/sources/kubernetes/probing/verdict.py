"""What is to be said of a probe: status, counter and events weighed against each other.

Status is the kubelet's word for what it decided (`ready`, `started`, a container's end), the counter its word for
every check, events what it managed to send. Nothing is called passing on silence where silence says nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from opsconsole.domain.pod import Evidence, ProbeKind, ProbeState
from opsconsole.sources.kubernetes.objects import ContainerStatus, ProbeSpec
from opsconsole.sources.kubernetes.probing.counter_run import CounterRun, RunRule, counted, results_since
from opsconsole.sources.kubernetes.probing.probe_run import STAMP_RESOLUTION, ProbeHistory
from opsconsole.sources.moments import parse_moment

EVENT_SLACK = 5.0
"""Seconds an event may lag behind its probe before silence means success."""

EVENT_LAG = 10.0
"""Seconds after which an event that should be there is missing: longer than the time between two lists of events."""

COUNTER_AGE = 90.0
"""Seconds after which a counter says nothing about now; kubelets are scraped every 10 to 60 s."""


@dataclass(frozen=True)
class Verdict:
    """A probe's state, who says so, and what is known of its run; the fields are those of `Probe`."""

    state: ProbeState
    evidence: Evidence = Evidence.STATUS
    failures: int | None = None
    successes: int | None = None
    approximate: bool = False
    as_of: float | None = None
    killed_at: float | None = None
    failed_at: float | None = None
    throttled: bool = False


@dataclass(frozen=True)
class Case:
    """One probe of one container, and all that is known of it. `now` is the server's unix seconds."""

    kind: ProbeKind
    spec: ProbeSpec
    status: ContainerStatus | None
    has_startup: bool
    history: ProbeHistory
    now: float

    @property
    def rule(self) -> RunRule:
        """How its run is bounded."""
        return RunRule(max(1, self.spec.failure_threshold), self.kind is not ProbeKind.READINESS)

    @property
    def period(self) -> float:
        """Seconds between two checks."""
        return max(1.0, float(self.spec.period_seconds))

    @property
    def reach(self) -> float:
        """Seconds after a failure's event by which the next one would be there."""
        return self.period + self.spec.timeout_seconds + EVENT_SLACK

    @property
    def throttled(self) -> bool:
        """Whether the kubelet can send no event about the pod."""
        return self.history.heard and self.history.budget.spent(self.now)

    @property
    def silent(self) -> bool:
        """Whether silence says nothing: the kubelet's budget is spent, or events can't be read."""
        return self.throttled or not self.history.heard


def verdict(case: Case) -> Verdict:
    """What is to be said of the probe."""
    found = _verdict(case)
    return replace(found, throttled=True) if case.throttled else found


def _verdict(case: Case) -> Verdict:
    status = case.status
    if status is None or status.state.running is None:
        return _of_stopped(case)
    if case.kind is not ProbeKind.STARTUP and case.has_startup and not status.started:
        return Verdict(ProbeState.SUSPENDED)
    started = parse_moment(status.state.running.started_at or "") or 0.0
    found = _run(case, started)
    if case.kind is ProbeKind.STARTUP:
        return Verdict(ProbeState.PASSING) if status.started else _not_passed(found or Verdict(ProbeState.UNKNOWN))
    if case.kind is ProbeKind.LIVENESS:
        return found or Verdict(ProbeState.UNKNOWN if case.silent else ProbeState.PASSING)
    return _readiness(case, status, found, case.now - started)


def _not_passed(found: Verdict) -> Verdict:
    """What holds while the kubelet has not said that a container has started: a success only just now, or none."""
    return replace(found, state=ProbeState.UNKNOWN) if found.state is ProbeState.PASSING else found


def _readiness(case: Case, status: ContainerStatus, found: Verdict | None, running_for: float) -> Verdict:
    """The kubelet's own word is `ready`; before the first result it says false as well.

    Below the threshold a failing probe leaves `ready` true: it passes, with failures.
    """
    if status.ready:
        if found is None or found.failures is None:
            return Verdict(ProbeState.PASSING)
        failures = min(found.failures, case.rule.threshold - 1)
        return replace(found, state=ProbeState.PASSING, failures=failures)
    if found is not None and found.state is ProbeState.FAILING:
        return found
    wait = case.spec.initial_delay_seconds + case.period
    if found is not None:
        # It succeeds again, but not often enough yet; or the kubelet has not said so yet.
        return replace(found, state=ProbeState.FAILING)
    if running_for < wait:
        return Verdict(ProbeState.UNKNOWN)
    # A failing readiness probe sends an event a period for as long as it fails.
    newest = case.history.newest
    quiet_since = max(case.now - running_for + wait, newest.last if newest else -math.inf)
    missing = case.now - quiet_since > case.reach + case.period
    return Verdict(ProbeState.FAILING, throttled=case.history.heard and missing)


def _run(case: Case, started: float) -> Verdict | None:
    """What counter and events say of this container's life; None when they say nothing of now."""
    since = started - STAMP_RESOLUTION
    killed_at, newest, rule = case.history.killed_at, case.history.newest, case.rule
    if killed_at is not None and killed_at >= since and rule.holds:
        failed_at = newest.last if newest else killed_at
        return Verdict(ProbeState.FAILING, Evidence.EVENTS, rule.threshold, killed_at=killed_at, failed_at=failed_at)
    counter = _counter(case, started)
    if counter is not None:
        return _of_counter(case, counter, since)
    if newest is None or newest.last < since or case.now - newest.last > case.reach:
        return None
    failures = min(case.history.run(since, case.period), rule.threshold)
    passed = (case.history.passed_at or 0.0) > newest.last and not case.silent
    # A check that only errored is thrown away: neither a failure nor a success.
    state = ProbeState.FAILING if failures else ProbeState.PASSING if passed else ProbeState.UNKNOWN
    return Verdict(state, Evidence.EVENTS, failures, approximate=True, failed_at=newest.last)


def _counter(case: Case, started: float) -> CounterRun | None:
    """The run by the counter, when its last reading is of this life of the container and not long ago."""
    run = counted(case.history.samples, case.rule)
    if run is None or case.now - run.at > COUNTER_AGE or run.at <= started:
        return None
    if run.failed_by is None and run.passed_by is None:
        return None
    run = run.of_container(started, case.rule, case.history.killed_at)
    failed, passed = results_since(case.history.samples, started)
    return run.at_least(failed) if not passed and 0 < failed <= case.rule.threshold else run


def _of_counter(case: Case, run: CounterRun, since: float) -> Verdict:
    """The counter's word, and what events tell of the time after it was read."""
    history, rule, teller = case.history, case.rule, case.history.counter or Evidence.COUNTER
    newest = history.newest
    later = history.run(max(since, math.floor(run.at) + STAMP_RESOLUTION), case.period)
    failed_at = newest.last if newest and newest.last >= since else None
    if run.failed_after is not None and (failed_at is None or failed_at < run.failed_after - STAMP_RESOLUTION):
        failed_at = run.failed_by
    if later:
        failures = later + (run.nearest(None) if run.failing is not False else 0)
        return Verdict(
            ProbeState.FAILING, Evidence.EVENTS, min(failures, rule.threshold), approximate=True, as_of=run.at,
            failed_at=failed_at,
        )  # fmt: skip
    told = history.run(since, case.period)
    failures = run.nearest(told or None)
    missed = _missed(case, run)
    state = ProbeState.FAILING if run.failing is True or 0 not in run.possible else ProbeState.PASSING
    if run.failing is None and state is ProbeState.PASSING:
        # The order of the last results is open: an event may tell it, and silence where silence says something.
        if failures and failed_at is not None and case.now - failed_at <= case.reach:
            state = ProbeState.FAILING
        elif case.silent or missed or case.kind is ProbeKind.STARTUP:
            state = ProbeState.UNKNOWN
    # The last check may have been at the reading's own second: then an event of that second may be it or the next.
    blurred = newest is not None and math.floor(run.at) == math.floor(newest.last)
    return Verdict(
        state, teller, min(failures, rule.threshold), successes=run.passes or None,
        approximate=blurred or not run.exact, as_of=run.at, failed_at=failed_at, throttled=missed,
    )  # fmt: skip


def _missed(case: Case, run: CounterRun) -> bool:
    """Whether the counter holds a failure that no event told of."""
    if not case.history.heard or run.failed_after is None or run.failed_by is None:
        return False
    newest = case.history.newest
    told = newest is not None and newest.last >= run.failed_after - STAMP_RESOLUTION
    return not told and case.now - run.failed_by > EVENT_LAG


def _of_stopped(case: Case) -> Verdict:
    """A stopped container isn't probed; what counts is whether this probe is why it stopped."""
    history, rule, status = case.history, case.rule, case.status
    last = status and (status.state.terminated or status.last_state.terminated)
    began = parse_moment(last.started_at or "") if last else None
    if not rule.holds or began is None:
        return Verdict(ProbeState.UNKNOWN)
    newest = history.newest
    failed_at = newest.last if newest and newest.last >= began - STAMP_RESOLUTION else None
    if history.killed_at is not None and history.killed_at >= began - STAMP_RESOLUTION:
        return Verdict(
            ProbeState.FAILING, Evidence.EVENTS, rule.threshold, killed_at=history.killed_at, failed_at=failed_at
        )
    run = counted(history.samples, rule)
    failed, passed = results_since(history.samples, began, case.period)
    filled = failed >= rule.threshold and not passed
    if run is not None and (filled or run.possible == {rule.threshold}) and (run.failed_by or 0.0) > began:
        teller = history.counter or Evidence.COUNTER
        return Verdict(
            ProbeState.FAILING, teller, rule.threshold, approximate=run.possible != {rule.threshold}, as_of=run.at,
            failed_at=failed_at or run.failed_by, throttled=_missed(case, run),
        )  # fmt: skip
    return Verdict(ProbeState.UNKNOWN)
