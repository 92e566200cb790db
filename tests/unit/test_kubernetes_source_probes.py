"""Probe states told from status and events, in the kubelet's own words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from opsconsole.domain.pod import Evidence, Pod, Probe, ProbeKind, ProbeState
from opsconsole.domain.probe_counters import CounterSample, ProbeCounter, ProbeCounters
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.objects import EventObject, EventSeries, PodObject, ProbeSpec
from opsconsole.sources.kubernetes.pods import domain_pods
from opsconsole.sources.kubernetes.probe_events import histories
from opsconsole.sources.kubernetes.probes import handler_text
from opsconsole.sources.kubernetes.probing.handlers import handler_in_full
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeHistories, ProbeWatch, Unheard

NOW = 1786111863.0


def stamp(ago: float) -> str:
    return datetime.fromtimestamp(NOW - ago, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


HTTP = {"httpGet": {"path": "/healthz", "port": 8080}, "initialDelaySeconds": 30, "timeoutSeconds": 5}


def pod_object(**changes: Any) -> dict[str, Any]:
    """A running, ready pod with all three probes, started an hour ago."""
    container = {
        "name": "app",
        "image": "shop/checkout:1.4.2",
        "startupProbe": HTTP,
        "readinessProbe": HTTP,
        "livenessProbe": HTTP,
    }
    status = {
        "name": "app",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": stamp(3600)}},
        "lastState": {},
    }
    return {
        "metadata": {
            "name": "checkout-7d9f-abcde",
            "namespace": "shop",
            "uid": "u1",
            "creationTimestamp": stamp(3601),
            "labels": {"app": "checkout", "pod-template-hash": "7d9f"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "checkout-7d9f", "uid": "rs1", "controller": True}],
        },
        "spec": {"nodeName": "node1", "containers": [container | changes.pop("spec", {})]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "ContainersReady", "status": "True"}],
            "containerStatuses": [status | changes.pop("status", {})],
        }
        | changes,
    }


def event(
    message: str, *, last: float, first: float | None = None, count: int = 1, reason: str = "Unhealthy"
) -> EventObject:
    return msgspec.convert(
        {
            "metadata": {"name": "e", "creationTimestamp": stamp(first or last)},
            "involvedObject": {"kind": "Pod", "uid": "u1", "fieldPath": "spec.containers{app}"},
            "reason": reason,
            "message": message,
            "count": count,
            "firstTimestamp": stamp(first or last),
            "lastTimestamp": stamp(last),
        },
        EventObject,
    )


def read(raw: dict[str, Any], *events: EventObject) -> Pod:
    (pod,) = domain_pods([msgspec.convert(raw, PodObject)], histories(events), {"rs1": "4"}, NOW)
    return pod


def probes(pod: Pod) -> dict[ProbeKind, Probe]:
    return {probe.kind: probe for container in pod.containers for probe in container.probes}


def states(pod: Pod) -> tuple[str, str, str]:
    found = probes(pod)
    return (
        found[ProbeKind.STARTUP].state.value,
        found[ProbeKind.READINESS].state.value,
        found[ProbeKind.LIVENESS].state.value,
    )


def test_a_ready_pod_passes_all_its_probes_by_its_status() -> None:
    pod = read(pod_object())
    assert states(pod) == ("passing", "passing", "passing")
    assert {probe.evidence for probe in probes(pod).values()} == {Evidence.STATUS}
    assert (pod.service, pod.owner, pod.revision, pod.node) == ("checkout", "Deployment/checkout", "4", "node1")
    assert pod.trouble == ""


def test_timings_and_handler_are_those_of_the_spec_with_the_servers_defaults() -> None:
    probe = probes(read(pod_object()))[ProbeKind.LIVENESS]
    assert probe.handler == "GET /healthz:8080"
    assert (probe.initial_delay, probe.period, probe.timeout) == (30.0, 10.0, 5.0)
    assert (probe.success_threshold, probe.failure_threshold) == (1, 3)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTPS"}}, "GET /healthz:http (https)"),
        ({"tcpSocket": {"port": 5432}}, "tcp :5432"),
        ({"exec": {"command": ["pg_isready", "-h", "db-host"]}}, "exec pg_isready -h db-host"),
        ({"exec": {"command": ["sh", "-c", "a\x1b[2Jb"]}}, "exec sh -c a␛[2Jb"),
        ({"grpc": {"port": 9090, "service": "orders"}}, "grpc :9090 orders"),
        ({}, "unknown handler"),
    ],
)
def test_a_handler_reads_as_what_it_does(spec: dict[str, Any], text: str) -> None:
    assert handler_text(msgspec.convert(spec, ProbeSpec)) == text


def test_until_the_startup_probe_succeeds_the_others_are_suspended() -> None:
    raw = pod_object(status={"started": False, "ready": False, "state": {"running": {"startedAt": stamp(40)}}})
    pod = read(raw, event("Startup probe failed: connection refused", last=3, first=23, count=3))
    assert states(pod) == ("failing", "suspended", "suspended")
    startup = probes(pod)[ProbeKind.STARTUP]
    assert (startup.failures, startup.evidence, startup.last_failure) == (3, Evidence.EVENTS, "connection refused")


def test_a_liveness_failure_counts_towards_its_threshold() -> None:
    pod = read(
        pod_object(), event("Liveness probe failed: HTTP probe failed with statuscode: 500", last=4, first=14, count=2)
    )
    liveness = probes(pod)[ProbeKind.LIVENESS]
    assert (liveness.state, liveness.failures) == (ProbeState.FAILING, 2)
    assert liveness.last_failure == "HTTP probe failed with statuscode: 500"
    assert liveness.last_failure_at == NOW - 4


def test_several_texts_of_one_probe_add_up_and_stop_at_the_threshold() -> None:
    told = [event(f"Liveness probe failed: try {number}", last=number + 1, count=2) for number in range(4)]
    assert probes(read(pod_object(), *told))[ProbeKind.LIVENESS].failures == 3


def test_a_failure_long_ago_is_remembered_but_no_longer_the_state() -> None:
    liveness = probes(read(pod_object(), event("Liveness probe failed: slow", last=600)))[ProbeKind.LIVENESS]
    assert (liveness.state, liveness.evidence) == (ProbeState.PASSING, Evidence.STATUS)
    assert (liveness.last_failure, liveness.last_failure_at) == ("slow", NOW - 600)


def test_failures_of_the_container_before_do_not_count_for_the_new_one() -> None:
    raw = pod_object(status={"restartCount": 1, "state": {"running": {"startedAt": stamp(15)}}})
    liveness = probes(read(raw, event("Liveness probe failed: x", last=4, first=300, count=9)))[ProbeKind.LIVENESS]
    assert liveness.failures == 2
    gone = probes(read(raw, event("Liveness probe failed: x", last=20, first=300, count=9)))[ProbeKind.LIVENESS]
    assert gone.state is ProbeState.PASSING


def test_a_probe_that_errored_does_not_near_the_threshold() -> None:
    told = event("Readiness probe errored and resulted in unknown state: rpc error", last=2, count=5)
    readiness = probes(read(pod_object(status={"ready": False}), told))[ProbeKind.READINESS]
    assert (readiness.state, readiness.failures, readiness.last_failure) == (ProbeState.FAILING, 0, "rpc error")


def test_a_readiness_failure_below_the_threshold_leaves_it_passing_with_its_count() -> None:
    readiness = probes(read(pod_object(), event("Readiness probe failed: 503", last=4, first=14, count=2)))[
        ProbeKind.READINESS
    ]
    assert (readiness.state, readiness.failures, readiness.evidence) == (ProbeState.PASSING, 2, Evidence.EVENTS)


def test_failures_with_successes_between_them_are_no_run() -> None:
    liveness = probes(read(pod_object(), event("Liveness probe failed: 500", last=4, first=900, count=20)))[
        ProbeKind.LIVENESS
    ]
    assert (liveness.state, liveness.failures) == (ProbeState.FAILING, 1)


def test_an_older_text_of_the_same_run_counts_and_one_after_a_gap_does_not() -> None:
    newest = event("Liveness probe failed: timeout", last=2)
    before = event("Liveness probe failed: refused", last=12)
    long_ago = event("Liveness probe failed: 500", last=80)
    assert probes(read(pod_object(), long_ago, before, newest))[ProbeKind.LIVENESS].failures == 2


def test_readiness_follows_the_kubelets_word_when_events_are_silent() -> None:
    readiness = probes(read(pod_object(status={"ready": False})))[ProbeKind.READINESS]
    assert (readiness.state, readiness.evidence, readiness.failures) == (ProbeState.FAILING, Evidence.STATUS, None)


def test_before_its_first_result_readiness_is_unknown() -> None:
    raw = pod_object(status={"ready": False, "state": {"running": {"startedAt": stamp(12)}}})
    assert probes(read(raw))[ProbeKind.READINESS].state is ProbeState.UNKNOWN


def test_a_container_given_up_for_its_liveness_says_so_until_it_runs_again() -> None:
    killing = event("Container app failed liveness probe, will be restarted", last=2, reason="Killing")
    liveness = probes(read(pod_object(), killing))[ProbeKind.LIVENESS]
    assert (liveness.state, liveness.failures) == (ProbeState.FAILING, 3)
    crashed = pod_object(
        status={
            "ready": False,
            "started": False,
            "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
            "lastState": {
                "terminated": {"exitCode": 137, "reason": "Error", "startedAt": stamp(60), "finishedAt": stamp(1)}
            },
        }
    )
    pod = read(crashed, killing)
    assert states(pod) == ("unknown", "unknown", "failing")
    assert pod.trouble == "CrashLoopBackOff"
    (container,) = pod.containers
    assert (container.last_exit_code, container.last_reason, container.restarts) == (137, "Error", 3)
    assert states(read(pod_object(status={"state": {"running": {"startedAt": stamp(0)}}}), killing))[2] == "passing"


def test_events_that_were_combined_or_counted_in_a_series_are_read_alike() -> None:
    combined = event("(combined from similar events): Liveness probe failed: late", last=3, first=13, count=2)
    counted = EventSeries(count=3, last_observed_time=stamp(1))
    series = event("Liveness probe failed: late", last=11, first=21)
    series = msgspec.structs.replace(series, count=None, series=counted)
    assert probes(read(pod_object(), combined))[ProbeKind.LIVENESS].failures == 2
    assert probes(read(pod_object(), series))[ProbeKind.LIVENESS].failures == 3


def test_of_a_combined_event_no_more_counts_than_one_probe_can_have_failed() -> None:
    combined = event("(combined from similar events): Liveness probe failed: late", last=3, first=13, count=9)
    assert probes(read(pod_object(), combined))[ProbeKind.LIVENESS].failures == 2


def test_pods_in_trouble_come_first() -> None:
    well, failing, restarting, unready = (pod_object() for _ in range(4))
    failing["status"]["containerStatuses"][0]["ready"] = False
    restarting["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"reason": "OOMKilled"}}
    unready["status"]["conditions"][0]["status"] = "False"
    for name, raw in zip("abcd", (well, failing, restarting, unready), strict=True):
        raw["metadata"] |= {"name": name, "uid": name}
    pods = domain_pods([msgspec.convert(raw, PodObject) for raw in (well, failing, restarting, unready)], {}, {}, NOW)
    assert [pod.name for pod in pods] == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    ("labels", "owner", "service"),
    [
        ({"app.kubernetes.io/name": "pay", "app": "x"}, None, "pay"),
        ({"app": "orders"}, None, "orders"),
        ({"k8s-app": "kube-dns"}, None, "kube-dns"),
        ({"pod-template-hash": "7d9f"}, {"kind": "ReplicaSet", "name": "users-7d9f", "controller": True}, "users"),
        ({}, {"kind": "StatefulSet", "name": "postgres", "controller": True}, "postgres"),
        (None, None, "checkout-7d9f-abcde"),
    ],
)
def test_a_service_is_named_by_label_then_workload_then_pod(labels: Any, owner: Any, service: str) -> None:
    raw = pod_object()
    raw["metadata"] |= {"labels": labels, "ownerReferences": [owner] if owner else None}
    assert read(raw).service == service


def test_what_holds_a_pod_beyond_its_containers_is_its_reason() -> None:
    evicted = read(pod_object(phase="Failed", reason="Evicted", message="low on memory"))
    assert (evicted.reason, evicted.message, evicted.trouble) == ("Evicted", "low on memory", "Evicted")
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    assert read(pod_object(phase="Pending", conditions=[condition])).reason == "Unschedulable"
    gated = [
        {"type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady"},
        {"type": "ContainersReady", "status": "True"},
    ]
    assert read(pod_object(conditions=gated)).reason == "ReadinessGatesNotReady"
    leaving = pod_object()
    leaving["metadata"]["deletionTimestamp"] = stamp(3)
    assert read(leaving).trouble == "Terminating"


def test_an_init_container_shows_while_it_holds_the_pod_up_and_a_sidecar_always() -> None:
    raw = pod_object()
    raw["spec"]["initContainers"] = [
        {"name": "migrate"}, {"name": "wait"}, {"name": "proxy", "restartPolicy": "Always"},
    ]  # fmt: skip
    raw["status"]["initContainerStatuses"] = [
        {"name": "migrate", "state": {"terminated": {"exitCode": 0}}},
        {"name": "wait", "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
        {"name": "proxy", "state": {"running": {"startedAt": stamp(10)}}},
    ]
    assert [container.name for container in read(raw).containers] == ["wait", "proxy", "app"]


def test_a_pod_that_no_kubelet_has_seen_yet_is_waiting() -> None:
    raw = pod_object(phase="Pending", containerStatuses=None, conditions=None)
    (container,) = read(raw).containers
    assert (container.state, container.reason) == ("waiting", "")
    assert states(read(raw)) == ("unknown", "unknown", "unknown")


def test_terminal_commands_in_a_pod_come_out_as_pictures() -> None:
    evil = "\x1b]52;c;eA==\x07"
    raw = pod_object(message=evil, status={"state": {"waiting": {"reason": evil, "message": evil}}, "ready": False})
    raw["metadata"] |= {"labels": {"app": evil, evil: evil}}
    pod = read(raw, event(f"Readiness probe failed: {evil}", last=2))
    shown = [
        pod.message,
        pod.service,
        *pod.labels,
        *pod.labels.values(),
        pod.containers[0].reason,
        pod.containers[0].message,
    ]
    shown += [probe.last_failure for probe in probes(pod).values()]
    assert "\x1b" not in "".join(shown)
    assert "␛]52" in pod.message


def counted(*samples: tuple[float, int, int], kind: ProbeKind = ProbeKind.LIVENESS) -> ProbeWatch:
    """A watch that was told counters: (seconds ago, successes, failures)."""
    watch = ProbeWatch()
    told = tuple(CounterSample(NOW - ago, passed, failed) for ago, passed, failed in samples)
    counter = ProbeCounter(SafeText("u1"), SafeText("app"), kind, told)
    watch.learn(ProbeCounters((counter,), Evidence.COUNTER))
    return watch


def of_watch(raw: dict[str, Any], watch: ProbeHistories) -> Pod:
    (pod,) = domain_pods([msgspec.convert(raw, PodObject)], watch, {"rs1": "4"}, NOW)
    return pod


def test_a_counter_is_believed_before_events_and_says_when_it_was_read() -> None:
    watch = counted((24, 90, 0), (14, 90, 1), (4, 90, 2))
    watch.saw_event(event("Liveness probe failed: refused", last=14, first=14))
    liveness = probes(of_watch(pod_object(), watch))[ProbeKind.LIVENESS]
    assert (liveness.state, liveness.failures, liveness.exact) == (ProbeState.FAILING, 2, True)
    assert (liveness.evidence, liveness.as_of, liveness.last_failure) == (Evidence.COUNTER, NOW - 4, "refused")


def test_an_event_after_the_last_reading_counts_on_from_the_counter() -> None:
    watch = counted((24, 90, 0), (14, 90, 1), (9, 90, 1))
    watch.saw_event(event("Liveness probe failed: refused", last=4))
    liveness = probes(of_watch(pod_object(), watch))[ProbeKind.LIVENESS]
    assert (liveness.failures, liveness.evidence, liveness.exact) == (2, Evidence.EVENTS, False)


def test_a_counter_of_long_ago_says_nothing_of_now() -> None:
    liveness = probes(of_watch(pod_object(), counted((220, 90, 1), (200, 90, 2))))[ProbeKind.LIVENESS]
    assert liveness.evidence is Evidence.STATUS


def test_failures_that_no_event_told_of_mean_that_the_kubelet_is_out_of_events() -> None:
    readings = ((44, 90, 0), (34, 90, 1), (24, 90, 2))
    pod = of_watch(pod_object(spec={"livenessProbe": HTTP | {"failureThreshold": 9}}), counted(*readings))
    assert all(probe.throttled for probe in probes(pod).values())
    assert probes(pod)[ProbeKind.LIVENESS].failures == 2
    heard = counted(*readings)
    heard.saw_event(event("Liveness probe failed: refused", last=25, first=35, count=2))
    assert not any(probe.throttled for probe in probes(of_watch(pod_object(), heard)).values())


def test_in_back_off_the_counter_tells_that_the_startup_probe_had_filled_its_threshold() -> None:
    raw = pod_object(
        status={
            "ready": False,
            "started": False,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 143, "startedAt": stamp(300), "finishedAt": stamp(260)}},
        }
    )
    readings = ((330, 5, 7), (310, 5, 7), (290, 5, 8), (270, 5, 10), (4, 5, 10))
    watch = counted(*readings, kind=ProbeKind.STARTUP)
    startup = probes(of_watch(raw, watch))[ProbeKind.STARTUP]
    assert (startup.state, startup.failures, startup.evidence) == (ProbeState.FAILING, 3, Evidence.COUNTER)
    loud = counted((330, 5, 6), *readings[1:], kind=ProbeKind.STARTUP)
    assert probes(of_watch(raw, loud))[ProbeKind.STARTUP].state is ProbeState.UNKNOWN


def test_without_rights_to_events_silence_is_no_success() -> None:
    pod = of_watch(pod_object(), Unheard(ProbeWatch()))
    assert states(pod) == ("passing", "passing", "unknown")
    assert not any(probe.throttled for probe in probes(pod).values())


def test_a_burst_spent_on_other_warnings_throttles_the_pods_probes() -> None:
    watch = ProbeWatch()
    other = event("Back-off pulling image", last=30, first=60, count=25, reason="BackOff")
    watch.saw_event(msgspec.structs.replace(other, type="Warning"))
    pod = of_watch(pod_object(), watch)
    assert states(pod) == ("passing", "passing", "unknown")
    assert all(probe.throttled for probe in probes(pod).values())


def test_a_probe_may_have_a_grace_period_of_its_own() -> None:
    pod = read(pod_object(spec={"livenessProbe": HTTP | {"terminationGracePeriodSeconds": 5}}))
    assert [probes(pod)[kind].grace for kind in ProbeKind] == [30.0, 30.0, 5.0]


SCRIPT = "set -e\ncurl -f http://localhost:8080/healthz\npg_isready -h db-host -p 5432 -U shop || exit 1\n"


def test_a_script_is_told_by_the_commands_it_runs_and_kept_whole() -> None:
    spec = msgspec.convert({"exec": {"command": ["/bin/sh", "-c", SCRIPT]}}, ProbeSpec)
    assert handler_text(spec) == "exec /bin/sh: curl, pg_isready"
    assert "␊pg_isready -h db-host -p 5432" in handler_in_full(spec)
    short = msgspec.convert({"exec": {"command": ["pg_isready", "-h", "db-host"]}}, ProbeSpec)
    assert handler_in_full(short) == ""


def test_headers_are_told_but_not_those_that_let_somebody_in() -> None:
    headers = [{"name": "Host", "value": "shop.example"}, {"name": "Authorization", "value": "Bearer abc"}]
    spec = msgspec.convert({"httpGet": {"path": "/h", "port": 80, "httpHeaders": headers}}, ProbeSpec)
    assert handler_text(spec) == "GET /h:80 Host: shop.example"
    assert handler_in_full(spec) == "Host: shop.example; Authorization: (not shown)"
