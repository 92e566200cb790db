"""The roles of `docs/safety.md` are enough, on a real API server, and no more than they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, KubernetesSettings, LogLevelSettings
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.operation import OperationKind, OperationState, Order
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.operating import operations
from opsconsole.sources.connect import connect
from opsconsole.write_mode import WriteMode
from servers.kubernetes import workloads
from servers.kubernetes.cluster import Cluster

pytestmark = pytest.mark.kubernetes

PAGE = (Path(__file__).parents[2] / "docs" / "safety.md").read_text(encoding="utf-8")
WRITTEN = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
ROLES = {role["metadata"]["name"]: role for role in WRITTEN}
RBAC = "rbac.authorization.k8s.io"
NAMESPACE = "documented"
TARGET = ObjectRef(Kind.DEPLOYMENT, SafeText(NAMESPACE), SafeText("web"))


def binding(role: str, group: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"{group}-{role}"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": group}],
    }


@pytest.fixture(scope="module")
def place(kubernetes: Cluster) -> Iterator[Cluster]:
    """Two revisions of a Deployment, and the documented roles bound to the groups `lookers` and `actors`."""
    for role in ROLES.values():
        kubernetes.api.apply(role, "")
    for role, group in (("reader", "lookers"), ("reader", "actors"), ("operator", "actors")):
        kubernetes.api.apply(binding(f"opsconsole-{role}", group), "")
    kubernetes.create_namespace(NAMESPACE)
    for image in ("v1", "v2"):
        container = workloads.container(f"go-web-app:{image}")
        kubernetes.api.apply(workloads.deployment("web", container, replicas=1), NAMESPACE)
        kubernetes.wait_for_rollout("web", NAMESPACE)
    yield kubernetes
    kubernetes.remove_namespace(NAMESPACE)


def settings_of(cluster: Cluster, group: str) -> ClusterSettings:
    path = cluster.kubeconfig_for(f"one-of-{group}", [group], NAMESPACE)
    return ClusterSettings("documented", kubernetes=KubernetesSettings("", kubeconfig=path))


async def test_a_reader_sees_pods_and_lacks_nothing_and_may_not_roll_back(place: Cluster, tmp_path: Path) -> None:
    clock = SystemClock()
    settings = settings_of(place, "lookers")
    source = connect(settings, clock).workloads
    assert source is not None
    try:
        reading = await source.pods(Selection(SafeText("documented"), namespace=SafeText(NAMESPACE)))
        nodes = await source.nodes()
        health = await source.health()
    finally:
        await source.close()
    assert {pod.service for pod in reading.value.pods} == {"web"}
    assert nodes.value.nodes
    assert (reading.completeness.notes, health.missing) == ((), ())
    engine = operations(settings, clock, WriteMode(clock), folder=tmp_path)
    try:
        plan = await engine.check(Order(OperationKind.ROLL_BACK, TARGET, revision=1))
    finally:
        await engine.finish()
    assert any("patch" in check.words for check in plan.blocked), plan.checks
    assert plan.cluster_id


async def test_an_operator_rolls_back(place: Cluster, tmp_path: Path) -> None:
    clock = SystemClock()
    mode = WriteMode(clock)
    mode.open()
    engine = operations(settings_of(place, "actors"), clock, mode, folder=tmp_path)
    try:
        plan = await engine.check(Order(OperationKind.ROLL_BACK, TARGET, revision=1))
        assert plan.blocked == ()
        steps = [step async for step in engine.carry_out(plan)]
    finally:
        await engine.finish()
    assert steps[-1].state is OperationState.VERIFIED, steps
    template = place.api.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/web")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"].endswith(":v1")


async def test_an_operator_sets_a_log_level_and_a_reader_is_told_what_is_missing(
    place: Cluster, tmp_path: Path
) -> None:
    clock = SystemClock()
    levels = LogLevelSettings("/level")
    order = Order(OperationKind.SET_LOG_LEVEL, TARGET, level=SafeText("debug"), seconds=60.0)
    reader = operations(
        msgspec.structs.replace(settings_of(place, "lookers"), log_levels=levels),
        clock,
        WriteMode(clock),
        folder=tmp_path,
    )
    try:
        plan = await reader.check(order)
    finally:
        await reader.finish()
    assert [check.title for check in plan.blocked] == ["Access"]
    assert "pods/proxy" in plan.blocked[0].words
    mode = WriteMode(clock)
    mode.open()
    acting = msgspec.structs.replace(settings_of(place, "actors"), log_levels=levels)
    engine = operations(acting, clock, mode, folder=tmp_path)
    try:
        plan = await engine.check(order)
        assert plan.blocked == ()
        steps = [step async for step in engine.carry_out(plan)]
        attempts = await engine.put_back(ours=True)
    finally:
        await engine.finish()
    assert steps[-1].state is OperationState.VERIFIED, steps
    assert [one.done for one in attempts] == [True]
