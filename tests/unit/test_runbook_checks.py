"""A check says what it found against what was expected, and never takes a missing answer for one."""

from __future__ import annotations

import asyncio
import math

import msgspec
import pytest

from fake_clock import FakeClock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogQuery, LogSearch
from opsconsole.domain.log_record import LogPage
from opsconsole.domain.pod import Container, PodList, ProbeKind, ProbeState
from opsconsole.domain.runbook import ChangeCheck, Comparison, Condition, LogCheck, MetricCheck, PodCheck, PodFinding
from opsconsole.domain.runbook import Question as Asked
from opsconsole.domain.series import Unit
from opsconsole.domain.snapshot import Completeness, Problem, Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome
from opsconsole.runbooks.checking.asking import Asking, found
from opsconsole.runbooks.checking.judging import Finding, in_words
from opsconsole.runbooks.putting_in import UnansweredError, put_in
from opsconsole.sources.protocols import Sources
from still_sources import Backends, backends
from widget_samples import NOW, pod, probe

HOLDS, FAILS, UNKNOWN = StepOutcome.HOLDS, StepOutcome.FAILS, StepOutcome.UNKNOWN
SOME = Condition(Comparison.ABOVE, 0.0)
NONE = Condition(Comparison.EQUAL, 0.0)
ABOVE_5_PERCENT = MetricCheck("errors", Condition(Comparison.ABOVE, 0.05), Unit.RATIO)


async def asked(told: Backends | Sources, question: Asked, since: float | None = None) -> Finding:
    sources = told if isinstance(told, Sources) else told.sources()
    return await found(sources, FakeClock(NOW), question, Asking(SafeText("prod"), SafeText("shop"), since))


@pytest.mark.parametrize(
    ("values", "outcome", "shown"),
    [
        ((0.081,), HOLDS, "8.1 %; expected above 5 %"),
        ((0.0501,), HOLDS, "5.01 %; expected above 5 %"),
        ((0.05,), FAILS, "5 %; expected above 5 %"),
        ((), UNKNOWN, "Prometheus has no series for this"),
        ((math.nan,), UNKNOWN, "no number in it"),
        ((math.nan, 0.2), HOLDS, "20 %; expected"),
    ],
)
async def test_a_metric_is_held_against_its_expectation(
    values: tuple[float, ...], outcome: StepOutcome, shown: str
) -> None:
    told = backends()
    told.metrics.instant_values = values
    finding = await asked(told, ABOVE_5_PERCENT)
    assert finding.outcome is outcome
    assert shown in finding.shown


async def test_a_metric_may_say_what_no_series_means_and_be_asked_as_of_before() -> None:
    told = backends()
    finding = await asked(told, msgspec.structs.replace(ABOVE_5_PERCENT, absent=0.0, ago=3600.0))
    assert finding.outcome is FAILS
    assert "0 % (no series, which counts as that)" in finding.shown
    assert told.metrics.asked == [("instant", ("errors", NOW - 3600))]


async def test_an_answer_that_is_not_whole_is_unknown_in_the_servers_words() -> None:
    told = backends()
    told.metrics.instant_values = (0.9,)
    told.metrics.completeness = Completeness(notes=(SafeText("store gateway is away"),))
    finding = await asked(told, ABOVE_5_PERCENT)
    assert (finding.outcome, finding.shown) == (UNKNOWN, "the answer is not whole: store gateway is away")


@pytest.mark.parametrize(
    "question", [ABOVE_5_PERCENT, LogCheck(LogQuery(), SOME), PodCheck(PodFinding.PENDING, SOME), ChangeCheck(SOME)]
)
async def test_a_source_that_fails_or_is_not_there_is_unknown(question: Asked) -> None:
    told = backends()
    for source in (told.metrics, told.logs, told.workloads):
        source.failing = SourceError(ErrorKind.FORBIDDEN, "the source")
    finding = await asked(told, question)
    assert finding.outcome is UNKNOWN
    assert "refuses these credentials (403)" in finding.shown
    finding = await asked(Sources(), question)
    assert finding.outcome is UNKNOWN
    assert "configured for this cluster" in finding.shown


