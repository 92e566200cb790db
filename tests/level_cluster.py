"""Pods whose processes have a log level each, behind `ClusterControl`; they fail as they are told."""
# ruff: noqa: ARG002  - stand-ins take all that the protocols give

from __future__ import annotations

from collections.abc import Callable

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import Access
from opsconsole.write_mode import ReadOnlyError, WriteMode

CHECKOUT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
HANDLER = "log level handler"


def pod_named(name: str) -> ObjectRef:
    return ObjectRef(Kind.POD, SafeText("shop"), SafeText(name))


class LevelCluster:
    """The Deployment `checkout` with pods `a`, `b` and `c` at info. `failing` are pods that do not answer, and why.

    `sent` has every level that was set as (pod, level); `lost` pods take a level and their answer gets lost, `deaf`
    ones do not even take it.
    """

    def __init__(self, mode: WriteMode, names: str = "abc") -> None:
        self.mode = mode
        self.levels = dict.fromkeys(names, "info")
        self.uids = {name: f"uid-{name}" for name in names}
        self.unready: set[str] = set()
        self.failing: dict[str, ErrorKind] = {}
        self.lost: set[str] = set()
        self.deaf: set[str] = set()
        self.away = False
        self.allowed = True
        self.id = "cluster-1"
        self.sent: list[tuple[str, str]] = []
        self.before_sending: Callable[[str], None] = lambda _: None

    async def identity(self) -> SafeText:
        self._check()
        return SafeText("jane")

    async def cluster_id(self) -> SafeText:
        self._check()
        return SafeText(self.id)

    async def read(self, ref: ObjectRef) -> LiveObject:
        self._check()
        if ref.kind is Kind.DEPLOYMENT:
            body: JsonObject = {"metadata": {"name": "checkout"}, "spec": {"selector": {}, "replicas": 3}}
            return LiveObject(ObjectRef(ref.kind, ref.namespace, ref.name, SafeText("uid-checkout")), body)
        uid = self.uids.get(ref.name)
        if uid is None or ref.uid not in ("", uid):
            raise SourceError(ErrorKind.NOT_FOUND, "kubernetes")
        return self._pod(ref.name)

    async def find(self, kind: Kind, namespace: SafeText, selector: JsonObject | None = None) -> tuple[LiveObject, ...]:
        self._check()
        return tuple(self._pod(name) for name in self.levels) if kind is Kind.POD else ()

    async def log_level(self, pod: LiveObject) -> SafeText:
        self._check()
        kind = self.failing.get(pod.ref.name)
        if kind is not None:
            raise SourceError(kind, HANDLER, SafeText(pod.ref.name))
        return SafeText(self.levels[pod.ref.name])

    async def may_set_log_level(self, pod: LiveObject) -> Access:
        return Access(self.allowed, SafeText("update pods/proxy in shop"))

    async def set_log_level(
        self, pod: LiveObject, level: SafeText, operation: str, *, putting_back: bool = False
    ) -> SafeText:
        self._check()
        body = {"level": level}
        try:
            if putting_back:
                permit = self.mode.permit_putting_back("PUT", pod.ref.name, operation, body)
            else:
                permit = self.mode.permit("PUT", pod.ref.name, operation, body)
        except ReadOnlyError as error:
            raise SourceError(ErrorKind.REFUSED_WRITE, "kubernetes", sent=False) from error
        assert self.mode.spend(permit, "PUT", pod.ref.name, body)
        self.before_sending(operation)
        if pod.ref.name in self.deaf:
            raise SourceError(ErrorKind.TIMEOUT, HANDLER)
        self.sent.append((pod.ref.name, level))
        self.levels[pod.ref.name] = level
        if pod.ref.name in self.lost:
            raise SourceError(ErrorKind.TIMEOUT, HANDLER)
        return level

    def _check(self) -> None:
        if self.away:
            raise SourceError(ErrorKind.UNREACHABLE, "kubernetes", sent=False)

    def _pod(self, name: str) -> LiveObject:
        ready = "False" if name in self.unready else "True"
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}
        ref = ObjectRef(Kind.POD, SafeText("shop"), SafeText(name), SafeText(self.uids[name]))
        return LiveObject(ref, {"metadata": {"name": name, "uid": self.uids[name]}, "status": status})
