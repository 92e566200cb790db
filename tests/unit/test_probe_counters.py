"""Probe counters: from Prometheus, from a kubelet's own page, and who is asked when."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from fake_clock import FakeClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.pod import Evidence, Pod, ProbeKind, ProbeState
from opsconsole.domain.probe_counters import CounterSample, ProbeCounter, ProbeCounters
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.objects import ContainerStatus
from opsconsole.sources.kubernetes.probing.back_off import back_off_until, next_wait
from opsconsole.sources.kubernetes.probing.counter_reader import CounterReader
from opsconsole.sources.kubernetes.probing.exposition import probe_samples
from opsconsole.sources.prometheus.probe_counters import counter_query, counters_of
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from widget_samples import pod, probe

UID = "uid-checkout-1"
LIVE = {"probe_type": "Liveness", "container": "app", "pod": "checkout-1", "namespace": "shop", "pod_uid": UID}


def line(result: str, value: str, **labels: str) -> str:
    pairs = ",".join(f'{name}="{text}"' for name, text in {**LIVE, "result": result, **labels}.items())
    return f"prober_probe_total{{{pairs}}} {value}"


PAGE = "\n".join(
    (
        "# HELP prober_probe_total [ALPHA] Cumulative number of a liveness, readiness or startup probe.",
        "# TYPE prober_probe_total counter",
        line("failed", "2"),
        line("successful", "1.204e+03"),
        line("successful", "7", pod_uid="somebody-else"),
        'prober_probe_duration_seconds_count{container="app"} 3',
    )
)


def test_the_query_asks_for_raw_samples_of_these_pods_and_of_nothing_else() -> None:
    query = counter_query((SafeText("a-1"), SafeText('b"} or up{x="'), SafeText("c")), 300.0)
    assert query == 'prober_probe_total{pod_uid=~"a-1|c",result=~"successful|failed"}[300s]'
    assert counter_query((SafeText('"'),), 300.0) == ""


def test_both_results_of_a_scrape_are_one_sample_and_one_that_is_missing_is_none_yet() -> None:
    labels = {**LIVE, "job": "kubelet"}
    counters = counters_of(
        [
            {"metric": {**labels, "result": "successful"}, "values": [[10.0, "5"], [25.0, "6"]]},
            {"metric": {**labels, "result": "failed"}, "values": [[25.0, "1"]]},
            {"metric": {**labels, "job": "copy", "result": "failed"}, "values": [[26.0, "1"]]},
            {"metric": {**labels, "probe_type": "Other", "result": "failed"}, "values": [[25.0, "9"]]},
        ]
    )
    assert counters.evidence is Evidence.COUNTER
    samples = (CounterSample(10.0, 5, 0), CounterSample(25.0, 6, 1))
    assert counters.counters == (ProbeCounter(SafeText(UID), SafeText("app"), ProbeKind.LIVENESS, samples),)


def test_where_the_scrape_has_its_own_labels_the_kubelets_are_read() -> None:
    labels = {**LIVE, "container": "kubelet", "exported_container": "app", "result": "failed"}
    (counter,) = counters_of([{"metric": labels, "values": [[1.0, "1"]]}]).counters
    assert counter.container == "app"


def test_one_counter_of_the_kubelets_page_is_read_and_the_rest_left() -> None:
    found = [(labels["pod_uid"], labels["result"], value) for labels, value in probe_samples(PAGE)]
    assert found == [(UID, "failed", 2.0), (UID, "successful", 1204.0), ("somebody-else", "successful", 7.0)]


def test_label_values_are_unescaped_and_a_line_that_reads_otherwise_is_refused() -> None:
    ((labels, _),) = probe_samples('prober_probe_total{container="a\\"b\\\\c\\nd",} 1 1700000000000')
    assert labels == {"container": 'a"b\\c\nd'}
    for broken in ("prober_probe_total 1", 'prober_probe_total{a="b" 1', "prober_probe_total{a=b} 1"):
        with pytest.raises(ValueError, match="="):
            list(probe_samples(broken if "=" in broken else f"{broken} ="))


class Kubelets:
    """An API server whose nodes answer with `PAGE`, or refuse."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[str] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.status != 200:
            return httpx.Response(self.status, json={"kind": "Status", "message": "no"})
        return httpx.Response(200, text=PAGE, headers={"content-type": "text/plain"})

    def reader(self, clock: FakeClock) -> CounterReader:
        transport = httpx.MockTransport(self)
        wire = Wire("kubernetes", SourceSettings("http://api"), clock, KUBERNETES_READS, transport=transport)

        async def connected() -> Wire:
            return wire

        return CounterReader(connected, clock)


