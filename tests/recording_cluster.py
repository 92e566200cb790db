"""A practice cluster on loopback that writes down every request which is more than a question."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import tomllib
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from opsconsole.clock import Clock, SystemClock
from opsconsole.practice.serve import build, by_port, cluster_table, listen

_QUESTIONS = (
    "selfsubjectaccessreviews", "selfsubjectreviews", "/_search", "/_count", "/_field_caps", "/_pit", "/_msearch",
    "/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels", "/api/v1/query_exemplars",
)  # fmt: skip
"""Ends of paths that are asked by POST and change nothing."""


class Recorder:
    """`changing` names the requests that would change something, which wait for `gate`; `asked` counts all."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked = 0
        self.rehearsed: list[str] = []
        self.changing: list[str] = []

    def around(self, backend: ASGIApp) -> ASGIApp:
        """`backend`, recorded."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if self._note(scope):
                await asyncio.to_thread(self.gate.wait)
            await backend(scope, receive, send)

        return recorded

    def _note(self, scope: Scope) -> bool:
        """Whether it would change something."""
        self.asked += 1
        path, method = scope["path"], scope.get("method", "WEBSOCKET")
        words = f"{method} {path}"
        if method in ("GET", "HEAD") or path.endswith(_QUESTIONS):
            return False
        if scope.get("query_string", b"") and b"dryRun=All" in scope["query_string"].split(b"&"):
            self.rehearsed.append(words)
            return False
        self.changing.append(words)
        return True


class RecordingCluster:
    """`recorder` saw everything; `table` is the cluster's configuration, `told` the same decoded."""

    def __init__(self, recorder: Recorder, table: str) -> None:
        self.recorder = recorder
        self.table = table
        self.told: dict[str, Any] = tomllib.loads(table)["clusters"]["practice"]


@contextlib.contextmanager
def recording_cluster(
    scenario: str = "bad-release", *, clock: Clock | None = None, breaks_in: float | None = None
) -> Iterator[RecordingCluster]:
    """The practice cluster of `scenario` on its own loop in a thread, until the block ends; it lives by `clock`."""
    recorder, sockets, clock = Recorder(), listen(None), clock or SystemClock()
    ports = {name: listener.getsockname()[1] for name, listener in sockets.items()}
    cluster = build(scenario, 1, clock, f"http://127.0.0.1:{ports['prometheus']}", breaks_in=breaks_in)
    backends = {ports[name]: recorder.around(backend) for name, backend in cluster.backends.items()}
    config = uvicorn.Config(
        by_port(backends, clock), ws="wsproto", log_config=None, log_level="critical", access_log=False,
        lifespan="off", server_header=False, date_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=list(sockets.values()))))
    thread.start()
    try:
        yield RecordingCluster(recorder, cluster_table(ports))
    finally:
        server.should_exit = True
        thread.join()
        for listener in sockets.values():
            listener.close()
