"""What is wrong with a pod, since when and why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from opsconsole.domain.node import Node
from opsconsole.domain.pod import Pod
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.objects import PodObject
from opsconsole.sources.kubernetes.pod_health import Judgement, PodWarning
from opsconsole.sources.kubernetes.pods import Told, domain_pod
from opsconsole.sources.kubernetes.sharing import Shared
from opsconsole.sources.moments import rfc3339

NOW = 1_800_000_000.0
MINUTE = 60.0


def ago(seconds: float) -> str:
    return rfc3339(NOW - seconds)


def status(**fields: Any) -> dict[str, Any]:
    return {"name": "app", "ready": False, "started": True, "restartCount": 0} | fields


def waiting(reason: str, message: str = "", **fields: Any) -> dict[str, Any]:
    return status(state={"waiting": {"reason": reason, "message": message}}, **fields)


def running(*, ready: bool = False, **fields: Any) -> dict[str, Any]:
    return status(ready=ready, state={"running": {"startedAt": ago(1000)}}, **fields)


def ended(reason: str, code: int, finished: float) -> dict[str, Any]:
    return {"terminated": {"reason": reason, "exitCode": code, "finishedAt": ago(finished), "startedAt": ago(5000)}}


def condition(kind: str, value: str, since: float = 4 * MINUTE, **words: str) -> dict[str, Any]:
    return {"type": kind, "status": value, "lastTransitionTime": ago(since)} | words


UNREADY = [condition("Ready", "False"), condition("ContainersReady", "False")]
READY = [condition("Ready", "True"), condition("ContainersReady", "True")]


def raw_pod(phase: str = "Running", **parts: Any) -> dict[str, Any]:
    spec = {"name": "app", "image": "i", "resources": {"limits": {"memory": "256Mi"}}}
    probes = {"readinessProbe": {"httpGet": {"path": "/ready", "port": 80}}}
    return {
        "metadata": {"name": "p", "namespace": "shop", "uid": "u", "creationTimestamp": ago(3600)}
        | parts.pop("metadata", {}),
        "spec": {"nodeName": "node-1", "containers": [spec | probes]} | parts.pop("spec", {}),
        "status": {"phase": phase} | parts,
    }


def judged(raw: dict[str, Any], **told: Any) -> tuple[Pod, Judgement]:
    return domain_pod(msgspec.convert(raw, PodObject), Told(**told), Shared(), NOW)


def warning(reason: str, message: str, seconds: float = 10) -> dict[str, Any]:
    return {"warnings": (PodWarning(reason, SafeText(message), NOW - seconds),)}


CRASHED = waiting(
    "CrashLoopBackOff",
    "back-off 2m40s restarting failed container=app",
    restartCount=7,
    lastState=ended("Error", 1, 30),
)
OUT_OF_MEMORY = running(ready=True, restartCount=3, lastState=ended("OOMKilled", 137, 120))


@pytest.mark.parametrize(
    ("raw", "told", "word", "why", "since"),
    [
        pytest.param(raw_pod(conditions=READY, containerStatuses=[running(ready=True)]), {}, "", "", None, id="well"),
        pytest.param(
            raw_pod(conditions=UNREADY, containerStatuses=[CRASHED]),
            {}, "CrashLoopBackOff", "app ended with exit code 1, 7 restarts", 240, id="crash loop",
        ),
        pytest.param(
            raw_pod(
                conditions=UNREADY,
                containerStatuses=[CRASHED | {"lastState": ended("OOMKilled", 137, 30)}],
            ),
            {}, "CrashLoopBackOff", "app was killed for memory at its limit of 256 MiB, 7 restarts", 240,
            id="crash loop for memory",
        ),
        pytest.param(
            raw_pod(conditions=READY, containerStatuses=[OUT_OF_MEMORY]),
            {}, "OOMKilled", "app was killed for memory at its limit of 256 MiB, 3 restarts", 120,
            id="killed for memory just now",
        ),
        pytest.param(
            raw_pod(
                conditions=READY,
                containerStatuses=[OUT_OF_MEMORY | {"lastState": ended("OOMKilled", 137, 601)}],
            ),
            {}, "", "", None, id="killed for memory long ago",
        ),
        pytest.param(
            raw_pod(
                "Pending", conditions=UNREADY,
                containerStatuses=[waiting("ErrImagePull", "manifest unknown: shop/app:9 not found")],
            ),
            {}, "ErrImagePull", "app: manifest unknown: shop/app:9 not found", 240, id="image that is not there",
        ),
        pytest.param(
            raw_pod(
                "Pending", conditions=UNREADY,
                containerStatuses=[waiting("ImagePullBackOff", 'Back-off pulling image "shop/app:9"')],
            ),
            warning("Failed", 'Failed to pull image "shop/app:9": 401 Unauthorized', 400),
            "ImagePullBackOff", 'app: Failed to pull image "shop/app:9": 401 Unauthorized', 240,
            id="back-off with the registry's answer in an event",
        ),
        pytest.param(
            raw_pod(
                "Pending", conditions=UNREADY,
                containerStatuses=[waiting("CreateContainerConfigError", 'secret "db" not found')],
            ),
            {}, "CreateContainerConfigError", 'app: secret "db" not found', 240, id="configuration",
        ),
        pytest.param(
            raw_pod(
                "Pending", spec={"nodeName": ""},
                conditions=[
                    condition("PodScheduled", "False", reason="Unschedulable", message="0/3 nodes: Insufficient cpu")
                ],
            ),
            {}, "Unschedulable", "0/3 nodes: Insufficient cpu", 240, id="no room",
        ),
        pytest.param(
            raw_pod("Pending", conditions=UNREADY, containerStatuses=[waiting("ContainerCreating")]),
            warning("FailedMount", 'secret "tls" not found'),
            "FailedMount", 'secret "tls" not found', 240, id="a volume that can't be mounted",
        ),
        pytest.param(
            raw_pod("Pending", conditions=UNREADY, containerStatuses=[waiting("ContainerCreating")]),
            warning("FailedMount", "old news", 3000),
            "ContainerCreating", "app is still being made on node-1", 240, id="long in the making",
        ),
        pytest.param(
            raw_pod("Failed", reason="Evicted", message="The node was low on memory", conditions=UNREADY),
            {}, "Evicted", "The node was low on memory", 240, id="evicted",
        ),
        pytest.param(
            raw_pod("Failed", conditions=UNREADY, containerStatuses=[status(state=ended("Error", 3, 10))]),
            {}, "Error", "app ended with exit code 3", 240, id="ended for good",
        ),
        pytest.param(
            raw_pod("Succeeded", containerStatuses=[status(state=ended("Completed", 0, 10))]),
            {}, "", "", None, id="a job that is done",
        ),
        pytest.param(
            raw_pod(conditions=UNREADY, containerStatuses=[running()]),
            {}, "NotReady", "readiness probe of app fails: GET /ready:80", 240, id="not ready by its probe",
        ),
        pytest.param(
            raw_pod(
                conditions=[
                    condition("Ready", "False", reason="ReadinessGatesNotReady", message="gate target-health"),
                    condition("ContainersReady", "True"),
                ],
                containerStatuses=[running(ready=True)],
            ),
            {}, "ReadinessGatesNotReady", "gate target-health", 240, id="a readiness gate",
        ),
        pytest.param(
            raw_pod(
                conditions=READY, containerStatuses=[running(ready=True)],
                metadata={"deletionTimestamp": ago(-20), "deletionGracePeriodSeconds": 30},
            ),
            {}, "Terminating", "", 10, id="leaving",
        ),
        pytest.param(
            raw_pod(
                conditions=UNREADY,
                metadata={
                    "deletionTimestamp": ago(300), "deletionGracePeriodSeconds": 30, "finalizers": ["shop/backup"],
                },
            ),
            {}, "Terminating", "should have been gone 5m ago: held by finalizer shop/backup", 330, id="held",
        ),
        pytest.param(
            raw_pod(conditions=READY, containerStatuses=[running(ready=True)]),
            {"node": Node(SafeText("node-1"), None, NOW - 90)}, "NodeLost",
            "node node-1 has stopped reporting; what is shown of this pod is what it said last", 90, id="node lost",
        ),
        pytest.param(
            raw_pod("Unknown", conditions=UNREADY), {}, "Unknown", "", 240, id="a phase nobody knows",
        ),
    ],
)  # fmt: skip
def test_each_trouble_has_a_word_a_reason_and_a_beginning(
    raw: dict[str, Any], told: dict[str, Any], word: str, why: str, since: float | None
) -> None:
    pod, _ = judged(raw, **told)
    assert (pod.trouble, pod.why) == (word, why)
    assert (None if pod.since is None else NOW - pod.since) == since


def test_a_container_that_backs_off_says_until_when() -> None:
    pod, _ = judged(raw_pod(conditions=UNREADY, containerStatuses=[CRASHED]))
    assert pod.containers[0].back_off_until == NOW - 30 + 160
    assert pod.containers[0].memory_limit == 256 * 2**20


def test_what_time_alone_changes_is_judged_again_at_its_time() -> None:
    _, judgement = judged(raw_pod(conditions=READY, containerStatuses=[OUT_OF_MEMORY]))
    assert judgement.review_at == NOW - 120 + 600
    _, well = judged(raw_pod(conditions=READY, containerStatuses=[running(ready=True)]))
    assert well.review_at is None


def test_no_word_of_the_cluster_reaches_the_screen_as_a_command() -> None:
    hostile = "\x1b]52;c;aGk=\x07 \u202etxt"
    pod, _ = judged(raw_pod("Pending", conditions=UNREADY, containerStatuses=[waiting("Err\x1b[2J", hostile)]))
    assert "\x1b" not in pod.why + pod.trouble
    assert "\u202e" not in pod.why
