"""Failures in a row, from successive readings of `prober_probe_total`.

Between two readings the counter tells how often the probe failed and succeeded, not in which order. Where only
one of both moved the run is known exactly, else there are several possible ones. The kubelet's rule
(`pkg/kubelet/prober/worker.go`): a failure lengthens the run, a success ends it; liveness and startup probes
stop at their threshold, and start at nothing with the next container. A container that ends by itself does not
end the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from opsconsole.domain.probe_counters import CounterSample


@dataclass(frozen=True)
class RunRule:
    """What bounds a run: its threshold, and whether probing `holds` there until there is a new container."""

    threshold: int
    holds: bool

    @property
    def any_run(self) -> frozenset[int]:
        """What a run can be while nothing is known."""
        return frozenset(range(self.threshold + 1))

    def after(self, run: int, failures: int) -> int:
        """The run that `failures` make of `run`. Beyond a threshold that holds they are the next container's."""
        if not self.holds:
            return min(run + failures, self.threshold)
        return (run + failures - 1) % self.threshold + 1


@dataclass(frozen=True)
class CounterRun:
    """The `possible` runs of failures after a reading at `at`.

    `failing` is whether the last check failed, None where both results came since the reading before. The last
    failure came after `failed_after` and not after `failed_by`, the last success by `passed_by`; None where the
    readings hold none. `passes` are successes in a row, at least.
    """

    at: float
    possible: frozenset[int]
    failing: bool | None = None
    failed_after: float | None = None
    failed_by: float | None = None
    passed_by: float | None = None
    passes: int = 0

    @property
    def exact(self) -> bool:
        """Whether the readings leave one possibility."""
        return len(self.possible) == 1

    def nearest(self, estimate: int | None) -> int:
        """The possible run next to `estimate`; without one the shortest, so that nothing is made up."""
        if estimate is None:
            return min(self.possible)
        return min(self.possible, key=lambda run: (abs(run - estimate), run))

    def observe(self, before: CounterSample, after: CounterSample, rule: RunRule) -> CounterRun:
        """The run after another reading."""
        run, passed, failed = self, after.successful - before.successful, after.failed - before.failed
        if passed < 0 or failed < 0:
            # The kubelet has begun anew, counters and runs alike.
            run = replace(run, possible=frozenset({0}))
            passed, failed = after.successful, after.failed
        run = replace(run, at=after.at)
        if passed:
            run = replace(run, passed_by=after.at)
        if failed:
            run = replace(run, failed_after=before.at, failed_by=after.at, passes=0)
        if passed and failed:
            mixed = frozenset(range(min(failed, rule.threshold) + 1))
            return replace(run, possible=mixed, failing=None)
        if passed:
            return replace(run, possible=frozenset({0}), failing=False, passes=run.passes + passed)
        if failed:
            longer = frozenset(rule.after(length, failed) for length in run.possible)
            return replace(run, possible=longer, failing=True)
        return run

    def at_least(self, failures: int) -> CounterRun:
        """The same, given that so many failures came in a row."""
        possible = frozenset(run for run in self.possible if run >= failures)
        return replace(self, possible=possible) if possible else self

    def of_container(self, started_at: float, rule: RunRule, killed_at: float | None) -> CounterRun:
        """The same, given when the container that runs now was started, and when one was last given up (unix seconds).

        A run that reached the threshold before the start was the old container's, and the new one has none.
        """
        if not rule.holds or self.failed_after is None or self.failed_by is None or started_at <= self.failed_after:
            return self
        if rule.threshold not in self.possible:
            return self
        given_up = killed_at is not None and self.failed_after <= killed_at <= started_at
        before = given_up or started_at > self.failed_by
        possible = (self.possible - {rule.threshold} if before else self.possible) | {0}
        return replace(self, possible=possible, failing=None)


def results_since(samples: Sequence[CounterSample], moment: float, quiet: float | None = None) -> tuple[int, int]:
    """Failures and successes that surely came after `moment` (unix seconds): since the first reading after it.

    With `quiet` seconds without a result up to a reading before it, since that one: most likely nobody was checked
    any more, but checks that errored are as quiet.
    """
    later = next((place for place, sample in enumerate(samples) if sample.at > moment), None)
    if later is None:
        return 0, 0
    base = samples[later]
    if quiet is not None and later >= 2:
        one, two = samples[later - 2 : later]
        base = two if _counts(one) == _counts(two) and two.at - one.at >= quiet else base
    return samples[-1].failed - base.failed, samples[-1].successful - base.successful


def counted(samples: Iterable[CounterSample], rule: RunRule) -> CounterRun | None:
    """The run after all of `samples`, oldest first; None without any. A counter that begins at nothing begins a run."""
    run: CounterRun | None = None
    before: CounterSample | None = None
    for sample in samples:
        if run is None or before is None:
            run = CounterRun(sample.at, rule.any_run if sample.failed else frozenset({0}))
        else:
            run = run.observe(before, sample, rule)
        before = sample
    return run


def joined(known: tuple[CounterSample, ...], more: Iterable[CounterSample], limit: int) -> tuple[CounterSample, ...]:
    """Both as one, oldest first, without the middle ones of equal counts; the newest `limit` of them."""
    kept = list(known)
    for sample in more:
        if kept and sample.at <= kept[-1].at:
            continue
        if len(kept) >= 2 and _counts(kept[-2]) == _counts(kept[-1]) == _counts(sample):
            kept.pop()
        kept.append(sample)
    return tuple(kept[-limit:])


def _counts(sample: CounterSample) -> tuple[int, int]:
    return sample.successful, sample.failed
