"""Containers restarted on a real cluster: by the kubelet, by a signal, or not at all; seen in the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.kubernetes.client import Json
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.cluster_prometheus import run_cluster_prometheus
from servers.kubernetes.workloads import container, deployment, disruption_budget, probe
from servers.waiting import until
from story_stage import PATIENCE, Console, Stage

pytestmark = pytest.mark.kubernetes


@pytest.fixture(scope="module")
def scraper(kubernetes: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that scrapes the kubelet."""
    with run_cluster_prometheus(kubernetes, tmp_path_factory.mktemp("prometheus")) as server:
        yield server.url


@pytest.fixture
def stage(kubernetes: Cluster, namespace: str, tmp_path: Path) -> Stage:
    return Stage(kubernetes, tmp_path, namespace)


def start(stage: Stage, name: str, image: str = "go-web-app:v1", **more: Json) -> str:
    """One pod of a Deployment, ready and alone; its name."""
    one = container(image, environment=None, **more)
    stage.cluster.api.apply(deployment(name, one, replicas=1), stage.namespace)
    stage.cluster.wait_for_rollout(name, stage.namespace)
    until(lambda: len(stage.cluster.pods(stage.namespace)) == 1, "the pods of before to be gone", PATIENCE)
    return stage.pod_of(name)


@pytest.mark.parametrize("scraped", [True, False], ids=["prometheus", "kubelet"])
def test_a_deadlocked_container_is_counted_to_its_restart(
    kubernetes: Cluster, namespace: str, tmp_path: Path, scraper: str, scraped: bool
) -> None:
    stage = Stage(kubernetes, tmp_path, namespace, prometheus=scraper if scraped else "")
    name = start(stage, "orders", livenessProbe=probe("/healthz", periodSeconds=4))
    with stage.console() as console:
        console.pods(r"\[live ✔\]", r"failed 0/3", "by prober_probe_total" if scraped else "by kubelet /metrics/probes")
        kubernetes.break_(name, namespace, "deadlock")
        counts = console.collected(r"failed (≈?[1-3]/3)", end=r"↻1")
        # Events tell first and by estimate (≈), the counter confirms: each count may stand there in both ways.
        assert list(dict.fromkeys(one.lstrip("≈") for one in counts)) == ["1/3", "2/3", "3/3"], counts
        console.shows(r"\[live ✔\]", r"failed 0/3", r"↻1", r"1/1 ready")
    assert stage.restarts(name) == 1


def test_kill_restarts_one_container_and_keeps_the_pod(stage: Stage) -> None:
    name = start(stage, "orders")
    before = stage.pod(name)
    with stage.console() as console:
        order_kill(console)
        console.shows(r"Operation . verified", r"another container runs and is ready", r"restarts 1")
        console.press("Escape")
        console.shows(r"↻1", r"1/1 ready")
    assert stage.pod(name)["metadata"]["uid"] == before["metadata"]["uid"]
    assert address(stage.pod(name)) == address(before)
    assert stage.restarts(name) == 1
    assert stage.recorded() == ["recorded", "sent", "applied", "verified"]


def test_a_process_that_ignores_the_signal_is_reported_and_eviction_offered(stage: Stage) -> None:
    name = start(stage, "stubborn", "go-web-app:stubborn")
    with stage.console() as console:
        order_kill(console)
        console.shows(r"Operation . NOT VERIFIED", r"signal ignored", rf"1 evict pod \S+{name}")
        assert stage.restarts(name) == 0
        console.press("1")
        console.shows(r"Evict pod")
        console.confirm()
        console.shows(r"Operation . verified", r"has taken its place and is ready")
    assert stage.pod_of("stubborn") != name
    assert stage.recorded() == ["recorded", "sent", "applied", "unverified", "recorded", "sent", "applied", "verified"]


def test_an_image_without_kill_and_shell_says_so(stage: Stage) -> None:
    name = start(stage, "bare", "go-web-app:distroless")
    with stage.console() as console:
        order_kill(console)
        console.shows(r"Operation . REFUSED", r"could not be run in the container", rf"1 evict pod \S+{name}")
    assert stage.restarts(name) == 0
    done = stage.order("restart", f"pod/{name}", "--method", "kill", "--container", "app")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "could not be run in the container" in done.stdout
    assert stage.restarts(name) == 0


def test_a_disruption_budget_forbids_eviction_and_is_named(stage: Stage) -> None:
    stage.cluster.api.apply(disruption_budget("pay", 1), stage.namespace)
    name = start(stage, "pay")
    with stage.console() as console:
        console.pods(r"pay-")
        console.press("r")
        console.shows(r"✘ evict the pod", r"≈ kill 1 in the container")
        console.press("Down")
        console.shows(
            r"blocked Rehearsal: the server would refuse it now: .*disruption budget pay needs 1 healthy pods"
        )
        console.press("Enter")
        console.shows(r"It can't be done as it is")
        console.press("W")
        console.press("y")
        console.press("Escape")
        # Back where the way is chosen; the dialog covers the pods once it has looked at them all.
        console.shows(r"✘ evict the pod", r"≈ kill 1 in the container")
        console.press("Escape")
        console.lacks("kill 1 in the container")
        console.shows(r"1/1 ready")
    assert stage.pod(name)["metadata"].get("deletionTimestamp") is None
    assert stage.recorded() == []


def test_a_user_without_rights_sees_what_is_missing_before_anything_is_sent(
    kubernetes: Cluster, namespace: str, tmp_path: Path
) -> None:
    kubernetes.grant(
        "readers", namespace,
        [{"apiGroups": ["", "apps", "policy", "autoscaling", "discovery.k8s.io"], "resources": ["*"],
          "verbs": ["get", "list", "watch"]}],
    )  # fmt: skip
    kubeconfig = kubernetes.kubeconfig_for("alice", ["readers"])
    stage = Stage(kubernetes, tmp_path, namespace, kubeconfig=kubeconfig)
    start(stage, "users")
    name = start(stage, "users", "go-web-app:v2")
    before = (stage.pod(name), stage.deployment("users"))
    with stage.console() as console:
        console.pods(r"users-")
        console.press("r")
        console.shows(
            rf"blocked Access: you may not create pods/exec in {namespace}", r"✘ evict the pod", r"✘ restart all pods"
        )
        console.press("Escape")
        console.lacks("kill 1 in the container")
        console.press("b")
        console.shows(r"in force now")
        console.press("Enter")
        console.shows(rf"✘ blocked Access: you may not patch deployments.apps in {namespace}", r"It can't be done")
        console.press("W")
        console.press("y")
        console.press("Escape")
        console.shows(r"1/1 ready")
    assert (stage.pod(name), stage.deployment("users")) == before
    assert stage.recorded() == []


def order_kill(console: Console) -> None:
    """From the pods to the confirmed order to send kill 1."""
    console.pods(r"1/1 ready")
    console.press("r")
    console.shows(r"kill 1 in the container", r"evict the pod", r"restart all pods of the workload")
    console.press("Enter")
    console.allow_and_confirm()


def address(pod: Json) -> str:
    """The pod's own."""
    found: str = pod["status"]["podIP"]
    return found