class Lines:
    """A log source that counts what a test says, for the query and for everything."""

    def __init__(self, narrowed: LogPage, everything: LogPage, completeness: Completeness | None = None) -> None:
        self._narrowed, self._everything = narrowed, everything
        self._completeness = completeness or Completeness()
        self.searches: list[LogSearch] = []

    async def newest(self, search: LogSearch, limit: int) -> Reading[LogPage]:
        assert limit == 1
        self.searches.append(search)
        return Reading(self._narrowed if search.query else self._everything, self._completeness)


def counted(count: int, *, exact: bool = True) -> LogPage:
    return LogPage((), count, exact)


PANICS = LogCheck(LogQuery(SafeText("panic")), SOME, "checkout", 900.0)


@pytest.mark.parametrize(
    ("lines", "expect", "outcome", "shown"),
    [
        (Lines(counted(12), counted(99)), SOME, HOLDS, "12 lines of the last 15m; expected above 0"),
        (Lines(counted(0), counted(99)), SOME, FAILS, "0 lines of the last 15m"),
        (Lines(counted(0), counted(0)), SOME, UNKNOWN, "checkout has no lines at all of the last 15m"),
        (Lines(counted(0), counted(0)), NONE, UNKNOWN, "checkout has no lines at all"),
        (Lines(counted(0), counted(9), Completeness(3, 5)), NONE, UNKNOWN, "not whole (3 of 5 parts)"),
        (Lines(counted(10_000, exact=False), counted(1)), SOME, HOLDS, "at least 10000 lines"),
        (
            Lines(counted(10_000, exact=False), counted(1)),
            Condition(Comparison.BELOW, 20_000.0),
            UNKNOWN,
            "the server stopped counting",
        ),
    ],
)
async def test_lines_are_counted_and_silence_of_everything_is_no_zero(
    lines: Lines, expect: Condition, outcome: StepOutcome, shown: str
) -> None:
    finding = await asked(Sources(logs=lines), msgspec.structs.replace(PANICS, expect=expect))  # type: ignore[arg-type]
    assert finding.outcome is outcome
    assert shown in finding.shown
    search = lines.searches[0]
    assert (search.selection.namespace, search.selection.service) == ("shop", "checkout")
    assert (search.span.start, search.span.end) == (NOW - 900, NOW)


def container(**more: object) -> Container:
    values: dict[str, object] = {"name": SafeText("app"), "image": SafeText("i"), "ready": True, "restarts": 0}
    return Container(**{**values, "state": SafeText("running"), **more})  # type: ignore[arg-type]


def with_containers(name: str, *containers: Container, **more: object) -> object:
    return msgspec.structs.replace(pod(name), containers=containers, reason=SafeText(""), **more)


@pytest.mark.parametrize(
    ("finding", "count"),
    [
        (PodFinding.NOT_READY, 1),
        (PodFinding.RESTARTED, 1),
        (PodFinding.OOM_KILLED, 1),
        (PodFinding.CRASH_LOOP, 1),
        (PodFinding.IMAGE_PULL, 1),
        (PodFinding.PENDING, 1),
    ],
)
async def test_pods_are_counted_by_what_they_are_found_with(finding: PodFinding, count: int) -> None:
    told = backends()
    back_off = container(state=SafeText("waiting"), reason=SafeText("CrashLoopBackOff"), ready=False)
    no_image = container(state=SafeText("waiting"), reason=SafeText("ImagePullBackOff"))
    killed = container(restarts=1, last_reason=SafeText("OOMKilled"), last_finished_at=NOW - 60)
    long_ago = container(restarts=7, last_reason=SafeText("OOMKilled"), last_finished_at=NOW - 7200)
    told.workloads.pod_list = PodList(
        (
            with_containers("well", long_ago),  # type: ignore[arg-type]
            with_containers("killed", killed),  # type: ignore[arg-type]
            with_containers("loops", back_off, ready=False),  # type: ignore[arg-type]
            with_containers("no-image", no_image, phase=SafeText("Pending")),  # type: ignore[arg-type]
        )
    )
    found_with = await asked(told, PodCheck(finding, Condition(Comparison.EQUAL, float(count))))
    assert found_with.outcome is HOLDS, found_with.shown
    assert f"{count} of 4 pods: {finding.value}" in found_with.shown


