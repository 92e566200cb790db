"""The real Kubernetes of the tests is one: its pods run, its probes decide, and it can be killed and outlived."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from servers.kubernetes import cgroups
from servers.kubernetes.client import Json
from servers.kubernetes.cluster import Cluster, run_control_plane
from servers.kubernetes.cluster_prometheus import run_cluster_prometheus
from servers.kubernetes.joining import is_ready, wait_until_it_takes_pods
from servers.kubernetes.node import Node, remove_leftovers
from servers.kubernetes.workloads import (
    container,
    deployment,
    disruption_budget,
    pod,
    service,
    stateful_set,
)
from servers.process import ServerError, ServerProcess
from servers.prometheus import instant
from servers.waiting import until

pytestmark = pytest.mark.kubernetes


def events(cluster: Cluster, namespace: str, reason: str) -> list[str]:
    listed = cluster.api.items(f"/api/v1/namespaces/{namespace}/events", fieldSelector=f"reason={reason}")
    return [event["message"] for event in listed]


def container_status(thing: Json) -> Json:
    (status,) = thing["status"]["containerStatuses"]
    found: Json = status
    return found


def pod_path(name: str, namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{name}"


def images(cluster: Cluster, namespace: str) -> set[str]:
    running = [one for one in cluster.pods(namespace) if "deletionTimestamp" not in one["metadata"]]
    return {one["spec"]["containers"][0]["image"] for one in running}


def test_the_node_is_ready_and_runs_pods_on_a_network_of_its_own(kubernetes: Cluster, namespace: str) -> None:
    assert kubernetes.node is not None
    assert is_ready(kubernetes.api.get(f"/api/v1/nodes/{kubernetes.node.name}"))
    kubernetes.api.apply(pod("web"), namespace)
    kubernetes.wait_for_pod("web", namespace)
    address = kubernetes.pod_address("web", namespace)
    assert address.rpartition(".")[0] == kubernetes.node.network.address.rpartition(".")[0]
    assert httpx.get(f"http://{address}:8080/readyz", trust_env=False).text == "ok\n"


def test_a_release_that_is_not_ready_never_becomes_an_endpoint(kubernetes: Cluster, namespace: str) -> None:
    kubernetes.api.apply(service("web"), namespace)
    kubernetes.api.apply(deployment("web", container("go-web-app:v3"), replicas=1), namespace)
    until(lambda: any("503" in text for text in events(kubernetes, namespace, "Unhealthy")), "a failed readiness probe")
    (only,) = kubernetes.pods(namespace)
    assert not is_ready(only)
    assert container_status(only)["started"]
    endpoints = kubernetes.api.get(f"/api/v1/namespaces/{namespace}/endpoints/web")
    assert "addresses" not in endpoints.get("subsets", [{}])[0]


def test_a_ready_pod_is_an_endpoint_and_leaves_when_its_probe_fails(kubernetes: Cluster, namespace: str) -> None:
    kubernetes.api.apply(service("web"), namespace)
    kubernetes.api.apply(deployment("web", replicas=1), namespace)
    kubernetes.wait_for_rollout("web", namespace)
    (only,) = kubernetes.pods(namespace)
    name, path = only["metadata"]["name"], f"/api/v1/namespaces/{namespace}/endpoints/web"

    def targets(endpoints: Json) -> list[str]:
        subsets = endpoints.get("subsets", [])
        return [entry["targetRef"]["name"] for subset in subsets for entry in subset.get("addresses", [])]

    kubernetes.api.until(path, lambda endpoints: targets(endpoints) == [name], "the pod in its endpoints")
    kubernetes.break_(name, namespace, "not-ready")
    kubernetes.api.until(path, lambda endpoints: targets(endpoints) == [], "the pod out of its endpoints")


def test_failed_liveness_restarts_the_container_and_keeps_what_it_had_said(kubernetes: Cluster, namespace: str) -> None:
    kubernetes.api.apply(pod("web"), namespace)
    before = kubernetes.wait_for_pod("web", namespace)
    kubernetes.break_("web", namespace, "deadlock")
    path = pod_path("web", namespace)
    after = kubernetes.api.until(path, lambda one: container_status(one)["restartCount"] == 1, "a restart")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert container_status(after)["containerID"] != container_status(before)["containerID"]
    assert "Container app failed liveness probe, will be restarted" in events(kubernetes, namespace, "Killing")
    previous = kubernetes.api.text(f"{path}/log", previous="true")
    assert '"mode":"deadlock"' in previous
    assert '"mode":"deadlock"' not in kubernetes.api.text(f"{path}/log")


def test_kill_1_restarts_one_container_and_keeps_the_pod(kubernetes: Cluster, namespace: str) -> None:
    unprobed = {"startupProbe": None, "livenessProbe": None, "readinessProbe": None, "ports": None}
    other = container(name="other", environment={"PORT": "8081"}, **unprobed)
    kubernetes.api.apply(pod("web", container(), other), namespace)
    before = kubernetes.wait_for_pod("web", namespace)
    # Process 1 takes its whole namespace with it, `kill` too when that has not ended yet.
    assert kubernetes.execute("web", namespace, "kill", "1", container="other").code in (0, 137)

    def restarts(one: Json) -> dict[str, int]:
        return {status["name"]: status["restartCount"] for status in one["status"]["containerStatuses"]}

    path = pod_path("web", namespace)
    after = kubernetes.api.until(path, lambda one: restarts(one) == {"app": 0, "other": 1}, "one restart of two")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] == before["status"]["podIP"]


def test_a_container_that_ignores_the_signal_stays(kubernetes: Cluster, namespace: str) -> None:
    kubernetes.api.apply(pod("web", container("go-web-app:stubborn")), namespace)
    kubernetes.wait_for_pod("web", namespace)
    assert kubernetes.execute("web", namespace, "kill", "1").code == 0
    assert kubernetes.execute("web", namespace, "kill", "-9", "1").code == 0
    assert container_status(kubernetes.pod("web", namespace))["restartCount"] == 0


def test_a_container_without_a_shell_says_so(kubernetes: Cluster, namespace: str) -> None:
    kubernetes.api.apply(pod("web", container("go-web-app:distroless")), namespace)
    kubernetes.wait_for_pod("web", namespace)
    ended = kubernetes.execute("web", namespace, "kill", "1")
    assert ended.code != 0
    assert "executable file not found" in ended.message


def test_a_script_probe_runs_in_the_container(kubernetes: Cluster, namespace: str) -> None:
    script = "curl -f http://localhost:8080/healthz && pg_isready -h db-host"
    probe = {"exec": {"command": ["/bin/sh", "-c", script]}, "periodSeconds": 1, "timeoutSeconds": 5}
    scripted = container("go-web-app:script-probes", livenessProbe=None, readinessProbe=probe)
    kubernetes.api.apply(pod("web", scripted), namespace)
    failed = "Readiness probe failed: ok\ndb-host:5432 - no response"
    until(
        lambda: any(text.startswith(failed) for text in events(kubernetes, namespace, "Unhealthy")), "a failed script"
    )


@pytest.mark.parametrize("folder", ["/run", "/var/log", "/var/lib/kubelet", "/var/lib/cni"])
def test_a_node_shares_no_folder_with_another_node(kubernetes: Cluster, folder: str) -> None:
    assert kubernetes.node is not None
    outer = kubernetes.node.process.pid
    (init,) = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
    assert not Path(f"/proc/{init}/root{folder}").samefile(folder)


def test_a_node_that_takes_no_pods_tells_its_conditions_its_taints_and_the_logs(kubernetes: Cluster) -> None:
    assert kubernetes.node is not None
    node = f"/api/v1/nodes/{kubernetes.node.name}"
    # The weakest of the effects: it keeps no pod away while there is no other node.
    kubernetes.api.patch(node, {"spec": {"taints": [{"key": "kept", "effect": "PreferNoSchedule"}]}})
    try:
        with pytest.raises(AssertionError) as caught:
            wait_until_it_takes_pods(kubernetes.api, kubernetes.plane, kubernetes.node, 0.2)
    finally:
        kubernetes.api.patch(node, {"spec": {"taints": None}})
    words = str(caught.value)
    assert "a Ready node without taints" in words
    assert "condition MemoryPressure False: KubeletHasSufficientMemory" in words
    assert "condition Ready True" in words
    assert "taint kept:PreferNoSchedule" in words
    for log in ("node.log", "containerd.log", "kube-controller-manager.log"):
        assert re.search(rf"--- {re.escape(log)} ends:\n[^-\n]", words), log


def test_a_node_that_has_ended_is_not_waited_for(kubernetes: Cluster, tmp_path: Path) -> None:
    ended = ServerProcess(["true"], url="https://127.0.0.1:9", ready_path="/", folder=tmp_path, name="node")
    ended.log.write_text("the kubelet's last words\n")
    assert kubernetes.node is not None
    node = Node(ended, kubernetes.node.network, tmp_path)
    with pytest.raises(
        ServerError, match=r"(?s)node ended before the node took pods.*condition Ready.*the kubelet's last words"
    ):
        wait_until_it_takes_pods(kubernetes.api, kubernetes.plane, node, 3600)


def test_the_kubelet_counts_probes_and_tells_through_the_api(kubernetes: Cluster, namespace: str) -> None:
    kubernetes.api.apply(pod("web"), namespace)
    uid = kubernetes.wait_for_pod("web", namespace)["metadata"]["uid"]
    metrics = kubernetes.api.text("/api/v1/nodes/node1/proxy/metrics/probes")
    own = [line for line in metrics.splitlines() if line.startswith("prober_probe_total") and uid in line]
    assert any('probe_type="Readiness"' in line and 'result="successful"' in line for line in own)


def test_prometheus_scrapes_the_kubelet_and_the_pods(kubernetes: Cluster, namespace: str, tmp_path: Path) -> None:
    kubernetes.api.apply(deployment("web", container("go-web-app:v3"), replicas=1), namespace)
    with run_cluster_prometheus(kubernetes, tmp_path) as prometheus:
        own = f'namespace="{namespace}"'
        failed = f'prober_probe_total{{{own},probe_type="Readiness",result="failed"}}'
        for query in (f"{failed} > 2", f"app_goroutines{{{own},service='web'}}"):
            until(lambda query=query: instant(prometheus, query) is not None, query)  # type: ignore[misc]
        used = f'container_memory_working_set_bytes{{{own},container="app"}}'
        until(lambda: (instant(prometheus, used) or 0) > 0, "memory of the container")


def test_a_release_rolls_out_and_back(kubernetes: Cluster, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    kubernetes.api.apply(deployment("web"), namespace)
    kubernetes.wait_for_rollout("web", namespace)
    first = kubernetes.api.get(path)["spec"]["template"]
    kubernetes.api.apply(deployment("web", container("go-web-app:v2")), namespace)
    kubernetes.wait_for_rollout("web", namespace)
    assert images(kubernetes, namespace) == {"go-web-app:v2"}
    back = [{"op": "replace", "path": "/spec/template", "value": first}]
    kubernetes.api.patch(path, back, "application/json-patch+json")
    kubernetes.wait_for_rollout("web", namespace)
    assert images(kubernetes, namespace) == {"go-web-app:v1"}
    sets = kubernetes.api.items(f"/apis/apps/v1/namespaces/{namespace}/replicasets")
    revisions = {one["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for one in sets}
    assert revisions == {"2", "3"}


def test_a_disruption_budget_refuses_an_eviction(kubernetes: Cluster, namespace: str) -> None:
    kubernetes.api.apply(stateful_set("web", replicas=1), namespace)
    kubernetes.api.apply(disruption_budget("web", 1), namespace)
    kubernetes.wait_for_pod("web-0", namespace)
    budget = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets/web"
    kubernetes.api.until(budget, lambda one: one.get("status", {}).get("currentHealthy") == 1, "a counted pod")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web-0", "namespace": namespace}}
    with pytest.raises(httpx.HTTPStatusError, match="disruption budget") as refused:
        kubernetes.api.post(f"{pod_path('web-0', namespace)}/eviction", eviction)
    assert refused.value.response.status_code == 429


def test_a_user_may_do_what_rbac_gives_and_nothing_else(kubernetes: Cluster, namespace: str) -> None:
    path = kubernetes.kubeconfig_for("alice", ["on-call"], namespace)
    assert "client-certificate-data" in path.read_text()
    alice = kubernetes.api_as("alice", ["on-call"])
    with pytest.raises(httpx.HTTPStatusError, match="pods is forbidden"):
        alice.items(f"/api/v1/namespaces/{namespace}/pods")
    kubernetes.grant("on-call", namespace, [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])
    until(lambda: alice.http.get(f"/api/v1/namespaces/{namespace}/pods").is_success, "the right to list pods")
    alice.close()


def test_objects_outlive_the_api_server(api_server: Cluster) -> None:
    api_server.create_namespace("shop")
    api_server.api.apply(deployment("web"), "shop")
    api_server.stop_api_server()
    with pytest.raises(httpx.ConnectError):
        api_server.api.get("/version")
    api_server.start_api_server()
    found = api_server.api.get("/apis/apps/v1/namespaces/shop/deployments/web")
    assert found["spec"]["replicas"] == 2


def test_a_watch_from_before_a_compaction_is_gone(api_server: Cluster) -> None:
    old = api_server.api.get("/api/v1/namespaces")["metadata"]["resourceVersion"]
    api_server.create_namespace("shop")
    api_server.stop_api_server()
    api_server.compact_etcd()
    api_server.start_api_server()
    answer = api_server.api.text("/api/v1/namespaces", watch="true", resourceVersion=old, timeoutSeconds="1")
    assert '"type":"ERROR"' in answer
    assert '"code":410' in answer


def test_kwok_plays_pods_on_a_real_api(tmp_path: Path) -> None:
    with run_control_plane(tmp_path, kwok_pods=200) as cluster:
        pods = cluster.pods("shop")
        assert len(pods) == 200
        assert all(is_ready(one) for one in pods)
        assert len(cluster.api.items("/apis/apps/v1/namespaces/shop/deployments")) == 4


ORPHAN = """
import os, signal, sys
from pathlib import Path
from servers.kubernetes.cluster import run_kubernetes
from servers.kubernetes.joining import is_ready, wait_until_it_takes_pods
from servers.kubernetes.node import Node, remove_leftovers
from servers.kubernetes.workloads import pod
with run_kubernetes(Path(sys.argv[1])) as cluster:
    cluster.api.apply(pod("web"))
    cluster.wait_for_pod("web", "default")
    print(cluster.node.network.cgroup, cluster.node.network.bridge, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_containers_end_even_when_the_test_run_is_killed(tmp_path: Path, kubernetes: Cluster) -> None:
    assert kubernetes.node is not None
    tests = Path(__file__).resolve().parents[1]
    killed = subprocess.run(
        [sys.executable, "-c", ORPHAN, tmp_path], cwd=tests, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    group, bridge = killed.stdout.split()
    assert group != kubernetes.node.network.cgroup  # two clusters lived side by side
    until(lambda: not cgroups.processes(group), "the orphaned containers gone")
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    remove_leftovers()
    assert not (Path("/sys/class/net") / bridge).exists()
    assert is_ready(kubernetes.api.get(f"/api/v1/nodes/{kubernetes.node.name}"))
