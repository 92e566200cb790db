"""What operations rely on of the API server, and the operations themselves, on the practice cluster and a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from opsconsole.clock import Clock, SystemClock
from opsconsole.config.settings import (
    Auth,
    AuthKind,
    ClusterSettings,
    KubernetesSettings,
    SecretRef,
    SourceSettings,
)
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import OperationKind, OperationState, Order, Plan, Revision, Step
from opsconsole.domain.text import SafeText
from opsconsole.operating import operations
from opsconsole.operations.control import Mutation, PatchType, Verb
from opsconsole.operations.engine import Engine
from opsconsole.operations.json_path import at, mapping_at, text_at, whole_number_at
from opsconsole.operations.pod_shape import container_names, container_state, is_ending
from opsconsole.operations.procedures.marks import mark_in
from opsconsole.operations.revisions import is_ready
from opsconsole.operations.rollout import rollout_status
from opsconsole.sources.kubernetes.access import ClusterAccess
from opsconsole.sources.kubernetes.control import KubernetesControl
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from opsconsole.write_mode import WriteMode
from quick_clock import QuickClock
from servers.kubernetes import workloads
from servers.kubernetes.cluster import Cluster
from servers.practice import run_practice
from servers.waiting import until

READING = {"apiGroups": ["", "apps", "policy", "autoscaling"], "resources": ["*"], "verbs": ["get", "list", "watch"]}
S = OperationState
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A cluster with workloads to operate on. `plain` is a Deployment of several pods, its last release a bad one."""

    clock: Clock
    """The cluster's."""
    administrator: KubernetesSettings
    reader: KubernetesSettings
    namespace: SafeText
    label: str
    plain: SafeText
    """Its image has a shell. Its pods may restart by themselves."""
    steady: SafeText
    """A Deployment that is well, whose image has a shell."""
    shellless: SafeText
    budgeted: SafeText
    """A workload whose disruption budget lets no pod go."""

    def ref(self, kind: Kind, name: str) -> ObjectRef:
        return ObjectRef(kind, self.namespace if kind.namespaced else SafeText(""), SafeText(name))

    @property
    def deployment(self) -> ObjectRef:
        return self.ref(Kind.DEPLOYMENT, self.plain)

    def selector(self, name: str) -> JsonObject:
        return {"matchLabels": {self.label: str(name)}}


@pytest.fixture(scope="module")
def practice_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The shop, whose newest checkout is not ready."""
    token = tmp_path_factory.mktemp("reader") / "token"
    token.write_text("viewer")
    token.chmod(0o600)
    clock = QuickClock()
    with run_practice("bad-release", clock=clock) as settings:
        assert settings.kubernetes is not None
        auth = Auth(AuthKind.BEARER, secret=SecretRef(f"file:{token}"))
        reader = msgspec.structs.replace(settings.kubernetes, auth=auth)
        names = (SafeText("checkout"), SafeText("orders"), SafeText("users"), SafeText("postgres"))
        yield Place(clock, settings.kubernetes, reader, SafeText("shop"), "app", *names)


@pytest.fixture(scope="module")
def real_place(kubernetes: Cluster) -> Iterator[Place]:
    """A namespace with the same, made for this module."""
    name = "operations"
    kubernetes.create_namespace(name)
    kubernetes.api.apply(workloads.deployment("plain"), name)
    kubernetes.api.apply(workloads.deployment("steady", replicas=1), name)
    kubernetes.api.apply(workloads.deployment("bare", workloads.container("go-web-app:distroless"), replicas=1), name)
    kubernetes.api.apply(workloads.deployment("budgeted", replicas=1), name)
    kubernetes.api.apply(workloads.disruption_budget("budgeted", 1), name)
    for workload in ("plain", "steady", "bare", "budgeted"):
        kubernetes.wait_for_rollout(workload, name)
    kubernetes.api.apply(workloads.deployment("plain", workloads.container("go-web-app:v3")), name)
    kubernetes.grant("operations-readers", name, [READING])
    reader = KubernetesSettings(url="", kubeconfig=kubernetes.kubeconfig_for("reader", ["operations-readers"], name))
    administrator = KubernetesSettings(url="", kubeconfig=kubernetes.kubeconfig)
    names = (SafeText("plain"), SafeText("steady"), SafeText("bare"), SafeText("budgeted"))
    yield Place(SystemClock(), administrator, reader, SafeText(name), "app.kubernetes.io/name", *names)
    kubernetes.remove_namespace(name)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("practice"),
        pytest.param("real", marks=pytest.mark.kubernetes),
    ],
)
def place(request: pytest.FixtureRequest) -> Place:
    """Either cluster."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture
