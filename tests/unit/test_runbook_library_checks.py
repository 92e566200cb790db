"""Checks of the runbooks that ship, on figures that the practice cluster never has: none of something, or all."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import msgspec
import pytest

from fake_clock import FakeClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.runbook import CheckStep
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome
from opsconsole.practice.prometheus import RuleEngine, application
from opsconsole.practice.promql.store import MemoryStore
from opsconsole.practice.shop.exemplars import SeriesExemplars
from opsconsole.runbooks.checking.asking import Asking, found
from opsconsole.runbooks.checking.judging import Finding
from opsconsole.runbooks.putting_in import put_in
from opsconsole.runbooks.shelf import read_shelf
from opsconsole.sources.prometheus import PrometheusSource
from opsconsole.sources.protocols import Sources
from opsconsole.sources.wire import PROMETHEUS_READS, Wire

NOW = 1_800_000_000.0
TIMES = [NOW - 7200 + 15 * number for number in range(481)]
INPUTS = {"service": "carts", "namespace": "store", "pod": "carts-0"}
HOLDS, FAILS, UNKNOWN = StepOutcome.HOLDS, StepOutcome.FAILS, StepOutcome.UNKNOWN


class Series(msgspec.Struct, frozen=True):
    """A metric of one pod: `each` is what it gains in each second, or, for a gauge, what it `stays` at."""

    name: str
    labels: dict[str, str]
    each: float = 0.0
    stays: float | None = None


class Measured:
    """What the practice Prometheus serves."""

    def __init__(self, series: Sequence[Series]) -> None:
        self.series = MemoryStore()
        for one in series:
            labels = {"__name__": one.name, **INPUTS, **one.labels}
            values = [one.each * (time - TIMES[0]) if one.stays is None else one.stays for time in TIMES]
            self.series.add(labels, TIMES, values)

    def exemplars(self, start: float, end: float) -> list[SeriesExemplars]:  # noqa: ARG002 - there are none
        return []


async def check(runbook: str, title: str, series: Sequence[Series]) -> Finding:
    """How the check below that heading comes out on `series`."""
    step = next(step for step in read_shelf(()).named(runbook).steps if step.title == title)
    assert isinstance(step.does, CheckStep)
    shop, clock = Measured(series), FakeClock(NOW)
    transport = httpx.ASGITransport(application(shop, RuleEngine(shop.series, (), NOW), clock))
    wire = Wire("prometheus", SourceSettings("http://prom"), clock, PROMETHEUS_READS, transport=transport)
    sources = Sources(metrics=PrometheusSource(wire, clock))
    return await found(sources, clock, put_in(step.does.question, INPUTS), Asking(SafeText("c"), SafeText("store")))


def requests(status: str, each: float, name: str = "http_requests_total") -> Series:
    return Series(name, {"status": status}, each)


def look_ups(result: str, each: float, name: str = "cache_requests_total") -> Series:
    return Series(name, {"result": result}, each)


def old_generation(used: str, most: str, **labels: str) -> tuple[Series, ...]:
    return Series(used, labels, stays=97.0), Series(most, labels, stays=100.0)


@pytest.mark.parametrize(
    ("runbook", "title", "series", "outcome", "shown"),
    [
        ("bad-release", "Did errors come since", [requests("200", 9)], FAILS, "0 %"),
        ("bad-release", "Did errors come since", [], UNKNOWN, "no series"),
        ("bad-release", "Did errors come since", [requests("200", 9), requests("500", 1)], FAILS, "0 %"),
        ("bad-release", "Does it lack something", [requests("200", 9)], FAILS, "no series"),
        ("cache-penetration", "Does a cache miss", [look_ups("miss", 9)], HOLDS, "100 % (service carts)"),
        ("cache-penetration", "Does a cache miss", [look_ups("hit", 9)], FAILS, "0 %"),
        ("cache-penetration", "Does a cache miss", [look_ups("miss", 9, "cache_gets_total")], HOLDS, "100 %"),
        (
            "cache-penetration", "Does a cache miss",
            [Series("redis_keyspace_misses_total", {}, 3), Series("redis_keyspace_hits_total", {}, 1)], HOLDS, "75 %",
        ),
        (
            "jvm-old-generation", "Is the old generation full",
            old_generation("jvm_memory_used_bytes", "jvm_memory_max_bytes", id="G1 Old Gen", area="heap"),
            HOLDS, "97 % (pod carts-0)",
        ),
        (
            "jvm-old-generation", "Is the old generation full",
            old_generation("jvm_memory_pool_used_bytes", "jvm_memory_pool_max_bytes", pool="PS Old Gen"), HOLDS, "97 %",
        ),
        (
            "jvm-old-generation", "Is the old generation full",
            old_generation("jvm_memory_used_bytes", "jvm_memory_max_bytes", id="G1 Eden Space"), FAILS, "no series",
        ),
        (
            "pool-exhausted", "Do requests wait at the cap",
            [
                Series("go_sql_wait_duration_seconds_total", {"db_name": "a"}, 80),
                Series("go_sql_in_use_connections", {"db_name": "a"}, stays=200),
                Series("go_sql_max_open_connections", {"db_name": "a"}, stays=200),
            ],
            HOLDS, "80 (pod carts-0)",
        ),
        (
            "pool-exhausted", "Do requests wait at the cap",
            [
                Series("hikaricp_connections_pending", {"pool": "a"}, stays=80),
                Series("hikaricp_connections_active", {"pool": "a"}, stays=4),
                Series("hikaricp_connections_max", {"pool": "a"}, stays=10),
            ],
            FAILS, "no series",
        ),
        ("goroutine-leak", "Are there more than a thousand", [Series("go_goroutines", {}, stays=1001)], HOLDS, "1001"),
        ("goroutine-leak", "Are there more than a thousand", [Series("app_goroutines", {}, stays=1001)], HOLDS, "1001"),
        ("goroutine-leak", "Are there more than a thousand", [Series("go_goroutines", {}, stays=1000)], FAILS, "1000"),
        ("cpu-hot-loop", "Does it use a whole core", [Series("process_cpu_seconds_total", {}, 0.86)], HOLDS, "cores"),
        ("cpu-hot-loop", "Does it use a whole core", [Series("process_cpu_seconds_total", {}, 0.84)], FAILS, "cores"),
        ("cpu-hot-loop", "Is it asked more", [Series("process_cpu_seconds_total", {}, 1)], FAILS, "no series"),
    ],
)  # fmt: skip
async def test_a_check_reads_the_metrics_of_other_libraries_and_what_is_not_there(
    runbook: str, title: str, series: Sequence[Series], outcome: StepOutcome, shown: str
) -> None:
    finding = await check(runbook, title, series)
    assert finding.outcome is outcome, finding.shown
    assert shown in finding.shown
