"""Single objects of the API server, read afresh and changed: what operations stand on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import Access, Executed, Mutation, PatchType, Verb
from opsconsole.operations.json_path import mapping_at, objects_at, text_at
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.access_review import (
    IDENTITY_REVIEW,
    REVIEWS,
    WHO_AM_I,
    access_in,
    review_of,
)
from opsconsole.sources.kubernetes.api_paths import collection_path, object_path, selector_text
from opsconsole.sources.kubernetes.exec_stream import SUBPROTOCOLS, ExecStream
from opsconsole.sources.kubernetes.listing import PAGE_SIZE, PAGES_READ
from opsconsole.sources.kubernetes.pod_levels import PodLevels
from opsconsole.sources.kubernetes.refusals import refusal, refused_handshake
from opsconsole.sources.wire import Answer, Wire
from opsconsole.write_mode import Permit, ReadOnlyError, WriteMode

NAME = SourceName.KUBERNETES.value
FIELD_MANAGER = "opsconsole"
SYSTEM_NAMESPACE = "/api/v1/namespaces/kube-system"
REFUSED = range(400, 600)
METHODS = {Verb.PATCH: "PATCH", Verb.DELETE: "DELETE", Verb.CREATE: "POST"}


class KubernetesControl:
    """`ClusterControl` over a wire. `connected` gives the wire of now, opened with the write mode given here."""

    def __init__(
        self, connected: Callable[[], Awaitable[Wire]], write_mode: WriteMode, levels: PodLevels | None = None
    ) -> None:
        """Nothing is sent. `levels` finds log level handlers; without it there are none."""
        self._connected = connected
        self._write_mode = write_mode
        self._levels = levels or PodLevels(None, connected, _nowhere)
        self._cluster_id: SafeText | None = None

    async def identity(self) -> SafeText:
        """The user name the API server takes us for; empty before Kubernetes 1.28, which can't say."""
        answer = await self._ask("POST", WHO_AM_I, json=IDENTITY_REVIEW, absent=True)
        return safe_text(text_at(answer, "status", "userInfo", "username"), 256)

    async def cluster_id(self) -> SafeText:
        """The uid of namespace kube-system, empty where it may not be read. A failure is asked about again."""
        if self._cluster_id is None:
            wire = await self._connected()
            answer = await wire.request("GET", SYSTEM_NAMESPACE, accept=REFUSED)
            unknown = answer.status in (403, 404)
            self._cluster_id = safe_text("" if unknown else text_at(_checked(answer), "metadata", "uid"), 128)
        return self._cluster_id

    async def may(self, mutation: Mutation) -> Access:
        """SelfSubjectAccessReview for exactly that verb, resource, subresource, namespace and name."""
        return await self._reviewed(mutation.verb.value, mutation.target, mutation.subresource)

    async def may_exec(self, pod: ObjectRef) -> Access:
        """As `may`, for `pods/exec`: `create`, and `get` as well, since a WebSocket is opened by a GET.

        Servers before Kubernetes 1.35 look at `get` alone; whoever may not `create` is refused here all the same.
        """
        access = await self._reviewed("create", pod, "exec")
        if not access.allowed:
            return access
        further = await self._reviewed("get", pod, "exec")
        return access if further.allowed else further

    async def read(self, ref: ObjectRef) -> LiveObject:
        """The object as it is now. NOT_FOUND when it is gone, or another has its name."""
        live = _live(ref, await self._ask("GET", object_path(ref)))
        if ref.uid and live.ref.uid != ref.uid:
            words = safe_text(f"{ref.words} is another object of the same name by now", 600)
            raise SourceError(ErrorKind.NOT_FOUND, NAME, words, hint="look again, then decide anew")
        return live

    async def find(self, kind: Kind, namespace: SafeText, selector: JsonObject | None = None) -> tuple[LiveObject, ...]:
        """Objects of `namespace` (empty: of all) that a LabelSelector selects; None selects all."""
        chosen = "" if selector is None else selector_text(selector, NAME)
        return await self._listed(kind, namespace, {"labelSelector": chosen} if chosen else {})

    async def rehearse(self, mutation: Mutation) -> LiveObject:
        """The object as the mutation would leave it (`dryRun=All`); nothing is stored."""
        wire = await self._connected()
        answer = await wire.request(
            METHODS[mutation.verb],
            object_path(mutation.target, mutation.subresource),
            params={**_params(mutation), "dryRun": "All"},
            json=_rehearsed_body(mutation),
            headers=_headers(mutation),
            accept=REFUSED,
        )
        return _live(mutation.target, _checked(answer, mutation))

    async def send(self, mutation: Mutation, operation: str) -> LiveObject:
        """Do it, once. `operation` is the id it was recorded under. REFUSED_WRITE while write mode is closed."""
        wire = await self._connected()
        method, path = METHODS[mutation.verb], object_path(mutation.target, mutation.subresource)
        answer = await wire.request(
            method,
            path,
            params=_params(mutation),
            json=mutation.body,
            headers=_headers(mutation),
            accept=REFUSED,
            permit=self._permit(method, path, operation),
        )
        return _live(mutation.target, _checked(answer, mutation))

    async def execute(self, pod: ObjectRef, container: SafeText, argv: Sequence[str], operation: str) -> Executed:
        """Run `argv` (no shell) in the container, within the request's deadline.

        What goes wrong once the connection is open is told as an exit code that is not known: a command that
        ends its own container takes the connection along.
        """
        wire = await self._connected()
        path = object_path(pod, "exec")
        asked = [("container", str(container)), ("stdout", "true"), ("stderr", "true")]
        asked += [("command", part) for part in argv]
        stream = ExecStream()
        permit = self._permit("GET", path, operation)
        opened = False
        try:
            async with wire.websocket(path, params=asked, subprotocols=SUBPROTOCOLS, permit=permit) as websocket:
                opened = True
                while not stream.told and (message := await websocket.receive()) is not None:
                    stream.take(message)
        except SourceError as error:
            if not opened:
                raise refused_handshake(error) from error
        return stream.executed()

    async def events(self, ref: ObjectRef) -> tuple[LiveObject, ...]:
        """Events about the object, oldest first."""
        fields = {"involvedObject.uid": ref.uid} if ref.uid else {"involvedObject.name": ref.name}
        fields["involvedObject.kind"] = SafeText(ref.kind.value)
        chosen = ",".join(f"{name}={_field_value(value)}" for name, value in fields.items())
        found = await self._listed(Kind.EVENT, ref.namespace, {"fieldSelector": chosen})
        return tuple(sorted(found, key=_moment))

    async def log_level(self, pod: LiveObject) -> SafeText:
        """The level at which the pod's process logs, as its own handler tells."""
        return await self._levels.level(pod)

    async def may_set_log_level(self, pod: LiveObject) -> Access:
        """As `may`, for `update pods/proxy`, which a PUT through the proxy needs; a handler elsewhere asks nobody."""
        proxied = self._levels.place(pod).proxied
        if proxied is None:
            return Access(True, SafeText("not asked: the handler has an address of its own"))
        return await self._reviewed("update", proxied, "proxy")

    async def set_log_level(
        self, pod: LiveObject, level: SafeText, operation: str, *, putting_back: bool = False
    ) -> SafeText:
        """Set it, once, and return the level that the handler tells then."""

        def permit(method: str, path: str, body: object) -> Permit:
            if putting_back:
                return self._write_mode.permit_putting_back(method, path, operation, body)
            return self._permit(method, path, operation, body)

        return await self._levels.set(pod, level, permit)

    async def _reviewed(self, verb: str, ref: ObjectRef, subresource: str) -> Access:
        answer = await self._ask("POST", REVIEWS, json=review_of(verb, ref, subresource))
        return access_in(answer, verb, ref, subresource)

    async def _listed(self, kind: Kind, namespace: SafeText, params: dict[str, str]) -> tuple[LiveObject, ...]:
        found: list[LiveObject] = []
        further = ""
        for _ in range(PAGES_READ):
            wanted = {**params, "limit": str(PAGE_SIZE)} | ({"continue": further} if further else {})
            page = await self._ask("GET", collection_path(kind, namespace), params=wanted)
            anyone = ObjectRef(kind, namespace, SafeText(""))
            found += [_live(anyone, item) for item in objects_at(page, "items")]
            further = text_at(page, "metadata", "continue")
            if not further:
                return tuple(found)
        words = safe_text(f"more than {len(found)} {kind.plural}", 200)
        raise SourceError(ErrorKind.TOO_LARGE, NAME, words)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        json: object = None,
        absent: bool = False,
    ) -> JsonObject:
        """The object of a question that changes nothing; with `absent`, an empty one where there is no such address."""
        wire = await self._connected()
        answer = await wire.request(method, path, params=params or {}, json=json, accept=REFUSED)
        return {} if absent and answer.status == 404 else _checked(answer)

    def _permit(self, method: str, path: str, operation: str, body: object = None) -> Permit:
        try:
            return self._write_mode.permit(method, path, operation, body)
        except ReadOnlyError as error:
            raise SourceError(ErrorKind.REFUSED_WRITE, NAME, safe_text(f"{method} {path}", 300), sent=False) from error