def write_mode() -> WriteMode:
    mode = WriteMode(SystemClock())
    mode.open()
    return mode


def access_to(settings: KubernetesSettings, write_mode: WriteMode) -> ClusterAccess:
    clock = SystemClock()

    def wire_of(found: SourceSettings) -> Wire:
        return Wire("kubernetes", found, clock, KUBERNETES_READS, write_mode=write_mode)

    return ClusterAccess(settings, wire_of, clock)


@pytest.fixture
async def control(place: Place, write_mode: WriteMode) -> AsyncIterator[KubernetesControl]:
    access = access_to(place.administrator, write_mode)
    yield KubernetesControl(access.wire, write_mode)
    await access.close()


@pytest.fixture
async def readers_control(place: Place, write_mode: WriteMode) -> AsyncIterator[KubernetesControl]:
    access = access_to(place.reader, write_mode)
    yield KubernetesControl(access.wire, write_mode)
    await access.close()


@asynccontextmanager
async def running_engine(
    settings: KubernetesSettings, write_mode: WriteMode, folder: Path, clock: Clock
) -> AsyncIterator[Engine]:
    access = access_to(settings, write_mode)
    cluster = ClusterSettings("contract", kubernetes=settings)
    yield operations(cluster, clock, write_mode, access=access, folder=folder)
    await access.close()


@pytest.fixture
async def engine(place: Place, write_mode: WriteMode, tmp_path: Path) -> AsyncIterator[Engine]:
    async with running_engine(place.administrator, write_mode, tmp_path, place.clock) as made:
        yield made


@pytest.fixture
async def real_engine(kubernetes: Cluster, write_mode: WriteMode, tmp_path: Path) -> AsyncIterator[Engine]:
    settings = KubernetesSettings(url="", kubeconfig=kubernetes.kubeconfig)
    async with running_engine(settings, write_mode, tmp_path, SystemClock()) as made:
        yield made


