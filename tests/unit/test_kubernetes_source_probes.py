"""Probe states told from status and events, in the kubelet's own words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from opsconsole.domain.pod import Evidence, Pod, Probe, ProbeKind, ProbeState
from opsconsole.sources.kubernetes.objects import EventObject, EventSeries, PodObject, ProbeSpec
from opsconsole.sources.kubernetes.pods import domain_pods
from opsconsole.sources.kubernetes.probe_events import histories
from opsconsole.sources.kubernetes.probes import handler_text

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
    combined = event("(combined from similar events): Liveness probe failed: late", last=3, count=2)
    counted = EventSeries(count=3, last_observed_time=stamp(1))
    series = msgspec.structs.replace(combined, count=None, series=counted)
    assert probes(read(pod_object(), combined))[ProbeKind.LIVENESS].failures == 2
    assert probes(read(pod_object(), series))[ProbeKind.LIVENESS].failures == 3


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
