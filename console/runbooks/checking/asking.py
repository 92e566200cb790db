"""Asks the sources what a check wants to know. Nothing here can change anything."""

from __future__ import annotations

import asyncio

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogOrigin, LogQuery, LogSearch
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.runbook import ChangeCheck, LogCheck, MetricCheck, PodCheck, Question
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange, format_duration
from opsconsole.runbooks.checking.judging import Finding, nobody_knows, of_count, of_values, trouble_of
from opsconsole.runbooks.checking.pod_findings import pods_found
from opsconsole.safe_text import safe_text
from opsconsole.sources.protocols import Sources

CHECK_SECONDS = 20.0
"""Wall seconds that one check may take. Each request has its own, shorter deadline besides."""


class Asking(msgspec.Struct, frozen=True):
    """Where and when a check looks. `since` is when the incident began (unix seconds), None without one."""

    cluster: SafeText
    namespace: SafeText
    since: float | None = None

    def selection(self, service: str) -> Selection:
        """What is looked at, in words of the sources."""
        return Selection(self.cluster, self.namespace or None, safe_text(service) if service else None)


async def found(sources: Sources, clock: Clock, question: Question, asking: Asking) -> Finding:
    """How `question`, inputs put in, comes out now. What can't be had is UNKNOWN, in the source's own words."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            match question:
                case MetricCheck():
                    return await _metric(sources, clock, question)
                case LogCheck():
                    return await _lines(sources, clock, question, asking)
                case PodCheck():
                    return await _pods(sources, clock, question, asking)
                case ChangeCheck():
                    return await _changes(sources, clock, question, asking)
    except TimeoutError:
        return nobody_knows(SourceError(ErrorKind.TIMEOUT, "the check", SafeText(f"{CHECK_SECONDS:g} s")).sentence)
    except SourceError as error:
        return nobody_knows(error.sentence)


async def _metric(sources: Sources, clock: Clock, check: MetricCheck) -> Finding:
    if sources.metrics is None:
        return nobody_knows("Prometheus is not configured for this cluster")
    reading = await sources.metrics.instant(check.query, clock.now() - check.ago)
    if trouble := trouble_of(reading):
        return nobody_knows(trouble)
    values = [(_told_apart(one.labels), one.values[-1]) for one in reading.value if one.values]
    if not values and check.absent is None:
        return nobody_knows(
            "Prometheus has no series for this; is the service scraped, and the metric called so there?"
        )
    if not values and check.absent is not None:
        values = [("no series, which counts as that", check.absent)]
    if len(values) == 1 and reading.value:
        values = [(_named(reading.value[0].labels), values[0][1])]
    return of_values(values, check.expect, check.unit)


def _told_apart(labels: dict[SafeText, SafeText]) -> str:
    return ", ".join(f"{name} {value}" for name, value in list(labels.items())[:3])


def _named(labels: dict[SafeText, SafeText]) -> str:
    """What a value that stands alone is of: a single label was asked for, many are only where it comes from."""
    return _told_apart(labels) if len(labels) == 1 else ""


async def _lines(sources: Sources, clock: Clock, check: LogCheck, asking: Asking) -> Finding:
    source = sources.lines(LogOrigin.STORE)
    if source is None:
        return nobody_knows("no source of log lines is configured for this cluster")
    now = clock.now()
    search = LogSearch(asking.selection(check.service), TimeRange(now - check.within, now), check.query)
    reading = await source.newest(search, 1)
    if trouble := trouble_of(reading):
        return nobody_knows(trouble)
    count, exact = reading.value.total, reading.value.total_is_exact
    within = f"of the last {format_duration(check.within)}"
    if count == 0:
        everything = await source.newest(msgspec.structs.replace(search, query=LogQuery()), 1)
        if trouble := trouble_of(everything):
            return nobody_knows(trouble)
        if everything.value.total == 0:
            whose = f"{check.service} has" if check.service else "there are"
            return nobody_knows(f"{whose} no lines at all {within}, so nothing can be told from them")
    return of_count(count, f"{'line' if count == 1 else 'lines'} {within}", check.expect, exact=exact)


async def _pods(sources: Sources, clock: Clock, check: PodCheck, asking: Asking) -> Finding:
    if sources.workloads is None:
        return nobody_knows("Kubernetes is not configured for this cluster")
    reading = await sources.workloads.pods(asking.selection(check.service))
    if trouble := trouble_of(reading):
        return nobody_knows(trouble)
    if reading.value.forbidden:
        return nobody_knows(f"pods of {', '.join(reading.value.forbidden)} may not be listed; ask for that right")
    pods = reading.value.pods
    if not pods:
        return nobody_knows(f"there are no pods{f' of {check.service}' if check.service else ''}")
    hit = pods_found(pods, check.finding, clock.now() - check.within)
    if hit is None:
        return nobody_knows(f"nobody tells whether a pod is found with {check.finding.value}")
    named = f" ({', '.join(one.name for one in hit[:3])}{', …' if len(hit) > 3 else ''})" if hit else ""
    return of_count(len(hit), f"of {len(pods)} pods: {check.finding.value}{named}", check.expect)


async def _changes(sources: Sources, clock: Clock, check: ChangeCheck, asking: Asking) -> Finding:
    if sources.workloads is None:
        return nobody_knows("Kubernetes is not configured for this cluster")
    reading = await sources.workloads.changes(asking.selection(check.service))
    if trouble := trouble_of(reading):
        return nobody_knows(trouble)
    end = clock.now() if asking.since is None else min(asking.since, clock.now())
    hit = [one for one in reading.value.changes if end - check.within <= one.time <= end and _about(one, check.words)]
    named = f" ({'; '.join(one.title for one in hit[:3])}{'; …' if len(hit) > 3 else ''})" if hit else ""
    when = "before the incident" if asking.since is not None else "before now"
    return of_count(
        len(hit),
        f"{'change' if len(hit) == 1 else 'changes'} in the {format_duration(check.within)} {when}{named}",
        check.expect,
    )


def _about(change: Change, words: str) -> bool:
    """Jobs come and go by themselves; they count only where they are asked for."""
    if not words:
        return change.kind is not ChangeKind.JOB
    return words.lower() in f"{change.kind.value} {change.title} {change.cause}".lower()
