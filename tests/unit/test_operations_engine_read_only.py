"""A server that records everything sees no change asked for by a read-only console, whatever is asked of its engine."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import OperationKind, OperationState, Order
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.chain import read
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.control import Mutation, PatchType, Verb
from opsconsole.operations.engine import Engine
from opsconsole.operations.procedures.catalogue import catalogue
from opsconsole.operations.trail import Trail
from opsconsole.sources.kubernetes.control import KubernetesControl
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from opsconsole.write_mode import ReadOnlyError, WriteMode
from practice_shop import Drill

EVERYWHERE = SafeText("")


class Recorder(httpx.AsyncBaseTransport):
    """Hands every request to the practice cluster and keeps those that are more than a question."""

    def __init__(self, drill: Drill) -> None:
        self._client = drill.kubernetes
        self.asked = 0
        self.rehearsed: list[str] = []
        self.changing: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        path = request.url.path
        if request.method == "GET":
            if path.endswith(("/exec", "/attach", "/portforward")):
                self.changing.append(f"{request.method} {path}")
        elif request.url.params.get_list("dryRun") == ["All"]:
            self.rehearsed.append(f"{request.method} {path}")
        elif not path.endswith(("selfsubjectaccessreviews", "selfsubjectreviews")):
            self.changing.append(f"{request.method} {path}")
        answer = await self._client.request(
            request.method, str(request.url.copy_with(host="practice")), content=await request.aread(),
            headers={name: value for name, value in request.headers.items() if name != "host"},
        )  # fmt: skip
        return httpx.Response(answer.status_code, content=answer.content, headers={"content-type": "application/json"})


class Console:
    """A console on the practice cluster, the wire recorded."""

    def __init__(self, folder: Path) -> None:
        drill = Drill("bad-release")
        self.clock = FakeClock(drill.clock.now())
        self.mode = WriteMode(self.clock)
        self.recorder = Recorder(drill)
        wire = Wire(
            "kubernetes",
            SourceSettings("http://practice"),
            self.clock,
            KUBERNETES_READS,
            write_mode=self.mode,
            transport=self.recorder,
        )

        async def connected() -> Wire:
            return wire

        self.control = KubernetesControl(connected, self.mode)
        self.log = AuditLog(folder / "prod.jsonl")
        trail = Trail(self.log, self.clock, cluster=SafeText("prod"), operator=SafeText("op"))
        self.engine = Engine(self.control, catalogue(self.clock), trail, self.clock, self.mode)

    async def one(self, kind: Kind) -> ObjectRef:
        return (await self.control.find(kind, EVERYWHERE))[0].ref


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


async def every_order(console: Console) -> list[Order]:
    """One order of every kind on every kind of object that takes it."""
    orders: list[Order] = []
    for kind in (Kind.POD, Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.NODE):
        ref = await console.one(kind)
        container = SafeText(ref.name.split("-")[0])
        orders += [Order(ordered, ref, container=container, replicas=2) for ordered in console.engine.kinds_for(ref)]
    return orders


async def test_nothing_that_is_asked_of_the_engine_changes_anything(console: Console) -> None:
    orders = await every_order(console)
    assert {order.kind for order in orders} == set(OperationKind) - {OperationKind.RUN_COMMAND}
    pod = await console.one(Kind.POD)
    workload = await console.engine.workload_of(pod)
    assert workload is not None
    await console.engine.revisions(workload)
    for plan in await console.engine.choices(pod, SafeText("checkout")):
        assert [step.state async for step in console.engine.carry_out(plan)] == [OperationState.REFUSED]
    for order in orders:
        plan = await console.engine.check(order)
        assert [step.state async for step in console.engine.carry_out(plan, plan.target.name)] == [
            OperationState.REFUSED
        ]
    await console.engine.reconcile()
    assert await console.engine.finish()
    assert console.recorder.changing == []
    assert console.recorder.rehearsed
    assert not console.log.path.exists() or read(console.log.path) == ()


async def test_neither_does_what_is_asked_below_the_engine(console: Console) -> None:
    ref = await console.one(Kind.DEPLOYMENT)
    pod = await console.one(Kind.POD)
    mutations = [
        Mutation(Verb.PATCH, ref, {"spec": {"replicas": 0}}, patch_type=PatchType.MERGE),
        Mutation(Verb.DELETE, pod, {}),
        Mutation(Verb.CREATE, pod, {"kind": "Eviction"}, subresource="eviction"),
    ]
    for mutation in mutations:
        with pytest.raises((SourceError, ReadOnlyError)) as caught:
            await console.control.send(mutation, "op-1")
        assert not isinstance(caught.value, SourceError) or caught.value.kind is ErrorKind.REFUSED_WRITE
    with pytest.raises((SourceError, ReadOnlyError)):
        await console.control.execute(pod, SafeText("checkout"), ("kill", "1"), "op-1")
    assert console.recorder.changing == []


async def test_the_same_orders_do_change_something_in_write_mode(console: Console) -> None:
    console.mode.open()
    plan = await console.engine.check(Order(OperationKind.SCALE, await console.one(Kind.DEPLOYMENT), replicas=1))
    assert plan.blocked == ()
    steps = console.engine.carry_out(plan)
    states = [step.state async for step in _until_applied(steps)]
    assert states[-1] is OperationState.APPLIED
    assert len(console.recorder.changing) == 1
    await steps.aclose()
    await console.engine.finish()


async def _until_applied(steps: object) -> object:
    async for step in steps:
        yield step
        if step.state in (OperationState.APPLIED, OperationState.REFUSED, OperationState.UNKNOWN):
            return
