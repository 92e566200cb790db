"""An API server that dies, forgets, or moves on while the console works with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guarded_door import Door, run_door
from servers.kubernetes.client import Json
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.workloads import container, deployment, pod
from servers.waiting import until
from story_stage import PATIENCE, Stage

pytestmark = [pytest.mark.kubernetes]

REVISION = "deployment.kubernetes.io/revision"


@pytest.fixture
def behind_a_door(api_server: Cluster, tmp_path: Path) -> Iterator[tuple[Door, Stage]]:
    """A stage whose console reaches its cluster through a door."""
    api_server.create_namespace("shop")
    with run_door(api_server.plane, tmp_path) as (door, kubeconfig):
        yield door, Stage(api_server, tmp_path, "shop", kubeconfig=kubeconfig)


def release(stage: Stage, tag: str, revision: int, replicas: int) -> None:
    """Release `tag`, and wait until its revision is known."""
    stage.cluster.api.apply(deployment("checkout", container(f"go-web-app:{tag}"), replicas=replicas), stage.namespace)
    until(lambda: revision_of(stage.deployment("checkout")) == str(revision), f"revision {revision}", PATIENCE)


def revision_of(workload: Json) -> str:
    """The revision that is in force."""
    found: str = workload["metadata"].get("annotations", {}).get(REVISION, "")
    return found


def test_an_api_server_killed_during_a_rollback_leaves_it_unknown_then_applied_once(
    behind_a_door: tuple[Door, Stage],
) -> None:
    door, stage = behind_a_door
    release(stage, "v1", 1, replicas=1)
    release(stage, "v2", 2, replicas=1)
    before = stage.deployment("checkout")["metadata"]["generation"]
    with stage.console() as console:
        console.pods(r"checkout-")
        console.press("b")
        console.shows(r"2 .* v2 .* in force now")
        console.press("Enter")
        console.shows(r"Look before you act", r"go-web-app:v2 ▸ go-web-app:v1")
        door.keeping = True
        console.allow_and_confirm()
        until(lambda: stage.image("checkout") == "go-web-app:v1", "the server to have taken it", PATIENCE)
        stage.cluster.stop_api_server()
        console.shows(r"UNKNOWN +.*nobody knows yet whether it took effect")
        assert stage.recorded() == ["recorded", "sent", "unknown"]
        stage.cluster.start_api_server()
        console.shows(r"applied +it took effect, as the cluster shows")
        assert stage.recorded()[:4] == ["recorded", "sent", "unknown", "applied"]
    assert door.changes == 1
    assert stage.deployment("checkout")["metadata"]["generation"] == before + 1
    until(lambda: revision_of(stage.deployment("checkout")) == "3", "one new revision", PATIENCE)


def test_an_api_server_killed_during_a_rollback_from_the_shell_changes_once(
    behind_a_door: tuple[Door, Stage],
) -> None:
    door, stage = behind_a_door
    release(stage, "v1", 1, replicas=0)
    release(stage, "v2", 2, replicas=0)
    door.keeping = True
    with stage.begun("rollback", "deployment/checkout", "-n", "shop", "--confirm", "checkout") as process:
        until(lambda: stage.image("checkout") == "go-web-app:v1", "the server to have taken it", PATIENCE)
        stage.cluster.stop_api_server()
        assert process.stdout is not None
        while "unknown" not in (line := process.stdout.readline()):
            assert line, "the command ended before it knew that it does not know"
        stage.cluster.start_api_server()
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out + err
    assert "it took effect, as the cluster shows" in out
    assert stage.recorded() == ["recorded", "sent", "unknown", "applied", "verified"]
    assert door.changes == 1
    until(lambda: revision_of(stage.deployment("checkout")) == "3", "one new revision", PATIENCE)


def test_a_console_that_dies_with_its_server_settles_the_rollback_at_its_next_start(
    behind_a_door: tuple[Door, Stage],
) -> None:
    door, stage = behind_a_door
    release(stage, "v1", 1, replicas=1)
    release(stage, "v2", 2, replicas=1)
    door.keeping = True
    with stage.begun("rollback", "deployment/checkout", "-n", "shop", "--confirm", "checkout") as process:
        until(lambda: stage.image("checkout") == "go-web-app:v1", "the server to have taken it", PATIENCE)
        process.kill()
    assert stage.recorded() == ["recorded", "sent"]
    with stage.console() as console:
        console.shows(r"left open earlier: ", r"shop/checkout", r"applied\.")
    assert stage.recorded() == ["recorded", "sent", "applied"]
    assert door.changes == 1


def test_versions_lost_by_compaction_are_listed_again_in_the_console(behind_a_door: tuple[Door, Stage]) -> None:
    door, stage = behind_a_door
    cluster = stage.cluster
    for name in ("goes", "stays"):
        cluster.api.apply(pod(name), "shop")
    with stage.console() as console:
        console.pods(r"goes ", r"stays ", r"k8s ●")
        console.press("Down")
        console.shows(r"app stays ")
        door.shut()
        console.shows(r"goes ", r"app stays ", r"k8s [◐✘]")
        cluster.api.delete("/api/v1/namespaces/shop/pods/goes", gracePeriodSeconds="0")
        cluster.api.apply(pod("another"), "shop")
        cluster.stop_api_server()
        cluster.compact_etcd()
        cluster.start_api_server()
        assert console.found(r"goes ")
        assert not door.gone
        door.open()
        console.shows(r"another ", r"app stays ", r"k8s ●")
        assert not console.found(r"goes ")
    assert door.gone