async def eventually(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """What `look` finds, as soon as it finds something."""
    for _ in range(600):
        found = await look()
        if found is not None:
            return found
        await SystemClock().sleep(0.1)
    raise AssertionError(f"not within a minute: {what}")


async def pods(control: KubernetesControl, place: Place, name: str) -> list[LiveObject]:
    found = await control.find(Kind.POD, place.namespace, place.selector(name))
    return [pod for pod in found if not is_ending(pod.body)]


async def ready_pod(control: KubernetesControl, place: Place, name: str) -> LiveObject:
    """One that runs and is ready, once there is one."""

    async def found() -> LiveObject | None:
        return next((pod for pod in await pods(control, place, name) if is_ready(pod.body)), None)

    return await eventually(found, f"a ready pod of {name}")


async def refused(answer: object) -> SourceError:
    with pytest.raises(SourceError) as raised:
        await answer  # type: ignore[misc]
    return raised.value


async def carried_out(engine: Engine, plan: Plan) -> list[Step]:
    return [step async for step in engine.carry_out(plan)]


async def applied(engine: Engine, order: Order) -> list[Step]:
    """Carry `order` out and stop watching once it is applied."""
    plan = await engine.check(order)
    assert plan.blocked == ()
    return await applied_plan(engine, plan)


async def applied_plan(engine: Engine, plan: Plan) -> list[Step]:
    """As `applied`, for a plan made before."""
    steps: list[Step] = []
    async for step in engine.carry_out(plan):
        steps.append(step)
        if step.state in (S.APPLIED, S.REFUSED):
            break
    assert steps[-1].state is S.APPLIED, steps
    return steps


def merge(ref: ObjectRef, body: JsonObject) -> Mutation:
    return Mutation(Verb.PATCH, ref, body, patch_type=PatchType.MERGE)


# -- reading -------------------------------------------------------------------------------------


async def test_an_object_is_read_with_the_version_and_uid_it_has_now(control: KubernetesControl, place: Place) -> None:
    live = await control.read(place.deployment)
    assert live.ref.uid == text_at(live.body, "metadata", "uid") != ""
    assert live.ref.resource_version == text_at(live.body, "metadata", "resourceVersion") != ""
    assert (await control.read(live.ref)).ref.uid == live.ref.uid


async def test_another_object_of_the_same_name_is_not_taken_for_it(control: KubernetesControl, place: Place) -> None:
    other = msgspec.structs.replace(place.deployment, uid=SafeText("00000000-0000-0000-0000-000000000000"))
    assert (await refused(control.read(other))).kind is ErrorKind.NOT_FOUND
    gone = place.ref(Kind.DEPLOYMENT, "nobody")
    error = await refused(control.read(gone))
    assert error.kind is ErrorKind.NOT_FOUND
    assert "nobody" in error.detail


async def test_objects_are_found_by_label_selectors(control: KubernetesControl, place: Place) -> None:
    everything = {pod.ref.name for pod in await control.find(Kind.POD, place.namespace)}
    plain = {pod.ref.name for pod in await control.find(Kind.POD, place.namespace, place.selector(place.plain))}
    values = [str(place.plain), str(place.shellless)]
    both: JsonObject = {"matchExpressions": [{"key": place.label, "operator": "In", "values": values}]}
    without: JsonObject = {"matchExpressions": [{"key": place.label, "operator": "NotIn", "values": [values[0]]}]}
    found = {pod.ref.name for pod in await control.find(Kind.POD, place.namespace, both)}
    assert plain < found < everything
    assert {pod.ref.name for pod in await control.find(Kind.POD, place.namespace, without)} == everything - plain


async def test_events_of_an_object_come_oldest_first(control: KubernetesControl, place: Place) -> None:
    told = [await control.events(pod.ref) for pod in await pods(control, place, place.plain)]
    events = max(told, key=len)
    assert events
    moments = [text_at(event.body, "lastTimestamp") or text_at(event.body, "eventTime") for event in events]
    assert moments == sorted(moments)
    assert len({text_at(event.body, "involvedObject", "uid") for event in events}) == 1


# -- rights --------------------------------------------------------------------------------------


async def test_who_may_only_read_is_told_which_right_is_missing(
    control: KubernetesControl, readers_control: KubernetesControl, place: Place
) -> None:
    pod = (await ready_pod(control, place, place.plain)).ref
    change = merge(place.deployment, {"spec": {"replicas": 3}})
    assert (await control.may(change)).allowed
    denied = await readers_control.may(change)
    assert (denied.allowed, denied.needed) == (False, f"patch deployments.apps in {place.namespace}")
    eviction = Mutation(Verb.CREATE, pod, {}, "eviction")
    assert (await readers_control.may(eviction)).needed == f"create pods/eviction in {place.namespace}"
    assert (await control.may_exec(pod)).allowed
    refusal = await readers_control.may_exec(pod)
    assert (refusal.allowed, refusal.needed) == (False, f"create pods/exec in {place.namespace}")


async def test_the_server_refuses_who_may_only_read(
    control: KubernetesControl, readers_control: KubernetesControl, place: Place
) -> None:
    change = merge(place.deployment, {"spec": {"replicas": 3}})
    for attempt in (readers_control.rehearse(change), readers_control.send(change, "op")):
        error = await refused(attempt)
        assert error.kind is ErrorKind.FORBIDDEN
        assert "cannot patch resource" in error.detail
    pod = await ready_pod(control, place, place.plain)
    container = SafeText(container_names(pod.body)[0])
    error = await refused(readers_control.execute(pod.ref, container, ["true"], "op"))
    assert (error.kind, error.hint) == (ErrorKind.FORBIDDEN, "ask for this right")
    assert "forbidden" in error.detail


async def test_users_have_names(control: KubernetesControl, readers_control: KubernetesControl) -> None:
    names = {await control.identity(), await readers_control.identity()}
    assert len(names) == 2
    assert SafeText("") not in names


async def test_a_read_only_console_sends_nothing_but_rehearses(
    control: KubernetesControl, place: Place, write_mode: WriteMode
) -> None:
    write_mode.close()
    pod = await ready_pod(control, place, place.plain)
    container = SafeText(container_names(pod.body)[0])
    before = await control.read(place.deployment)
    change = merge(place.deployment, {"spec": {"replicas": 9}})
    for attempt in (control.send(change, "op"), control.execute(pod.ref, container, ["kill", "1"], "op")):
        error = await refused(attempt)
        assert (error.kind, error.sent) == (ErrorKind.REFUSED_WRITE, False)
    assert at((await control.rehearse(change)).body, "spec", "replicas") == 9
    assert at((await control.read(place.deployment)).body, "spec") == at(before.body, "spec")


# -- guards --------------------------------------------------------------------------------------


async def test_a_change_in_between_is_a_conflict_however_the_guard_is_written(
    control: KubernetesControl, place: Place
) -> None:
    ref = place.deployment
    stale = "1"
    guards = [
        Mutation(
            Verb.PATCH, ref, [{"op": "test", "path": "/metadata/generation", "value": 4711}], patch_type=PatchType.JSON
        ),
        Mutation(
            Verb.PATCH,
            ref,
            [{"op": "test", "path": "/metadata/resourceVersion", "value": stale}],
            patch_type=PatchType.JSON,
        ),
        merge(ref, {"metadata": {"resourceVersion": stale}, "spec": {"replicas": 4}}),
        Mutation(
            Verb.PATCH,
            ref,
            {"metadata": {"resourceVersion": stale}, "spec": {"replicas": 4}},
            patch_type=PatchType.STRATEGIC,
        ),
    ]
    for mutation in guards:
        assert (await refused(control.rehearse(mutation))).kind is ErrorKind.CONFLICT
        assert (await refused(control.send(mutation, "op"))).kind is ErrorKind.CONFLICT


async def test_what_is_not_there_yet_can_be_tested_for(control: KubernetesControl, place: Place) -> None:
    absent = [{"op": "test", "path": "/metadata/annotations/absent", "value": None}]
    await control.rehearse(Mutation(Verb.PATCH, place.deployment, absent, patch_type=PatchType.JSON))


async def test_a_change_that_is_not_valid_is_refused_in_the_servers_words(
    control: KubernetesControl, place: Place
) -> None:
    error = await refused(control.send(merge(place.deployment, {"spec": {"replicas": -2}}), "op"))
    assert error.kind is ErrorKind.UNPROCESSABLE
    assert "spec.replicas" in error.detail


async def test_a_pod_of_another_uid_is_neither_deleted_nor_evicted(control: KubernetesControl, place: Place) -> None:
    pod = (await ready_pod(control, place, place.plain)).ref
    guard = {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}
    deletion = Mutation(Verb.DELETE, pod, {"apiVersion": "v1", "kind": "DeleteOptions", **guard})
    assert (await refused(control.rehearse(deletion))).kind is ErrorKind.CONFLICT
    assert (await refused(control.send(deletion, "op"))).kind is ErrorKind.CONFLICT
    assert not is_ending((await control.read(pod)).body)


# -- evicting ------------------------------------------------------------------------------------


def eviction(pod: ObjectRef) -> Mutation:
    metadata = {"name": str(pod.name), "namespace": str(pod.namespace)}
    options = {"preconditions": {"uid": str(pod.uid)}}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, "deleteOptions": options}
    return Mutation(Verb.CREATE, pod, body, "eviction")