async def test_probes_that_nobody_tells_of_are_unknown() -> None:
    told = backends()
    told.workloads.pod_list = PodList((pod("a", probe(ProbeKind.LIVENESS, ProbeState.UNKNOWN)),))
    assert (await asked(told, PodCheck(PodFinding.LIVENESS_FAILING, NONE))).outcome is UNKNOWN
    told.workloads.pod_list = PodList((pod("a", probe(ProbeKind.LIVENESS, ProbeState.FAILING)),))
    assert (await asked(told, PodCheck(PodFinding.LIVENESS_FAILING, SOME))).outcome is HOLDS


async def test_no_pods_and_pods_that_may_not_be_seen_are_unknown() -> None:
    told = backends()
    told.workloads.pod_list = PodList(())
    finding = await asked(told, PodCheck(PodFinding.PENDING, NONE, "checkout"))
    assert (finding.outcome, finding.shown) == (UNKNOWN, "there are no pods of checkout")
    told.workloads.pod_list = PodList((pod("a"),), (SafeText("billing"),))
    assert "billing may not be listed" in (await asked(told, PodCheck(PodFinding.PENDING, NONE))).shown


async def test_what_is_kept_and_out_of_date_is_unknown() -> None:
    class Stale:
        async def pods(self, *_: object) -> Reading[PodList]:
            problem = Problem(ErrorKind.UNREACHABLE, SafeText("kubernetes can't be reached"))
            return Reading(PodList((pod("a"),)), as_of=NOW - 90, problem=problem)

    finding = await asked(Sources(workloads=Stale()), PodCheck(PodFinding.PENDING, NONE))  # type: ignore[arg-type]
    assert (finding.outcome, finding.shown) == (UNKNOWN, "what is known is out of date: kubernetes can't be reached")


async def test_changes_are_counted_before_the_incident_began() -> None:
    told = backends()  # one deploy, six minutes before NOW
    deploy = ChangeCheck(SOME, "checkout", 3600.0, SafeText("deploy"))
    finding = await asked(told, deploy)
    assert finding.outcome is HOLDS
    assert "1 change in the 1h00m before now (deploy checkout v1.9.0)" in finding.shown
    assert (await asked(told, deploy, since=NOW - 300)).outcome is HOLDS
    assert (await asked(told, deploy, since=NOW - 400)).outcome is FAILS, "it came after the incident began"
    assert (await asked(told, msgspec.structs.replace(deploy, words=SafeText("scale")))).outcome is FAILS


async def test_a_source_that_never_answers_is_unknown_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        async def instant(self, *_: object) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("opsconsole.runbooks.checking.asking.CHECK_SECONDS", 0.01)
    finding = await asked(Sources(metrics=Silent()), ABOVE_5_PERCENT)  # type: ignore[arg-type]
    assert finding.outcome is UNKNOWN
    assert "did not answer in time" in finding.shown


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0501, Unit.RATIO, "5.01 %"),
        (1.94, Unit.SECONDS, "1.94 s"),
        (0.25, Unit.SECONDS, "250 ms"),
        (5400.0, Unit.SECONDS, "1.5 h"),
        (536870912.0, Unit.BYTES, "512 MiB"),
        (1312.0, Unit.NUMBER, "1312"),
        (412.25, Unit.PER_SECOND, "412.2/s"),
        (0.0, Unit.SECONDS, "0"),
    ],
)
def test_values_are_told_with_their_unit(value: float, unit: Unit, words: str) -> None:
    assert in_words(value, unit) == words


@pytest.mark.parametrize(
    ("query", "value", "sent"),
    [
        ('up{service="$service"}', "checkout", 'up{service="checkout"}'),
        ('up{service=~"$service-.*"}', "a.b", 'up{service=~"a\\\\.b-.*"}'),
        ('up{service="$service"}', 'x"} or up{y="', 'up{service="x\\"} or up{y=\\""}'),
        ("up{service='$service'}", "it's", 'up{service="it\'s"}'),
        ('up{service="$service", a="$$"}', "x", 'up{service="x", a="$$"}'),
    ],
)
def test_an_input_stays_one_label_value(query: str, value: str, sent: str) -> None:
    question = put_in(MetricCheck(query, SOME), {"service": value})
    assert isinstance(question, MetricCheck)
    assert question.query == sent


def test_an_input_without_an_answer_is_not_asked_with() -> None:
    with pytest.raises(UnansweredError, match="service is not answered yet"):
        put_in(MetricCheck('up{service="$service"}', SOME), {"service": ""})
    with pytest.raises(UnansweredError):
        put_in(PodCheck(PodFinding.PENDING, SOME, "$service"), {})
