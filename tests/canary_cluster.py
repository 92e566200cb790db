"""The practice cluster over real HTTP, whose programs leave secrets about; it notes the credentials it is shown."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hostile.practice import rewriting
from opsconsole.clock import SystemClock
from opsconsole.practice import alertmanager, elasticsearch, jaeger, kubernetes, prometheus
from opsconsole.practice.prometheus.practice_rules import PRACTICE_RULES
from opsconsole.practice.scenarios import scenario_named
from opsconsole.practice.serve import by_port, cluster_table, listen
from opsconsole.practice.shop.log_lines import LogLine
from opsconsole.practice.shop.shop import Shop
from smtp_sink import SmtpSink, smtp

WRITTEN_BY_SHAPE = "C4n-shape-Zk81"
WRITTEN_BY_NAME = "C4n-named-Zk82"
IN_A_LABEL = "C4n-label-Zk83"
IN_A_VARIABLE = "C4n-variable-Zk84"
IN_A_URL = "C4n-url-Zk85"

LEFT_ABOUT = (WRITTEN_BY_SHAPE, WRITTEN_BY_NAME, IN_A_LABEL, IN_A_VARIABLE, IN_A_URL)
"""Secrets that the cluster's own programs and objects hold. A container's lines are shown as they are."""

NEVER_SHOWN = (IN_A_VARIABLE,)
"""Those that no screen shows either."""

_LINE_EVERY = 20.0
"""Seconds."""


class CanaryShop(Shop):
    """A shop whose `checkout` writes secrets: those of others, and the console's own (`repeated`)."""

    repeated = ""

    def logs(self, start: float, end: float) -> list[LogLine]:
        """The shop's own lines, and one with canaries every twenty seconds."""
        pod = [one for one in self.control.pods if one.service.name == "checkout"][-1]
        extra: dict[str, Any] = {"db.password": WRITTEN_BY_NAME}
        message = f"denied: password={WRITTEN_BY_SHAPE} at amqp://shop:{IN_A_URL}@mq/ with {self.repeated}"
        first = int(max(start, self.started_at - 900) // _LINE_EVERY) + 1
        mine = [
            LogLine(one * _LINE_EVERY, pod, "error", message, "", "", "canary", extra, f"c{one}")
            for one in range(first, int(min(end, self.now()) // _LINE_EVERY) + 1)
        ]
        return sorted([*super().logs(start, end), *mine], key=lambda line: (line.time, line.id))


@dataclass
class CanaryCluster:
    """Where it is, the paths and headers that it was asked with, and what else it was sent."""

    table: str
    odd_port: int
    """Of what refuses everybody by repeating them, and takes messages below `/services/`."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """Messages that its webhook was sent."""
    bodies: list[bytes] = field(default_factory=list)
    """Of all requests, save those to the API server: documents for a team, questions."""
    mail: SmtpSink = field(default_factory=lambda: SmtpSink(wants_login=True))
    """It lets nobody log in, and says who wanted to."""

    def was_shown(self, text: str) -> bool:
        """Whether any request carried `text`, in its path or a header."""
        return any(text in path or any(text in value for value in headers.values()) for path, headers in self.asked)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the tests' own."""
        yield


def _noting(application: ASGIApp, cluster: CanaryCluster, name: str) -> ASGIApp:
    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        async def heard() -> Message:
            message = await receive()
            if name != "kubernetes":  # a specification goes back to where it came from
                cluster.bodies.append(message.get("body") or b"")
            return message

        if scope["type"] in ("http", "websocket"):
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            cluster.asked.append((scope["path"], headers))
            # The practice API server knows tokens of its own, and believes whoever shows none.
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"authorization"]}
        await application(scope, heard, send)

    return noted


def _odd(cluster: CanaryCluster) -> ASGIApp:
    """A gateway that says whom it refuses, and a webhook."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if scope["path"].startswith("/services/"):
            cluster.asked.append((scope["path"], dict(request.headers)))
            cluster.told.append((await request.body()).decode())
            response: Response = Response("ok")
        else:
            said = " ".join(f"{name}: {value}" for name, value in request.headers.items())
            response = JSONResponse({"error": f"refused {said}", "message": f"refused {said}"}, 401)
        await response(scope, receive, send)

    return answer


def _with_secrets(body: bytes) -> bytes:
    """Objects of the API server with a label and a variable that are secret."""
    variable = json.dumps({"name": "DB_PASSWORD", "value": IN_A_VARIABLE}).encode()
    label = b'"api-token":"%s",' % IN_A_LABEL.encode()
    for space in (b"", b" "):
        colon = b":" + space
        body = body.replace(b'"labels"' + colon + b"{", b'"labels"' + colon + b"{" + label)
        body = body.replace(b'"env"' + colon + b"[", b'"env"' + colon + b"[" + variable + b",")
    return body.replace(b",}", b"}").replace(b",]", b"]")


@contextlib.contextmanager
def canary_cluster(repeated: str, refused: str) -> Iterator[CanaryCluster]:
    """It serves in a thread of its own while the context is open.

    Its lines hold `repeated`, and its mail server says `refused` to whoever wants to log in.
    """
    clock = SystemClock()
    shop = CanaryShop(scenario_named("bad-release"), 7, clock.now(), clock, history=3900)
    shop.repeated = repeated
    rules = prometheus.RuleEngine(shop.series, PRACTICE_RULES, clock.now() - 900, "")
    rules.catch_up(clock.now())
    sockets = {**listen(None)}
    odd = listen(None)
    sockets["odd"] = odd.pop("jaeger")
    for one in odd.values():
        one.close()
    ports = {name: one.getsockname()[1] for name, one in sockets.items()}
    cluster = CanaryCluster(cluster_table({name: port for name, port in ports.items() if name != "odd"}), ports["odd"])
    backends: dict[str, ASGIApp] = {
        "prometheus": prometheus.application(shop, rules, clock),
        "alertmanager": alertmanager.application(rules, clock),
        "elasticsearch": elasticsearch.application(shop),
        "jaeger": jaeger.application(shop),
        "kubernetes": rewriting(kubernetes.application(shop), _with_secrets),
        "odd": _odd(cluster),
    }
    noting = {name: one if name == "odd" else _noting(one, cluster, name) for name, one in backends.items()}
    application = by_port({ports[name]: backend for name, backend in noting.items()}, clock)
    server = _Server(
        uvicorn.Config(
            application, ws="wsproto", log_config=None, lifespan="off", date_header=False, timeout_graceful_shutdown=1
        )
    )
    cluster.mail.answers["AUTH"] = [f"535 5.7.8 {refused}"] * 9
    ready = threading.Event()

    async def serving() -> None:
        async with smtp(cluster.mail):
            ready.set()
            await server.serve(sockets=list(sockets.values()))

    thread = threading.Thread(target=asyncio.run, args=(serving(),))
    thread.start()
    ready.wait()
    try:
        yield cluster
    finally:
        server.should_exit = True
        thread.join()