async def test_a_disruption_budget_refuses_an_eviction_and_is_named(control: KubernetesControl, place: Place) -> None:
    pod = (await ready_pod(control, place, place.budgeted)).ref
    for attempt in (control.rehearse(eviction(pod)), control.send(eviction(pod), "op")):
        error = await refused(attempt)
        assert error.kind is ErrorKind.THROTTLED
        assert "disruption budget" in error.detail
        assert place.budgeted in error.detail
        assert "healthy pods" in error.detail
    assert not is_ending((await control.read(pod)).body)


async def test_a_refused_eviction_is_seen_before_it_is_sent(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    pod = (await ready_pod(control, place, place.budgeted)).ref
    plan = await engine.check(Order(OperationKind.EVICT_POD, pod))
    assert any("disruption budget" in check.words for check in plan.blocked)


async def test_an_eviction_that_is_only_rehearsed_leaves_the_pod(control: KubernetesControl, place: Place) -> None:
    pod = (await ready_pod(control, place, place.shellless)).ref
    await control.rehearse(eviction(pod))
    assert not is_ending((await control.read(pod)).body)


async def test_an_evicted_pod_is_replaced_and_the_replacement_is_told(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    pod = (await ready_pod(control, place, place.shellless)).ref
    steps = await carried_out(engine, await engine.check(Order(OperationKind.EVICT_POD, pod)))
    assert steps[-1].state is S.VERIFIED, steps
    assert "has taken its place" in steps[-1].words
    assert (await refused(control.read(pod))).kind is ErrorKind.NOT_FOUND


# -- commands in containers ----------------------------------------------------------------------


async def test_a_command_tells_its_output_and_exit_code(control: KubernetesControl, place: Place) -> None:
    pod = await ready_pod(control, place, place.plain)
    container = SafeText(container_names(pod.body)[0])
    done = await control.execute(pod.ref, container, ["/bin/sh", "-c", "echo well"], "op")
    assert (done.exit_code, done.output, done.ran) == (0, "well", True)
    failed = await control.execute(pod.ref, container, ["/bin/sh", "-c", "exit 7"], "op")
    assert (failed.exit_code, failed.ran) == (7, True)


async def test_a_program_that_is_not_in_the_image_is_certainly_not_run(
    control: KubernetesControl, place: Place
) -> None:
    pod = await ready_pod(control, place, place.shellless)
    container = SafeText(container_names(pod.body)[0])
    for argv in (["kill", "1"], ["/bin/sh", "-c", "kill 1"]):
        executed = await control.execute(pod.ref, container, argv, "op")
        assert (executed.ran, executed.exit_code) == (False, None)
        assert argv[0] in executed.message


async def test_a_command_in_nothing_is_refused(control: KubernetesControl, place: Place) -> None:
    pod = await ready_pod(control, place, place.plain)
    error = await refused(control.execute(pod.ref, SafeText("nobody"), ["true"], "op"))
    assert error.kind is ErrorKind.UNPROCESSABLE
    assert "nobody" in error.detail
    gone = place.ref(Kind.POD, "nobody")
    assert (await refused(control.execute(gone, SafeText("app"), ["true"], "op"))).kind is ErrorKind.NOT_FOUND


async def test_kill_1_restarts_the_container_and_keeps_the_pod(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    pod = await ready_pod(control, place, place.steady)
    name = container_names(pod.body)[0]
    before = container_state(pod.body, name)
    plan = await engine.check(Order(OperationKind.RESTART_CONTAINER, pod.ref))
    steps = await carried_out(engine, plan)
    after = await control.read(pod.ref)
    state = container_state(after.body, name)
    assert before is not None
    assert state is not None
    assert (state.restarts, state.identity == before.identity) == (before.restarts + 1, False), steps
    assert at(after.body, "status", "podIP") == at(pod.body, "status", "podIP")
    # A release that never gets ready would be told as restarted, not ready; this pod was.
    assert steps[-1].state is S.VERIFIED, steps


async def test_a_container_without_kill_and_shell_says_so(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    pod = await ready_pod(control, place, place.shellless)
    steps = await carried_out(engine, await engine.check(Order(OperationKind.RESTART_CONTAINER, pod.ref)))
    assert steps[-1].state is S.REFUSED
    assert "could not be run" in steps[-1].words
    assert [(order.kind, order.target.name) for order in steps[-1].advice] == [(OperationKind.EVICT_POD, pod.ref.name)]


# -- workloads -----------------------------------------------------------------------------------


async def test_a_stuck_release_is_rolled_back_to_the_image_before(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    async def ill() -> Revision | None:
        current = next(one for one in await engine.revisions(place.deployment) if one.current)
        return current if current.ready < current.pods else None

    bad = await eventually(ill, "a pod of the bad release that is not ready")
    plan = await engine.check(Order(OperationKind.ROLL_BACK, place.deployment))
    assert plan.blocked == ()
    assert any(change.path.endswith(".image") for change in plan.changes)
    steps = await carried_out(engine, plan)
    assert steps[-1].state is S.VERIFIED, steps
    assert steps[-1].advice == (plan.way_back,)
    now = await engine.revisions(place.deployment)
    assert now[0].current
    assert now[0].number > bad.number
    assert now[0].containers != bad.containers
    assert now[0].ready == now[0].pods > 0
    assert [one.pods for one in now if one.number == bad.number] == [0]
    assert mark_in((await control.read(place.deployment)).body) == plan.id
    again = await engine.check(Order(OperationKind.ROLL_BACK, place.deployment, revision=now[0].number))
    assert "nothing to change" in again.blocked[0].words


async def test_a_change_between_check_and_confirmation_is_refused_and_not_sent_again(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    before = whole_number_at((await control.read(place.deployment)).body, "spec", "replicas")
    plan = await engine.check(Order(OperationKind.ROLLING_RESTART, place.deployment))
    await control.send(merge(place.deployment, {"spec": {"replicas": before + 1}}), "someone-else")
    steps = await carried_out(engine, plan)
    assert steps[-1].state is S.REFUSED
    assert "changed in between" in steps[-1].words
    live = await control.read(place.deployment)
    assert mark_in(live.body) != plan.id
    await control.send(merge(place.deployment, {"spec": {"replicas": before}}), "someone-else")


async def test_a_status_that_moves_is_no_change_in_between(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    before = whole_number_at((await control.read(place.deployment)).body, "spec", "replicas")
    await applied(engine, Order(OperationKind.SCALE, place.deployment, replicas=before + 1))
    plan = await engine.check(Order(OperationKind.SCALE, place.deployment, replicas=before))
    pod = (await ready_pod(control, place, place.plain)).ref
    await control.send(Mutation(Verb.DELETE, pod, {"apiVersion": "v1", "kind": "DeleteOptions"}), "someone-else")

    async def moved() -> LiveObject | None:
        live = await control.read(place.deployment)
        return live if live.ref.resource_version != plan.target.resource_version else None

    await eventually(moved, "a status that moved")
    await applied_plan(engine, plan)
    assert at((await control.read(place.deployment)).body, "spec", "replicas") == before


async def test_a_rolling_restart_stamps_the_template(control: KubernetesControl, engine: Engine, place: Place) -> None:
    steps = await applied(engine, Order(OperationKind.ROLLING_RESTART, place.deployment))
    template = mapping_at((await control.read(place.deployment)).body, "spec", "template", "metadata", "annotations")
    assert str(template["kubectl.kubernetes.io/restartedAt"]).endswith("Z")
    assert steps[-1].state is S.APPLIED


async def test_a_paused_rollout_is_neither_restarted_nor_rolled_back_until_it_is_resumed(
    control: KubernetesControl, engine: Engine, place: Place
) -> None:
    await applied(engine, Order(OperationKind.PAUSE_ROLLOUT, place.deployment))
    for kind in (OperationKind.ROLLING_RESTART, OperationKind.ROLL_BACK, OperationKind.PAUSE_ROLLOUT):
        plan = await engine.check(Order(kind, place.deployment))
        assert "paused" in plan.blocked[0].words
    await applied(engine, Order(OperationKind.RESUME_ROLLOUT, place.deployment))
    assert not at((await control.read(place.deployment)).body, "spec", "paused")


async def test_a_node_is_cordoned_and_uncordoned(control: KubernetesControl, engine: Engine) -> None:
    node = (await control.find(Kind.NODE, SafeText("")))[0].ref
    steps = await carried_out(engine, await engine.check(Order(OperationKind.CORDON, node)))
    assert steps[-1].state is S.VERIFIED
    assert at((await control.read(node)).body, "spec", "unschedulable") is True
    (back,) = steps[-1].advice
    steps = await carried_out(engine, await engine.check(back))
    assert steps[-1].state is S.VERIFIED
    assert not at((await control.read(node)).body, "spec", "unschedulable")


async def test_a_pod_leads_to_the_deployment_above_it(control: KubernetesControl, engine: Engine, place: Place) -> None:
    pod = await ready_pod(control, place, place.plain)
    above = await engine.workload_of(pod.ref)
    assert above is not None
    assert (above.kind, above.name) == (Kind.DEPLOYMENT, place.plain)


# -- what takes real containers ------------------------------------------------------------------


@pytest.mark.kubernetes
async def test_a_process_that_ignores_the_signal_is_reported_and_eviction_advised(
    kubernetes: Cluster, namespace: str, real_engine: Engine
) -> None:
    kubernetes.api.apply(
        workloads.deployment("stubborn", workloads.container("go-web-app:stubborn"), replicas=1), namespace
    )
    kubernetes.wait_for_rollout("stubborn", namespace)
    (pod,) = kubernetes.pods(namespace, "app.kubernetes.io/name=stubborn")
    ref = ObjectRef(Kind.POD, SafeText(namespace), SafeText(pod["metadata"]["name"]))
    steps = await carried_out(real_engine, await real_engine.check(Order(OperationKind.RESTART_CONTAINER, ref)))
    assert steps[-1].state is S.UNVERIFIED
    assert "signal ignored" in steps[-1].words
    assert [order.kind for order in steps[-1].advice] == [OperationKind.EVICT_POD]


@pytest.mark.kubernetes
@pytest.mark.parametrize("kind", [Kind.STATEFUL_SET, Kind.DAEMON_SET], ids=lambda kind: kind.value)
async def test_a_bad_release_of_the_other_workloads_is_rolled_back_even_where_a_broken_pod_is_in_the_way(
    kubernetes: Cluster, namespace: str, real_engine: Engine, kind: Kind
) -> None:
    made = {Kind.STATEFUL_SET: workloads.stateful_set, Kind.DAEMON_SET: workloads.daemon_set}[kind]
    kubernetes.api.apply(made("db", workloads.container("go-web-app:v1")), namespace)
    path = f"{kind.api_path}/namespaces/{namespace}/{kind.plural}/db"
    kubernetes.api.until(path, lambda body: rollout_status(kind, body).done, "db rolled out")
    kubernetes.api.apply(made("db", workloads.container("go-web-app:v3")), namespace)

    def released() -> bool:
        images = [
            pod["spec"]["containers"][0]["image"] for pod in kubernetes.pods(namespace, "app.kubernetes.io/name=db")
        ]
        return "go-web-app:v3" in images

    until(released, "a pod of the bad release")
    plan = await real_engine.check(Order(OperationKind.ROLL_BACK, ObjectRef(kind, SafeText(namespace), SafeText("db"))))
    steps: list[Step] = []
    async for step in real_engine.carry_out(plan):
        steps.append(step)
        if step.advice and not step.state.final:
            (deletion,) = step.advice
            assert deletion.kind is OperationKind.DELETE_POD
            assert (await carried_out(real_engine, await real_engine.check(deletion)))[-1].state is S.VERIFIED
    assert steps[-1].state is S.VERIFIED, steps
    now = await real_engine.revisions(plan.target)
    assert [container.image for container in now[0].containers] == ["go-web-app:v1"]
    assert now[0].ready == now[0].pods > 0
