"""A pod described, as YAML, and its containers' lines, from a scripted API server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.clock import Clock, SystemClock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.container_log import LogBatch, LogRequest, LogState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.secret_shapes import HIDDEN
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.describing.container_lines import container_line, split_stamp
from opsconsole.sources.kubernetes.describing.hidden_values import plain_arguments, plain_value
from opsconsole.sources.kubernetes.source import KubernetesSource
from opsconsole.sources.wire import KUBERNETES_READS, Wire

REF = ObjectRef(Kind.POD, SafeText("shop"), SafeText("checkout-1-abcde"))
APP = SafeText("app")
ASKED = LogRequest(SafeText("shop"), SafeText("checkout-1-abcde"), APP, tail=100)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "checkout-1-abcde",
        "namespace": "shop",
        "uid": "u1",
        "resourceVersion": "42",
        "creationTimestamp": "2026-08-07T13:00:00Z",
        "labels": {"app": "checkout"},
        "annotations": {LAST_APPLIED: '{"env":[{"name":"DB_PASSWORD","value":"hunter2"}]}', "note": "a\x1b[31mb"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "checkout-1", "uid": "r1", "controller": True}],
        "managedFields": [{"manager": "kubelet"}],
    },
    "spec": {
        "nodeName": "node-1",
        "terminationGracePeriodSeconds": 30,
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}],
        "volumes": [{"name": "config", "configMap": {"name": "checkout"}}],
        "initContainers": [
            {"name": "proxy", "image": "p", "restartPolicy": "Always"},
            {"name": "migrate", "image": "m"},
        ],
        "containers": [
            {
                "name": "app",
                "image": "shop/checkout:v1",
                "args": ["--token", "abc", "--pool=20"],
                "env": [
                    {"name": "DB_PASSWORD", "value": "hunter2"},
                    {"name": "DB_URL", "value": "postgres://shop:hunter2@db/shop"},
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}},
                ],
                "resources": {"limits": {"memory": "256Mi"}, "requests": {"memory": "128Mi", "cpu": "100m"}},
                "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 5},
                "ports": [{"containerPort": 8080, "name": "http"}],
            }
        ],
    },
    "status": {
        "phase": "Running",
        "startTime": "2026-08-07T13:00:01Z",
        "qosClass": "Burstable",
        "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
        "containerStatuses": [
            {
                "name": "app",
                "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
            }
        ],
    },
}  # fmt: skip
EVENTS = {
    "items": [
        {
            "metadata": {"name": "e1", "creationTimestamp": "2026-08-07T13:00:00Z"},
            "type": "Warning",
            "reason": "BackOff",
            "message": "Back-off restarting\nfailed container",
            "count": 7,
            "firstTimestamp": "2026-08-07T13:01:00Z",
            "lastTimestamp": "2026-08-07T13:06:00Z",
            "involvedObject": {"uid": "u1", "fieldPath": "spec.containers{app}"},
            "source": {"component": "kubelet"},
        },
        {
            "metadata": {"name": "e2"},
            "reason": "Scheduled",
            "message": "of an older pod",
            "eventTime": "2026-08-07T12:00:00.000000Z",
            "involvedObject": {"uid": "u0"},
        },
    ]
}
REPLICA_SET = {
    "metadata": {
        "name": "checkout-1",
        "ownerReferences": [{"kind": "Deployment", "name": "checkout", "uid": "d1", "controller": True}],
    }
}
Answer = Callable[[httpx.Request], httpx.Response]


def source(answer: Answer, clock: Clock | None = None) -> KubernetesSource:
    clock = clock or SystemClock()

    def wire_of(settings: SourceSettings) -> Wire:
        return Wire("kubernetes", settings, clock, KUBERNETES_READS, transport=httpx.MockTransport(answer))

    return KubernetesSource(KubernetesSettings(url="http://api.test"), wire_of, clock)


def the_cluster(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path.endswith("/pods/checkout-1-abcde"):
        return httpx.Response(200, json=POD)
    if path.endswith("/events"):
        assert "involvedObject.name=checkout-1-abcde" in request.url.params["fieldSelector"]
        return httpx.Response(200, json=EVENTS)
    if path.endswith("/replicasets/checkout-1"):
        return httpx.Response(200, json=REPLICA_SET)
    return httpx.Response(404, json={"kind": "Status", "message": f'pods "{path}" not found'})


async def test_a_description_tells_events_states_limits_probes_and_who_owns_the_pod() -> None:
    reading = await source(the_cluster).describe(REF)
    told = reading.value
    assert reading.completeness.whole
    assert told.owners == ("ReplicaSet checkout-1", "Deployment checkout")
    (event,) = told.events
    assert (event.warning, event.count, event.container, event.source) == (True, 7, "app", "kubelet")
    assert event.message == "Back-off restarting␊failed container"
    assert [(one.name, one.role) for one in told.containers] == [
        ("app", "container"),
        ("proxy", "sidecar"),
        ("migrate", "init"),
    ]
    app = told.containers[0]
    assert app.state is not None
    assert app.state.reason == "CrashLoopBackOff"
    assert app.last_state is not None
    assert app.last_state.exit_code == 137
    assert dict(app.resources) == {"memory": "128Mi requested, 256Mi limit", "cpu": "100m requested, no limit"}
    assert "every 5s" in dict(app.probes)[SafeText("liveness")]
    assert told.volumes == (("config", "configMap checkout"),)
    assert (told.ref.uid, told.ref.resource_version) == ("u1", "42")


async def test_what_looks_secret_is_shown_neither_in_the_description_nor_in_the_yaml() -> None:
    told = (await source(the_cluster).describe(REF)).value
    lines = (await source(the_cluster).manifest(REF)).value
    assert dict(told.containers[0].environment) == {
        "DB_PASSWORD": HIDDEN,
        "DB_URL": f"postgres://shop:{HIDDEN}@db/shop",
        "KEY": "from Secret keys, k",
    }
    assert told.containers[0].command == f"--token {HIDDEN} --pool=20"
    page = "\n".join(lines)
    assert "hunter2" not in page
    assert "abc\n" not in page
    assert "--pool=20" in page
    assert f"{LAST_APPLIED}: {HIDDEN}" in page


async def test_the_yaml_leaves_out_managed_fields_until_asked_and_lets_no_control_character_through() -> None:
    short = (await source(the_cluster).manifest(REF)).value
    whole = (await source(the_cluster).manifest(REF, whole=True)).value
    assert not any("managedFields" in line for line in short)
    assert any("managedFields" in line for line in whole)
    assert short[:2] == ("apiVersion: v1", "kind: Pod")
    assert all(line.isprintable() for line in whole)


async def test_events_that_may_not_be_read_are_named_and_cost_nothing_else() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/events"):
            return httpx.Response(403, json={"kind": "Status", "message": "no"})
        return the_cluster(request)

    reading = await source(answer).describe(REF)
    assert reading.completeness.notes == ("its events: forbidden to these credentials",)
    assert reading.value.phase == "Running"


async def test_a_pod_that_is_gone_is_not_found() -> None:
    with pytest.raises(SourceError) as caught:
        await source(the_cluster).describe(ObjectRef(Kind.POD, SafeText("shop"), SafeText("gone")))
    assert caught.value.kind is ErrorKind.NOT_FOUND


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--db-password=x", "run"], ["--db-password=⟨hidden⟩", "run"]),
        (["--api-key", "x", "run"], ["--api-key", "⟨hidden⟩", "run"]),
        (["--token", "--verbose"], ["--token", "--verbose"]),
        (["--url=amqp://u:p@mq/"], ["--url=amqp://u:⟨hidden⟩@mq/"]),
    ],
)
def test_secret_flags_lose_their_values(arguments: list[str], shown: list[str]) -> None:
    assert plain_arguments(arguments) == shown


def test_an_empty_secret_is_told_from_one_with_a_value() -> None:
    assert plain_value("DB_PASSWORD", "") == ""
    assert plain_value("POOL_SIZE", "20") == "20"


# --- lines


@pytest.mark.parametrize(
    ("body", "level", "message", "rest"),
    [
        (b'{"level":"error","ts":1.5,"msg":"boom","n":3}', LogLevel.ERROR, "boom", "n=3"),
        (b'{"severity":"WARNING","message":"slow","who":"a b"}', LogLevel.WARN, "slow", 'who="a b"'),
        (b'{"level":"info","msg":"\\u001b[2J","stacktrace":"a\\nb","k":[1]}', LogLevel.INFO, "␛[2J", "k=[1] "),
        (b"time=x level=debug msg=hello", LogLevel.DEBUG, "time=x level=debug msg=hello", ""),
        (b"\x1b[31mERROR\x1b[0m out of memory", LogLevel.ERROR, "ERROR out of memory", ""),
        (b"W0302 14:11:58.000000 1 a.go:1] careful", LogLevel.WARN, "W0302 14:11:58.000000 1 a.go:1] careful", ""),
        (b"panic: nil map", LogLevel.FATAL, "panic: nil map", ""),
        (b'{"broken', LogLevel.UNKNOWN, '{"broken', ""),
        (b"plain \xff bytes", LogLevel.UNKNOWN, "plain � bytes", ""),
    ],
)  # fmt: skip
def test_a_line_tells_its_level_message_and_fields(body: bytes, level: LogLevel, message: str, rest: str) -> None:
    line = container_line("2026-08-07T13:00:00.123456789Z", body, APP)
    assert (line.level, line.message) == (level, message)
    assert line.rest.startswith(rest)
    assert line.time == pytest.approx(1_786_107_600.123456)


def test_the_runtimes_time_is_split_from_the_line() -> None:
    assert split_stamp(b"2026-08-07T13:00:00.000000000Z a b") == ("2026-08-07T13:00:00.000000000Z", b"a b")
    assert split_stamp(b"no time here") == ("", b"no time here")


# --- streams


class Kubelet:
    """Answers one script after the other: bytes to stream, or a refusal."""

    def __init__(self, *scripts: list[bytes] | httpx.Response) -> None:
        self.scripts = list(scripts)
        self.asked: list[httpx.QueryParams] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v1/namespaces/shop/pods/checkout-1-abcde/log"
        self.asked.append(request.url.params)
        script = self.scripts.pop(0) if self.scripts else httpx.Response(404, json={"message": "pods not found"})
        return script if isinstance(script, httpx.Response) else httpx.Response(200, content=_chunks(script))


async def _chunks(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def refusal(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"kind": "Status", "message": message})


async def batches(kubelet: Kubelet, asked: LogRequest = ASKED) -> list[LogBatch]:
    """Everything until the end, the waiting in between passed."""
    clock = FakeClock()
    found: list[LogBatch] = []

    async def read() -> None:
        async with contextlib.aclosing(source(kubelet, clock).log_lines(asked)) as told:
            found.extend([batch async for batch in told])

    reading = asyncio.create_task(read())
    while not reading.done():
        await clock.advance(10)
    await reading
    return found


def texts(found: list[LogBatch]) -> list[str]:
    return [line.message for batch in found for line in batch.lines]


def stamped(second: int, nano: int, text: str) -> bytes:
    return f"2026-08-07T13:00:{second:02d}.{nano:09d}Z {text}\n".encode()


async def test_lines_come_whole_though_chunks_cut_them() -> None:
    whole = stamped(1, 0, "first") + stamped(2, 0, "second")
    found = await batches(Kubelet([whole[:20], whole[20:45], whole[45:]]))
    assert texts(found) == ["first", "second"]
    assert [batch.state for batch in found][:2] == [LogState.OPENING, LogState.FOLLOWING]
    assert (found[-1].state, "gone" in found[-1].words) == (LogState.ENDED, True)


async def test_a_stream_that_broke_off_goes_on_at_its_last_line_and_repeats_none() -> None:
    kubelet = Kubelet(
        [stamped(1, 5, "a") + stamped(2, 7, "b") + stamped(2, 7, "c")],
        # The second comes once more: what was there, a line of the same nanosecond, and a new one.
        [stamped(2, 3, "earlier") + stamped(2, 7, "b") + stamped(2, 7, "c") + stamped(2, 7, "d") + stamped(3, 0, "e")],
    )
    found = await batches(kubelet)
    assert texts(found) == ["a", "b", "c", "d", "e"]
    first, second = kubelet.asked[:2]
    assert (first["tailLines"], first["follow"], first["timestamps"]) == ("100", "true", "true")
    assert "tailLines" not in second
    assert second["sinceTime"].startswith("2026-08-07T13:00:02")


async def test_a_container_that_waits_is_waited_for_in_the_servers_words() -> None:
    words = 'container "app" in pod "checkout-1-abcde" is waiting to start: ContainerCreating'
    found = await batches(Kubelet(refusal(400, words), [stamped(1, 0, "up")]))
    assert (found[1].state, found[1].words) == (LogState.WAITING, words)
    assert texts(found) == ["up"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(403, "pods/log is forbidden"), "get on pods/log"),
        (refusal(404, 'pods "x" not found'), "the pod is gone"),
        (refusal(400, "container zzz is not valid for pod x"), "not valid"),
    ],
)
async def test_what_trying_again_would_not_help_ends_the_reading(answer: httpx.Response, words: str) -> None:
    found = await batches(Kubelet(answer))
    assert found[-1].state is LogState.ENDED
    assert words in found[-1].words
    assert len(found) == 2


async def test_a_server_that_fails_is_tried_again() -> None:
    found = await batches(Kubelet(refusal(500, "kubelet: connection refused"), [stamped(1, 0, "up")]))
    assert found[1].state is LogState.WAITING
    assert "connection refused" in found[1].words
    assert texts(found) == ["up"]


async def test_the_container_before_the_restart_is_read_once() -> None:
    kubelet = Kubelet([stamped(1, 0, "last words")])
    asked = LogRequest(ASKED.namespace, ASKED.pod, APP, previous=True, follow=False)
    found = await batches(kubelet, asked)
    assert texts(found) == ["last words"]
    assert found[-1].state is LogState.ENDED
    assert kubelet.asked[0]["previous"] == "true"
    assert "follow" not in kubelet.asked[0]
    missing = 'previous terminated container "app" in pod "checkout-1-abcde" not found'
    (_, ended) = await batches(Kubelet(refusal(400, missing)), asked)
    assert ended.words == "app has not restarted, or what it wrote before is gone"


async def test_the_beginning_ends_after_so_many_lines() -> None:
    many = b"".join(stamped(number % 60, number, f"line {number}") for number in range(50))
    asked = LogRequest(ASKED.namespace, ASKED.pod, APP, head=3)
    kubelet = Kubelet([many, many])
    found = await batches(kubelet, asked)
    assert texts(found) == ["line 0", "line 1", "line 2"]
    assert found[-1].state is LogState.ENDED
    assert "follow" not in kubelet.asked[0]


async def test_a_line_without_end_is_ended_before_it_fills_the_memory() -> None:
    found = await batches(Kubelet([b"x" * 200_000, b"y" * 200_000, b"\nshort\n"]))
    assert [text[:3] for text in texts(found)] == ["xxx", "", "sho"]
    assert all(len(text) <= 8192 for text in texts(found))


async def test_nothing_is_read_ahead_of_the_taker() -> None:
    taken: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        for number in range(1_000):
            taken.append(number)
            yield stamped(1, number, "line")

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    async with contextlib.aclosing(source(answer, FakeClock()).log_lines(ASKED)) as told:
        for _ in range(5):
            await anext(told)
        assert len(taken) <= 4