def _nowhere(origin: str, path: str) -> Wire:
    raise SourceError(ErrorKind.CONFIGURATION, NAME, safe_text(f"no wire to {origin}{path}", 300), sent=False)


def _checked(answer: Answer, mutation: Mutation | None = None) -> JsonObject:
    if answer.status >= 400:
        raise refusal(answer, guarded=mutation is not None and _has_test(mutation))
    return answer.decode(dict[str, object])


def _has_test(mutation: Mutation) -> bool:
    tests = mutation.body if isinstance(mutation.body, list) else []
    return mutation.patch_type is PatchType.JSON and any(text_at(one, "op") == "test" for one in tests)


def _live(ref: ObjectRef, body: JsonObject) -> LiveObject:
    """`body` by its own name; answers that are a Status stand for the object asked for."""
    metadata = mapping_at(body, "metadata")
    if text_at(body, "kind") == "Status" or not text_at(metadata, "name"):
        return LiveObject(ref, body)
    found = ObjectRef(
        ref.kind,
        safe_text(text_at(metadata, "namespace"), 256),
        safe_text(text_at(metadata, "name"), 256),
        safe_text(text_at(metadata, "uid"), 128),
        safe_text(text_at(metadata, "resourceVersion"), 128),
    )
    return LiveObject(found, body)


