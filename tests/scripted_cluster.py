"""A cluster of plain objects behind `ClusterControl`, which fails as it is told, and two small procedures for it."""
# ruff: noqa: ARG001, ARG002  - stand-ins take all that the protocols give

from __future__ import annotations

import copy
import enum
from collections.abc import AsyncIterator, Callable, Sequence

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Check, OperationKind, OperationState, Order, Revision, Step, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import Access, Executed, Mutation, PatchType, Verb
from opsconsole.operations.procedure import Catalogue, Command, Draft, Intent
from opsconsole.write_mode import WriteMode

MARK = "opsconsole.io/operation"
KUBERNETES = "kubernetes"
DEPLOYMENT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
POD = ObjectRef(Kind.POD, SafeText("shop"), SafeText("checkout-1"))


class Fault(enum.Enum):
    """What happens to one request that changes something."""

    NONE = "none"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    BUDGET = "budget"
    NOT_SENT = "not sent"
    LOST_BEFORE = "lost before it arrived"
    LOST_AFTER = "lost after it was applied"
    LATE = "arrives after the answer was given up"
    ERROR_BEFORE = "500, not applied"
    ERROR_AFTER = "500, applied"


REFUSALS = {
    Fault.CONFLICT: ErrorKind.CONFLICT,
    Fault.FORBIDDEN: ErrorKind.FORBIDDEN,
    Fault.INVALID: ErrorKind.UNPROCESSABLE,
    Fault.BUDGET: ErrorKind.THROTTLED,
}
APPLIES = frozenset({Fault.NONE, Fault.LOST_AFTER, Fault.LATE, Fault.ERROR_AFTER})


def workload(name: str = "checkout", replicas: int = 3) -> JsonObject:
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "1"},
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": name}}}},
        "status": {"readyReplicas": replicas},
    }


def pod(name: str = "checkout-1", app: str = "checkout") -> JsonObject:
    labels = {"app": app}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "1", "labels": labels},
        "status": {"restarts": 0, "killed": []},
    }


class ScriptedCluster:
    """Objects by kind and name. `faults` are taken one for each request that changes something, then none follow."""

    def __init__(self, write_mode: WriteMode, now: Callable[[], float]) -> None:
        self.objects: dict[tuple[Kind, str], JsonObject] = {
            (Kind.DEPLOYMENT, "checkout"): workload(),
            (Kind.POD, "checkout-1"): pod(),
        }
        self.write_mode = write_mode
        self.now = now
        self.faults: list[Fault] = []
        self.sent: list[str] = []
        """Operations whose change left the console, one entry for each time."""
        self.applied: list[str] = []
        self.late: list[tuple[float, Callable[[], object]]] = []
        self.away = False
        self.id = SafeText("cluster-a")
        self.denied: set[Verb | str] = set()
        self.rehearsal: SourceError | None = None
        self.executed: list[Executed] = []
        self.before_send: Callable[[str], None] = lambda _: None

    async def identity(self) -> SafeText:
        self._ask()
        return SafeText("jane@example.com")

    async def cluster_id(self) -> SafeText:
        self._ask()
        return self.id

    async def may(self, mutation: Mutation) -> Access:
        self._ask()
        target = mutation.target
        needed = SafeText(f"{mutation.verb.value} {target.kind.plural} in {target.namespace}")
        return Access(mutation.verb not in self.denied, needed)

    async def may_exec(self, pod: ObjectRef) -> Access:
        self._ask()
        return Access("exec" not in self.denied, SafeText(f"create pods/exec in {pod.namespace}"))

    async def read(self, ref: ObjectRef) -> LiveObject:
        self._ask()
        return self._live(ref)

    def _live(self, ref: ObjectRef) -> LiveObject:
        body = self.objects.get((ref.kind, ref.name))
        metadata = body.get("metadata") if body else None
        if body is None or not isinstance(metadata, dict) or (ref.uid and metadata["uid"] != ref.uid):
            raise SourceError(ErrorKind.NOT_FOUND, KUBERNETES)
        live = ObjectRef(ref.kind, ref.namespace, ref.name, metadata["uid"], metadata["resourceVersion"])
        return LiveObject(live, copy.deepcopy(body))

    async def find(self, kind: Kind, namespace: SafeText, selector: JsonObject | None = None) -> tuple[LiveObject, ...]:
        self._ask()
        names = [name for found, name in self.objects if found is kind]
        return tuple([await self.read(ObjectRef(kind, namespace, SafeText(name))) for name in names])

    async def rehearse(self, mutation: Mutation) -> LiveObject:
        self._ask()
        if self.rehearsal is not None:
            raise self.rehearsal
        live = await self.read(mutation.target)
        _merge(live.body, mutation.body)
        return live

    async def events(self, ref: ObjectRef) -> tuple[LiveObject, ...]:
        return ()

    async def send(self, mutation: Mutation, operation: str) -> LiveObject:
        def apply() -> object:
            body = self.objects[mutation.target.kind, mutation.target.name]
            if mutation.target.resource_version != body["metadata"]["resourceVersion"]:
                raise SourceError(ErrorKind.CONFLICT, KUBERNETES)
            _merge(body, mutation.body)
            body["metadata"]["resourceVersion"] = str(int(body["metadata"]["resourceVersion"]) + 1)
            self.applied.append(operation)
            return body

        self._change(operation, apply)
        return self._live(mutation.target)

    async def execute(self, pod: ObjectRef, container: SafeText, argv: Sequence[str], operation: str) -> Executed:
        scripted = self.executed.pop(0) if self.executed else Executed(0, SafeText(""))

        def apply() -> object:
            status = self.objects[pod.kind, pod.name]["status"]
            status["restarts"] += 1
            status["killed"].append(list(argv))
            self.applied.append(operation)
            return status

        self._change(operation, apply if scripted.ran else lambda: None)
        return scripted

    def _ask(self) -> None:
        due = [action for at, action in self.late if at <= self.now()]
        self.late = [(at, action) for at, action in self.late if at > self.now()]
        for action in due:
            try:
                action()
            except SourceError:
                continue  # its answer goes nowhere
        if self.away:
            raise SourceError(ErrorKind.UNREACHABLE, KUBERNETES, sent=False)

    def _change(self, operation: str, apply: Callable[[], object]) -> None:
        if not self.write_mode.is_open:
            raise SourceError(ErrorKind.REFUSED_WRITE, KUBERNETES, sent=False)
        self.before_send(operation)
        self.sent.append(operation)
        fault = self.faults.pop(0) if self.faults else Fault.NONE
        if fault in REFUSALS:
            raise SourceError(REFUSALS[fault], KUBERNETES, SafeText(fault.value))
        if fault is Fault.NOT_SENT:
            raise SourceError(ErrorKind.UNREACHABLE, KUBERNETES, sent=False)
        if fault is Fault.LATE:
            self.late.append((self.now() + 40.0, apply))
        elif fault in APPLIES:
            apply()
        if fault in (Fault.ERROR_BEFORE, Fault.ERROR_AFTER):
            raise SourceError(ErrorKind.SERVER, KUBERNETES, SafeText("etcdserver: request timed out"))
        if fault is not Fault.NONE:
            raise SourceError(ErrorKind.TIMEOUT, KUBERNETES)


