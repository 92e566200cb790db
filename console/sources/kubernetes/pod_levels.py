"""The log level of the process in a pod: read and set at its own HTTP handler.

The handler is zap's `AtomicLevel` (`zap/http_handler.go`): GET tells `{"level":"info"}`, PUT of the same sets it. It is
reached through the API server's proxy (`pods/POD:PORT/proxy/PATH`), or at an address of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from opsconsole.config.settings import LogLevelSettings
from opsconsole.domain.cluster_object import JsonObject, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_level import LEVELS
from opsconsole.domain.text import SafeText
from opsconsole.operations.json_path import at, mapping_at, objects_at, text_at
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.api_paths import object_path
from opsconsole.sources.kubernetes.refusals import refusal
from opsconsole.sources.lenient_json import decode_loosely
from opsconsole.sources.wire import Answer, Wire
from opsconsole.write_mode import Permit

SOURCE = "log level handler"
SECONDS = 5.0
"""Wall seconds for one question: the handler answers from memory."""

BODY_LIMIT = 65_536
HASH = "pod-template-hash"

_REFUSED = range(400, 600)
_ABSENT = (404, 405, 501)

Permitting = Callable[[str, str, object], Permit]
"""Leave to send `method`, `path` and body, once."""


class Place(NamedTuple):
    """Where a pod's handler is. `origin` is empty behind the API server's proxy; `proxied` is its resource there."""

    path: str
    origin: str = ""
    proxied: ObjectRef | None = None


class PodLevels:
    """Finds handlers by the settings and asks them."""

    def __init__(
        self,
        settings: LogLevelSettings | None,
        connected: Callable[[], Awaitable[Wire]],
        wire_at: Callable[[str, str], Wire],
    ) -> None:
        """`connected` gives the wire to the API server, `wire_at` one to an origin of which one path is meant."""
        self._settings = settings
        self._connected = connected
        self._wire_at = wire_at
        self._wires: dict[tuple[str, str], Wire] = {}

    def place(self, pod: LiveObject) -> Place:
        """Where the pod's handler is. Raises `SourceError` of kind CONFIGURATION where the settings name none."""
        settings = self._settings
        url = "" if settings is None else next((settings.urls[one] for one in _names(pod) if one in settings.urls), "")
        if url:
            return _at_url(pod, url)
        if settings is None or not settings.path:
            words = SafeText("no address of a log level handler is configured")
            hint = 'write where it is, such as log_levels = { path = "/level", port = 8080 }, below the cluster'
            raise SourceError(ErrorKind.CONFIGURATION, SOURCE, words, hint=hint, sent=False)
        port = _port(pod.body, settings.port)
        if port is None:
            words = safe_text(f"{pod.ref.name} has no port {settings.port or 'at all'}", 400)
            raise SourceError(ErrorKind.NOT_FOUND, SOURCE, words, hint="set its `port`", sent=False)
        name = safe_text(f"{pod.ref.name}:{port}", 300)
        proxied = ObjectRef(pod.ref.kind, pod.ref.namespace, name)
        return Place(f"{object_path(pod.ref)}:{port}/proxy{quote(settings.path)}", proxied=proxied)

    async def level(self, pod: LiveObject) -> SafeText:
        """As `ClusterControl.log_level`."""
        place = self.place(pod)
        wire = await self._wire(place)
        answer = await wire.request("GET", place.path, deadline=SECONDS, body_limit=BODY_LIMIT, accept=_REFUSED)
        return _level(answer, pod.ref)

    async def set(self, pod: LiveObject, level: SafeText, permit: Permitting) -> SafeText:
        """As `ClusterControl.set_log_level`."""
        place = self.place(pod)
        wire = await self._wire(place)
        body = {"level": str(level)}
        answer = await wire.request(
            "PUT",
            place.path,
            json=body,
            deadline=SECONDS,
            body_limit=BODY_LIMIT,
            accept=_REFUSED,
            permit=permit("PUT", place.path, body),
        )
        return _level(answer, pod.ref)

    async def close(self) -> None:
        """Give back connections to addresses of their own."""
        for wire in self._wires.values():
            await wire.close()
        self._wires.clear()

    async def _wire(self, place: Place) -> Wire:
        if not place.origin:
            return await self._connected()
        key = (place.origin, place.path)
        if key not in self._wires:
            self._wires[key] = self._wire_at(*key)
        return self._wires[key]


def _level(answer: Answer, pod: ObjectRef) -> SafeText:
    body = decode_loosely(answer.body)
    if answer.status >= 400:
        if text_at(body, "kind") == "Status":
            raise refusal(answer)
        said = safe_text(text_at(body, "error") or f"status {answer.status}", 200)
        words = safe_text(f"{pod.name}: {said}", 500)
        if answer.status in _ABSENT:
            raise SourceError(ErrorKind.NOT_FOUND, SOURCE, words, hint="check `path` and `port` of `log_levels`")
        kind = ErrorKind.UNPROCESSABLE if answer.status < 500 else ErrorKind.SERVER
        raise SourceError(kind, SOURCE, words)
    level = text_at(body, "level").lower()
    if level not in LEVELS:
        words = safe_text(f"{pod.name}: what answered tells no level that is known", 500)
        raise SourceError(ErrorKind.MALFORMED, SOURCE, words, hint="check `path` and `port` of `log_levels`")
    return SafeText(level)


def _at_url(pod: LiveObject, url: str) -> Place:
    address = text_at(pod.body, "status", "podIP")
    filled = (
        url.replace("{pod}", quote(pod.ref.name, safe=""))
        .replace("{namespace}", quote(pod.ref.namespace, safe=""))
        .replace("{ip}", f"[{address}]" if ":" in address else address)
    )
    parts = urlsplit(filled)
    return Place(parts.path or "/", f"{parts.scheme}://{parts.netloc}")


def _names(pod: LiveObject) -> list[str]:
    """What the pod's workload may be called in the settings: by its controller, else by its labels."""
    labels = mapping_at(pod.body, "metadata", "labels")
    owner = next((text_at(one, "name") for one in objects_at(pod.body, "metadata", "ownerReferences")), "")
    ending = f"-{labels.get(HASH, '')}"
    return [owner.removesuffix(ending), *(str(labels.get(key, "")) for key in ("app.kubernetes.io/name", "app"))]


def _port(pod: JsonObject, wanted: int | str | None) -> int | None:
    """The number of the port wanted, the first one where none is; None where the containers do not name it."""
    if isinstance(wanted, int):
        return wanted
    for container in objects_at(pod, "spec", "containers"):
        for port in objects_at(container, "ports"):
            number = at(port, "containerPort")
            if wanted in (None, text_at(port, "name")) and isinstance(number, int):
                return number
    return None
