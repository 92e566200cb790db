"""Operations from the shell on a real Kubernetes with real containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from servers.kubernetes.cluster import Cluster
from servers.kubernetes.workloads import container, deployment, disruption_budget
from servers.waiting import until

pytestmark = pytest.mark.kubernetes


class Shell:
    """Runs the program against `cluster`, as the administrator or with another kubeconfig."""

    def __init__(self, cluster: Cluster, folder: Path, namespace: str) -> None:
        self.folder = folder
        self.namespace = namespace
        self.use(Path(cluster.kubeconfig))

    def use(self, kubeconfig: Path) -> None:
        table = f'[clusters.real]\nenvironment = "production"\nkubernetes = {{ kubeconfig = "{kubeconfig}" }}\n'
        (self.folder / "config.toml").write_text(table)

    def __call__(self, command: str, target: str, *flags: str) -> subprocess.CompletedProcess[str]:
        mine = {"OPSCONSOLE_CONFIG": str(self.folder / "config.toml"), "XDG_STATE_HOME": str(self.folder)}
        name = target.partition("/")[2]
        return subprocess.run(
            (sys.executable, "-m", "opsconsole", command, target, "-n", self.namespace, "--confirm", name, *flags),
            env={**os.environ, **mine},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def recorded(self) -> list[str]:
        files = list((self.folder / "opsconsole" / "audit").glob("*.jsonl"))
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [json.loads(line)["entry"]["state"] for line in lines]


@pytest.fixture
def shell(kubernetes: Cluster, namespace: str, tmp_path: Path) -> Shell:
    return Shell(kubernetes, tmp_path, namespace)


def the_pod(cluster: Cluster, namespace: str, name: str) -> str:
    found: str = cluster.pods(namespace, f"app.kubernetes.io/name={name}")[0]["metadata"]["name"]
    return found


def test_a_bad_release_is_rolled_back_and_seen_healthy(kubernetes: Cluster, namespace: str, shell: Shell) -> None:
    kubernetes.api.apply(deployment("checkout", container("go-web-app:v1")), namespace)
    kubernetes.wait_for_rollout("checkout", namespace)
    kubernetes.api.apply(deployment("checkout", container("go-web-app:v3")), namespace)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/checkout"
    until(lambda: kubernetes.api.get(path)["status"].get("updatedReplicas"), "a pod of the bad release")
    done = shell("rollback", "deployment/checkout")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "go-web-app:v3 → go-web-app:v1" in done.stdout
    assert kubernetes.api.get(path)["spec"]["template"]["spec"]["containers"][0]["image"] == "go-web-app:v1"
    assert kubernetes.api.get(path)["status"]["availableReplicas"] == 2
    assert shell.recorded() == ["recorded", "sent", "applied", "verified"]


def test_kill_restarts_one_container_and_keeps_the_pod(kubernetes: Cluster, namespace: str, shell: Shell) -> None:
    kubernetes.api.apply(deployment("orders", container("go-web-app:v1"), replicas=1), namespace)
    kubernetes.wait_for_rollout("orders", namespace)
    name = the_pod(kubernetes, namespace, "orders")
    before = kubernetes.pod(name, namespace)
    done = shell("restart", f"pod/{name}", "--method", "kill", "--container", "app")
    assert done.returncode == 0, done.stdout + done.stderr
    after = kubernetes.pod(name, namespace)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["containerStatuses"][0]["restartCount"] == 1


def test_a_process_that_ignores_the_signal_is_reported_as_such(
    kubernetes: Cluster, namespace: str, shell: Shell
) -> None:
    kubernetes.api.apply(deployment("stubborn", container("go-web-app:stubborn"), replicas=1), namespace)
    kubernetes.wait_for_rollout("stubborn", namespace)
    name = the_pod(kubernetes, namespace, "stubborn")
    done = shell("restart", f"pod/{name}", "--method", "kill", "--container", "app")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "evict" in done.stderr
    assert kubernetes.pod(name, namespace)["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_disruption_budget_forbids_and_is_named(kubernetes: Cluster, namespace: str, shell: Shell) -> None:
    kubernetes.api.apply(deployment("pay", container("go-web-app:v1"), replicas=1), namespace)
    kubernetes.api.apply(disruption_budget("pay", 1), namespace)
    kubernetes.wait_for_rollout("pay", namespace)
    name = the_pod(kubernetes, namespace, "pay")
    done = shell("restart", f"pod/{name}", "--method", "evict")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "budget" in (done.stdout + done.stderr)
    assert kubernetes.pod(name, namespace)["metadata"].get("deletionTimestamp") is None


def test_a_user_without_rights_sees_what_is_missing_before_anything_is_sent(
    kubernetes: Cluster, namespace: str, shell: Shell
) -> None:
    kubernetes.api.apply(deployment("users", container("go-web-app:v1"), replicas=1), namespace)
    kubernetes.grant(
        "readers", namespace,
        [{"apiGroups": ["", "apps", "policy", "autoscaling"], "resources": ["*"], "verbs": ["get", "list"]}],
    )  # fmt: skip
    shell.use(Path(kubernetes.kubeconfig_for("alice", ["readers"])))
    done = shell("scale", "deployment/users", "--replicas", "3")
    assert done.returncode == 5, done.stdout + done.stderr
    assert f"patch deployments.apps in {namespace}" in done.stdout
    assert shell.recorded() == []
