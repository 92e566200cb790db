"""Releases that go wrong on a real cluster, seen and undone in the console."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers.kubernetes.cluster import Cluster
from servers.kubernetes.workloads import container, deployment
from servers.waiting import until
from story_stage import PATIENCE, Stage

pytestmark = pytest.mark.kubernetes


def test_a_bad_release_is_seen_rolled_back_by_keys_and_seen_healthy(
    kubernetes: Cluster, namespace: str, tmp_path: Path
) -> None:
    stage = Stage(kubernetes, tmp_path, namespace, environment="production")
    kubernetes.api.apply(deployment("checkout", container("go-web-app:v1")), namespace)
    kubernetes.wait_for_rollout("checkout", namespace)
    with stage.console() as console:
        console.pods(r"2 of 2 ready|2/2|checkout-")
        kubernetes.api.apply(deployment("checkout", container("go-web-app:v3")), namespace)
        console.shows(r"NotReady", r"ready 2/2 HTTP probe failed with statuscode: 503")
        console.press("b")
        console.shows(r"Roll back deployment", r"1 .* v1 .* ready", r"2 .* v3 .* in force now")
        console.press("Enter")
        console.shows(r"Look before you act", r"go-web-app:v3 ▸ go-web-app:v1", r"READ-ONLY: W allows changes")
        assert stage.recorded() == []
        console.press("W", "Tab")
        console.shows(r"Type checkout to do it")
        console.write("checkout")
        console.press("Enter")
        console.shows(r"Operation . verified")
        console.press("Escape")
        console.lacks("NotReady")
    assert stage.image("checkout") == "go-web-app:v1"
    assert stage.deployment("checkout")["status"]["availableReplicas"] == 2
    assert stage.recorded() == ["recorded", "sent", "applied", "verified"]


def test_a_stuck_rollout_is_undone_by_keys(kubernetes: Cluster, namespace: str, tmp_path: Path) -> None:
    stage = Stage(kubernetes, tmp_path, namespace)
    stuck_rollout(stage)
    with stage.console() as console:
        console.pods(r"NotReady", r"ready 2/2 HTTP probe failed with statuscode: 503")
        console.press("b")
        console.shows(r"2 .* v3 .* in force now", r"go-web-app:v3 ▸ go-web-app:v1")
        console.press("Enter")
        console.shows(r"the present one is not finished .*; going back works all the same")
        console.allow_and_confirm()
        console.shows(r"Operation . verified", r"1 roll back deployment \S+ to revision 2")
        console.press("Escape")
        console.lacks("NotReady")
    assert rolled_out(stage)
    assert stage.recorded() == ["recorded", "sent", "applied", "verified"]


def test_a_stuck_rollout_is_undone_from_the_shell(kubernetes: Cluster, namespace: str, tmp_path: Path) -> None:
    stage = Stage(kubernetes, tmp_path, namespace)
    stuck_rollout(stage)
    assert "NotReady" in stage.run("snapshot", "--full", "pods").stdout
    done = stage.order("rollback", "deployment/checkout")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the present one is not finished" in done.stdout
    assert rolled_out(stage)
    assert "NotReady" not in stage.run("snapshot", "--full", "pods").stdout


def test_a_change_in_between_is_refused_and_asked_about_again(
    kubernetes: Cluster, namespace: str, tmp_path: Path
) -> None:
    stage = Stage(kubernetes, tmp_path, namespace)
    two_releases(stage)
    with stage.console() as console:
        console.pods(r"2/2 ready")
        console.press("b")
        console.shows(r"2 .* v2 .* in force now")
        console.press("Enter")
        console.shows(r"Look before you act", r"go-web-app:v2 ▸ go-web-app:v1", r"READ-ONLY: W allows changes")
        someone_scales(stage, 3)
        console.allow_and_confirm()
        console.shows(r"Operation . REFUSED", r"it was changed in between", r"1 roll back deployment \S+ to revision 1")
        assert stage.image("checkout") == "go-web-app:v2"
        console.press("1")
        console.shows(r"Look before you act", r"3 pods are replaced")
        console.confirm()
        console.shows(r"Operation . verified", r"all 3 pods of the new version are available")
    assert stage.image("checkout") == "go-web-app:v1"
    assert stage.recorded() == ["recorded", "sent", "refused", "recorded", "sent", "applied", "verified"]


def test_a_change_before_the_name_is_typed_in_the_shell_is_refused(
    kubernetes: Cluster, namespace: str, tmp_path: Path
) -> None:
    stage = Stage(kubernetes, tmp_path, namespace, environment="production")
    two_releases(stage)
    with stage.console("rollback", "deployment/checkout", "-n", namespace) as shell:
        shell.shows(r"go-web-app:v2 → go-web-app:v1", r"Type checkout to do it")
        someone_scales(stage, 1)
        shell.press("checkout", "Enter")
        shell.shows(r"it was changed in between", r"what may help now: roll-back", r"exit code 1")
    assert stage.image("checkout") == "go-web-app:v2"
    assert stage.recorded() == ["recorded", "sent", "refused"]


def two_releases(stage: Stage) -> None:
    """A Deployment with a release to go back to."""
    for tag in ("v1", "v2"):
        stage.cluster.api.apply(deployment("checkout", container(f"go-web-app:{tag}")), stage.namespace)
        stage.cluster.wait_for_rollout("checkout", stage.namespace)


def someone_scales(stage: Stage, replicas: int) -> None:
    """Somebody else has changed the Deployment."""
    path = f"/apis/apps/v1/namespaces/{stage.namespace}/deployments/checkout"
    stage.cluster.api.patch(path, {"spec": {"replicas": replicas}})


def stuck_rollout(stage: Stage) -> None:
    """A Deployment whose controller has given the new release up."""
    cluster, namespace = stage.cluster, stage.namespace
    cluster.api.apply(deployment("checkout", container("go-web-app:v1"), progressDeadlineSeconds=5), namespace)
    cluster.wait_for_rollout("checkout", namespace)
    cluster.api.apply(deployment("checkout", container("go-web-app:v3"), progressDeadlineSeconds=5), namespace)
    until(lambda: "ProgressDeadlineExceeded" in reasons(stage), "the rollout to be stuck", PATIENCE)


def reasons(stage: Stage) -> list[str]:
    """Why the Deployment's conditions are as they are."""
    return [one["reason"] for one in stage.deployment("checkout")["status"].get("conditions", [])]


def rolled_out(stage: Stage) -> bool:
    """Whether the good release runs, whole and alone."""
    status = stage.deployment("checkout")["status"]
    counts = [status.get(count, 0) for count in ("replicas", "updatedReplicas", "availableReplicas")]
    return stage.image("checkout") == "go-web-app:v1" and counts == [2, 2, 2]