def _merge(into: JsonObject, patch: object) -> None:
    for key, value in patch.items() if isinstance(patch, dict) else ():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


class Scaling:
    """Sets `spec.replicas`, and leaves the operation's id in an annotation."""

    kind = OperationKind.SCALE
    targets = frozenset({Kind.DEPLOYMENT})

    def __init__(self, end: OperationState = OperationState.VERIFIED) -> None:
        self.end = end
        self.watch_errors: list[SourceError] = []

    async def draft(self, control: object, order: Order, live: LiveObject, operation: str) -> Draft:
        if order.replicas is None:
            blocked = Check(SafeText("Number"), Verdict.BLOCKED, SafeText("no number is given"))
            return Draft(None, SafeText("scale"), SafeText(""), SafeText(""), checks=(blocked,))
        body = {"metadata": {"annotations": {MARK: operation}}, "spec": {"replicas": order.replicas}}
        now = live.body["spec"]["replicas"]
        return Draft(
            Mutation(Verb.PATCH, live.ref, body, patch_type=PatchType.MERGE),
            SafeText(f"scale {live.ref.words} to {order.replicas}"),
            SafeText("nothing stops"),
            SafeText(f"scale to {now}"),
            way_back=Order(OperationKind.SCALE, order.target, replicas=now),
            before=SafeText(str(now)),
            after=SafeText(str(order.replicas)),
        )

    async def settled(self, control: ScriptedCluster, intent: Intent) -> bool | None:
        live = await control.read(intent.target)
        return live.body["metadata"].get("annotations", {}).get(MARK) == intent.operation

    async def watch(self, control: ScriptedCluster, intent: Intent, clock: object) -> AsyncIterator[Step]:
        if self.watch_errors:
            raise self.watch_errors.pop(0)
        await control.read(intent.target)
        yield Step(OperationState.APPLIED, control.now(), SafeText("1 of 2"), done=0.5)
        way_back = Order(OperationKind.SCALE, intent.target, replicas=3)
        yield Step(self.end, control.now(), SafeText("2 of 2"), done=1.0, advice=(way_back,))


class Killing:
    """Runs `kill 1`, then the same through a shell."""

    kind = OperationKind.RESTART_CONTAINER
    targets = frozenset({Kind.POD})

    async def draft(self, control: object, order: Order, live: LiveObject, operation: str) -> Draft:
        attempts = (("kill", "1"), ("/bin/sh", "-c", "kill 1"))
        return Draft(
            Command(live.ref, order.container, attempts),
            SafeText("kill 1"),
            SafeText("the container is away for seconds"),
            SafeText(""),
            baseline={"restarts": str(live.body["status"]["restarts"])},
        )

    async def settled(self, control: ScriptedCluster, intent: Intent) -> bool | None:
        live = await control.read(intent.target)
        return str(live.body["status"]["restarts"]) != intent.baseline["restarts"]

    async def watch(self, control: ScriptedCluster, intent: Intent, clock: object) -> AsyncIterator[Step]:
        yield Step(OperationState.VERIFIED, control.now(), SafeText("restarted"))


async def workload_of(control: ScriptedCluster, ref: ObjectRef) -> ObjectRef | None:
    return DEPLOYMENT if ref.kind is Kind.POD else ref


async def revisions(control: ScriptedCluster, ref: ObjectRef) -> tuple[Revision, ...]:
    return ()


def catalogue(*procedures: object) -> Catalogue:
    return Catalogue(procedures or (Scaling(), Killing()), workload_of, revisions)
