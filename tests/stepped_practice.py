"""A practice cluster on loopback whose time a test moves, together with the console's."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn

from opsconsole.clock import Clock
from opsconsole.config.configuration import clusters_in
from opsconsole.config.settings import ClusterSettings
from opsconsole.practice.serve import BACKENDS, LOOPBACK, build, by_port, cluster_table, listen

PATIENCE = 60.0


@contextlib.contextmanager
def stepped_practice(scenario: str, clock: Clock, seed: int = 1) -> Iterator[ClusterSettings]:
    """The practice cluster in trouble by `scenario`, at the time of `clock`, in a thread of this process.

    Over real sockets, because what watches a cluster reads streams that never end.
    """
    with contextlib.ExitStack() as stack:
        opened = listen(None)
        sockets = [stack.enter_context(one) for one in opened.values()]
        ports = {name: opened[name].getsockname()[1] for name in BACKENDS}
        built = build(scenario, seed, clock, f"http://{LOOPBACK}:{ports['prometheus']}")
        application = by_port({ports[name]: backend for name, backend in built.backends.items()}, clock)
        config = uvicorn.Config(
            application,
            ws="wsproto",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True)
        thread.start()
        try:
            _wait(server)
            yield next(iter(clusters_in(cluster_table(ports), "the practice cluster's table").values()))
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def _wait(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        assert time.monotonic() < deadline, "the practice cluster does not start"
        time.sleep(0.01)
