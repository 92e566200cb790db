"""What the first screen tells of every scenario of the practice cluster that breaks something."""

from __future__ import annotations

import math
import statistics

import msgspec
from scenario_case import Watched

from opsconsole.domain.alert import AlertState
from opsconsole.domain.console_snapshot import ConsoleSnapshot
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.pod import ProbeState
from opsconsole.practice.scenarios import scenario_named
from opsconsole.screens.following import service_of


class Story(msgspec.Struct, frozen=True):
    """What the screen must show of a scenario. `surge` is the id of a panel, `words` stand in a log line."""

    scenario: str
    surge: str | None
    words: str
    failed_trace: bool = True
    unwell_pod: bool = True


STORIES = (
    Story("bad-release", "errors", "panic: runtime error"),
    Story("goroutine-leak", "goroutines", "goroutines, most of them in", unwell_pod=False),
    Story("pool-exhaustion", "pool-waiting", "connection pool exhausted: active 200/200", unwell_pod=False),
    Story("gc-surge", "old-generation", "Full GC", unwell_pod=False),
    Story("cache-penetration", "cache", "cache miss storm", unwell_pod=False),
    Story("slow-start", None, "warming cache", failed_trace=False),
    Story("probe-deadlock", None, "lock order violated"),
    Story("noisy-neighbour", "node-cpu", "request failed", unwell_pod=False),
)


def surged(known: ConsoleSnapshot, panel_id: str) -> bool:
    """Whether the panel is over a threshold now, and usually was not in the first half of the hour."""
    for shown in known.panels:
        reading = shown.snapshot.value
        if shown.panel.split(":")[0] != panel_id or reading is None:
            continue
        samples = [
            (moment, value)
            for series in reading.series
            for moment, value in zip(series.times, series.values, strict=True)
            if not math.isnan(value)
        ]
        before = [value for moment, value in samples if moment < known.span.end - known.span.span / 2]
        now = [value for moment, value in samples if moment > known.span.end - known.span.span / 5]
        for threshold in reading.panel.thresholds:
            if any(map(threshold.crossed_by, now)) and not threshold.crossed_by(statistics.median(before)):
                return True
    return False


def assert_told(watched: Watched, story: Story) -> None:
    """The screen shows the alert of the scenario, its surge, lines, trace and pods."""
    truth = scenario_named(story.scenario).truth
    assert truth is not None
    known = watched.known
    firing = [alert for alert in known.alerts.value or () if alert.state is AlertState.FIRING]
    assert (truth.alert, truth.service) in {(alert.name, service_of(alert)) for alert in firing}
    chosen = known.scope.selection.service
    assert chosen in {service_of(alert) for alert in firing}
    if story.surge is not None:
        assert surged(known, story.surge), [panel.panel for panel in known.panels]
    if story.failed_trace:
        assert known.traces.value is not None
        assert known.traces.value.traces[0].error_count
    pods = known.pods.value
    assert pods is not None
    assert pods.pods
    if story.unwell_pod:
        probes = [probe for pod in pods.pods for container in pod.containers for probe in container.probes]
        restarts = sum(pod.restarts for pod in pods.pods)
        assert restarts or any(probe.state is ProbeState.FAILING for probe in probes)
    lines = [record.message for record in (known.logs.value.records if known.logs.value else ())]
    assert any(story.words in line for line in lines), lines[:20]
    assert any(record.level.rank >= LogLevel.WARN.rank for record in known.logs.value.records)
    assert truth.alert in watched.text.replace("…", "") or truth.alert[:12] in watched.text