class Scraper:
    """A Prometheus that has these counters."""

    def __init__(self, counters: ProbeCounters | SourceError) -> None:
        self.counters = counters
        self.asked: list[tuple[SafeText, ...]] = []

    async def probe_counters(self, pod_uids: tuple[SafeText, ...], span: float) -> Reading[ProbeCounters]:
        assert span >= 60.0
        self.asked.append(pod_uids)
        if isinstance(self.counters, SourceError):
            raise self.counters
        return Reading(self.counters)


def on(node: str, name: str = "checkout-1") -> Pod:
    return pod(name, probe(ProbeKind.LIVENESS, ProbeState.PASSING), node=SafeText(node))


async def test_prometheus_is_asked_first_and_the_kubelet_not_at_all_when_it_knows() -> None:
    api, known = Kubelets(), Scraper(ProbeCounters((), Evidence.COUNTER))
    reading = await api.reader(FakeClock()).read([on("node-1")], known)
    assert (reading.value.evidence, known.asked, api.asked) == (Evidence.COUNTER, [(UID,)], [])


async def test_the_kubelet_is_asked_where_prometheus_knows_nothing() -> None:
    api = Kubelets()
    reading = await api.reader(FakeClock()).read([on("node-1")], Scraper(ProbeCounters()))
    (counter,) = reading.value.counters
    assert (counter.samples[0].successful, counter.samples[0].failed) == (1204, 2)
    assert reading.value.evidence is Evidence.KUBELET
    assert api.asked == ["/api/v1/nodes/node-1/proxy/metrics/probes"]


async def test_nodes_take_turns_and_none_is_asked_again_within_five_seconds() -> None:
    api, clock = Kubelets(), FakeClock()
    reader, pods = api.reader(clock), [on("node-1"), on("node-2", "b")]
    for _ in range(3):
        await reader.read(pods, None)
    assert [path.split("/")[4] for path in api.asked] == ["node-1", "node-2"]
    await clock.advance(5.0)
    await reader.read(pods, None)
    assert [path.split("/")[4] for path in api.asked] == ["node-1", "node-2", "node-1"]


async def test_a_refusal_is_remembered_and_told() -> None:
    api, clock = Kubelets(403), FakeClock()
    reader = api.reader(clock)
    first = await reader.read([on("node-1")], None)
    await clock.advance(60.0)
    again = await reader.read([on("node-1")], None)
    assert len(api.asked) == 1
    for reading in (first, again):
        assert reading.value.evidence is None
        assert "nodes/proxy is forbidden" in reading.value.note
        assert reading.completeness.whole
    await clock.advance(300.0)
    await reader.read([on("node-1")], None)
    assert len(api.asked) == 2


async def test_a_prometheus_that_fails_is_no_fault_of_the_pods() -> None:
    broken = Scraper(SourceError(ErrorKind.TIMEOUT, "prometheus"))
    reading = await Kubelets(403).reader(FakeClock()).read([on("node-1")], broken)
    assert "prometheus" in reading.value.note
    assert "forbidden" in reading.value.note


async def test_pods_without_probes_are_not_asked_about() -> None:
    api = Kubelets()
    reading = await api.reader(FakeClock()).read([pod("a")], None)
    assert (api.asked, reading.value.note) == ([], "no probes here")


@pytest.mark.parametrize(("said", "seconds"), [("10s", 10.0), ("1m20s", 80.0), ("5m0s", 300.0)])
def test_a_back_off_ends_as_long_after_the_end_as_its_message_says(said: str, seconds: float) -> None:
    status = msgspec.convert(
        {
            "name": "app",
            "state": {
                "waiting": {
                    "reason": "CrashLoopBackOff",
                    "message": f"back-off {said} restarting failed container=app pod=checkout-1_shop(u1)",
                }
            },
            "lastState": {"terminated": {"finishedAt": "2026-08-07T13:00:00Z"}},
        },
        ContainerStatus,
    )
    assert back_off_until(status) == 1786107600.0 + seconds


def test_waits_double_up_to_five_minutes_and_start_anew_after_ten_minutes_of_running() -> None:
    waits, wait = [], None
    for _ in range(7):
        wait = next_wait(wait, ran_for=3.0)
        waits.append(wait)
    assert waits == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]
    assert next_wait(300.0, ran_for=600.0) == 10.0