def _params(mutation: Mutation) -> dict[str, str]:
    return {"fieldManager": FIELD_MANAGER} if mutation.verb is Verb.PATCH else {}


def _headers(mutation: Mutation) -> dict[str, str]:
    return {"Content-Type": mutation.patch_type.value} if mutation.patch_type is not None else {}


def _rehearsed_body(mutation: Mutation) -> object:
    """The body with `dryRun` wherever the server looks for it first (apiserver `handlers/delete.go`, `eviction.go`)."""
    body = mutation.body
    if mutation.verb is Verb.DELETE and isinstance(body, dict):
        return {**body, "dryRun": ["All"]}
    if mutation.verb is Verb.CREATE and isinstance(body, dict) and "deleteOptions" in body:
        return {**body, "deleteOptions": {**mapping_at(body, "deleteOptions"), "dryRun": ["All"]}}
    return body


def _field_value(value: str) -> str:
    """Escaped as `fields.EscapeValue` of apimachinery does it."""
    return value.replace("\\", "\\\\").replace("=", "\\=").replace(",", "\\,")


def _moment(event: LiveObject) -> str:
    """When it was last seen; RFC 3339 in UTC sorts as text."""
    seen = (
        text_at(event.body, "series", "lastObservedTime"),
        text_at(event.body, "lastTimestamp"),
        text_at(event.body, "eventTime"),
    )
    return next(filter(None, seen), text_at(event.body, "metadata", "creationTimestamp"))
