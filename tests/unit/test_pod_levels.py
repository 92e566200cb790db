"""Where a pod's log level handler is, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.config.settings import LogLevelSettings, SourceSettings
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.pod_levels import PodLevels
from opsconsole.sources.wire import KUBERNETES_READS, Wire, only_level, with_levels

PODS = "/api/v1/namespaces/shop/pods"
FORBIDDEN = {"kind": "Status", "status": "Failure", "code": 403, "message": 'cannot get resource "pods/proxy"'}
GONE = {"kind": "Status", "status": "Failure", "code": 404, "message": 'pods "a" not found'}


def pod(name: str = "checkout-7d9f-a", **more: object) -> LiveObject:
    body: JsonObject = {
        "metadata": {
            "name": name,
            "labels": {"pod-template-hash": "7d9f"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "checkout-7d9f", "controller": True}],
        },
        "spec": {
            "containers": [
                {"name": "app", "ports": [{"name": "http", "containerPort": 8080}]},
                {"name": "side", "ports": [{"name": "admin", "containerPort": 9901}]},
            ]
        },
        "status": {"podIP": "10.1.2.3"},
        **more,
    }
    return LiveObject(ObjectRef(Kind.POD, SafeText("shop"), SafeText(name)), body)


class Asked:
    """Handlers that answer with `answer`, and what they were asked."""

    def __init__(self, settings: LogLevelSettings | None, answer: Callable[[], httpx.Response]) -> None:
        self.seen: list[str] = []
        self._answer = answer
        self.levels = PodLevels(settings, self._api, self._direct)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(f"{request.method} {request.url}")
        return self._answer()

    async def _api(self) -> Wire:
        policy = with_levels(KUBERNETES_READS, None, "/level")
        return Wire("kubernetes", SourceSettings("http://api"), FakeClock(), policy,
                    transport=httpx.MockTransport(self._respond))  # fmt: skip

    def _direct(self, origin: str, path: str) -> Wire:
        return Wire("log level handler", SourceSettings(origin), FakeClock(), only_level(path),
                    transport=httpx.MockTransport(self._respond))  # fmt: skip


def info() -> httpx.Response:
    return httpx.Response(200, text='{"level":"info"}\n')


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (LogLevelSettings("/level"), f"http://api{PODS}/checkout-7d9f-a:8080/proxy/level"),
        (LogLevelSettings("/level", 9000), f"http://api{PODS}/checkout-7d9f-a:9000/proxy/level"),
        (LogLevelSettings("/level", "admin"), f"http://api{PODS}/checkout-7d9f-a:9901/proxy/level"),
        (LogLevelSettings("", None, {"checkout": "http://{ip}:1/x/{pod}"}), "http://10.1.2.3:1/x/checkout-7d9f-a"),
        (LogLevelSettings("/level", 1, {"checkout": "https://{pod}.{namespace}.pods/l"}),
         "https://checkout-7d9f-a.shop.pods/l"),
        (LogLevelSettings("/level", None, {"orders": "http://{ip}/l"}),
         f"http://api{PODS}/checkout-7d9f-a:8080/proxy/level"),
    ],
)  # fmt: skip
async def test_the_handler_is_where_the_settings_say(settings: LogLevelSettings, asked: str) -> None:
    handlers = Asked(settings, info)
    assert await handlers.levels.level(pod()) == "info"
    assert handlers.seen == [f"GET {asked}"]


async def test_an_address_of_six_is_put_in_brackets() -> None:
    handlers = Asked(LogLevelSettings("", None, {"checkout": "http://{ip}:1/l"}), info)
    await handlers.levels.level(pod(status={"podIP": "fd00::7"}))
    assert handlers.seen == ["GET http://[fd00::7]:1/l"]


@pytest.mark.parametrize("settings", [None, LogLevelSettings(), LogLevelSettings("", None, {"orders": "http://{ip}/"})])
async def test_without_a_configured_address_nothing_is_asked_and_it_says_what_to_write(
    settings: LogLevelSettings | None,
) -> None:
    handlers = Asked(settings, info)
    with pytest.raises(SourceError) as raised:
        await handlers.levels.level(pod())
    assert raised.value.kind is ErrorKind.CONFIGURATION
    assert 'log_levels = { path = "/level", port = 8080 }' in raised.value.sentence
    assert handlers.seen == []


async def test_a_port_that_no_container_names_is_said() -> None:
    handlers = Asked(LogLevelSettings("/level", "metrics"), info)
    with pytest.raises(SourceError, match="has no port metrics"):
        await handlers.levels.level(pod())
    assert handlers.seen == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: httpx.Response(403, json=FORBIDDEN), ErrorKind.FORBIDDEN),
        (lambda: httpx.Response(404, json=GONE), ErrorKind.NOT_FOUND),
        (lambda: httpx.Response(404, text="404 page not found\n"), ErrorKind.NOT_FOUND),
        (lambda: httpx.Response(405, json={"error": "no"}), ErrorKind.NOT_FOUND),
        (lambda: httpx.Response(400, json={"error": "unrecognized level"}), ErrorKind.UNPROCESSABLE),
        (lambda: httpx.Response(500, text="oops"), ErrorKind.SERVER),
        (lambda: httpx.Response(200, text="ok"), ErrorKind.MALFORMED),
        (lambda: httpx.Response(200, json={"level": 3}), ErrorKind.MALFORMED),
        (lambda: httpx.Response(200, json={"level": "Level(-7)"}), ErrorKind.MALFORMED),
        (lambda: httpx.Response(200, text="<html>", headers={"content-type": "text/html"}), ErrorKind.MALFORMED),
        (lambda: httpx.Response(200, text='{"level":"\x1b[31minfo"}'), ErrorKind.MALFORMED),
    ],
)
async def test_an_answer_that_tells_no_level_is_an_error_that_says_which(
    answer: Callable[[], httpx.Response], kind: ErrorKind
) -> None:
    with pytest.raises(SourceError) as raised:
        await Asked(LogLevelSettings("/level"), answer).levels.level(pod())
    assert raised.value.kind is kind
    assert raised.value.sentence.isprintable()


async def test_a_level_in_capitals_is_the_same() -> None:
    handlers = Asked(LogLevelSettings("/level"), lambda: httpx.Response(200, json={"level": "WARN"}))
    assert await handlers.levels.level(pod()) == "warn"
