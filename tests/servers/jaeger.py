"""A real Jaeger, built from its Go module, that keeps spans in memory or in an Elasticsearch.

The module in `go/jaeger` requires Jaeger and replaces what Jaeger's own go.mod replaces; its go.sum began as Jaeger's.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from servers.availability import unavailable
from servers.cache import cache_folder, exclusive
from servers.golang import BuildError, run_go, source_state
from servers.ports import reserved_port
from servers.process import ServerProcess, running

VERSION = "1.76.0"
SOURCE = Path(__file__).resolve().parent / "go" / "jaeger"
PROGRAM = "github.com/jaegertracing/jaeger/cmd/jaeger"

STORE = "spans"
"""What its configuration calls the one store."""

TRACES_IN_MEMORY = 200_000

LOOPBACK = "127.0.0.1"


class Jaeger(ServerProcess):
    """The running server: `url` is that of its query API, `otlp` that of its OTLP/HTTP receiver."""

    otlp: str = ""


@contextlib.contextmanager
def run_jaeger(
    folder: Path, *, elasticsearch: str = "", index_prefix: str = "jaeger", otlp_host: str = LOOPBACK
) -> Iterator[Jaeger]:
    """Jaeger in `folder` (made when missing), ready, until the block ends; it takes spans at `otlp_host`.

    Spans are kept in memory, which a restart empties, or in the Elasticsearch whose URL is given, in daily indices
    that begin with `index_prefix`. There they are found about a second after they were sent, and the dependencies
    between services are computed by nobody.
    """
    try:
        program = build()
    except BuildError as error:
        unavailable(str(error))
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_port() as query, reserved_port() as query_grpc, reserved_port() as otlp, reserved_port() as health:
        backend = _in_elasticsearch(elasticsearch, index_prefix) if elasticsearch else _in_memory()
        config = folder / "jaeger.yaml"
        config.write_text(
            json.dumps(_config(backend, query, query_grpc, (otlp_host, otlp), health), indent=2)
        )  # JSON is YAML
        server = Jaeger(
            [program, f"--config={config}"],
            url=f"http://127.0.0.1:{query}",
            ready_path="",
            ready_url=f"http://127.0.0.1:{health}/status",
            folder=folder,
        )
        server.otlp = f"http://{otlp_host}:{otlp}"
        with running(server):
            yield server


def build() -> Path:
    """Path of the program, built when it isn't cached (minutes). Raises BuildError."""
    program = cache_folder() / f"jaeger-{VERSION}" / source_state(SOURCE) / "jaeger"
    with exclusive("jaeger"):
        if not program.exists():
            part = program.with_suffix(".part")
            run_go(SOURCE, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", part, PROGRAM)
            part.rename(program)
    return program


def _in_memory() -> dict[str, object]:
    return {"memory": {"max_traces": TRACES_IN_MEMORY}}


def _in_elasticsearch(url: str, prefix: str) -> dict[str, object]:
    kept = {"date_layout": "2006-01-02", "rollover_frequency": "day", "shards": 1, "replicas": 0}
    kinds = ("spans", "services", "dependencies", "sampling")
    return {
        "elasticsearch": {
            "server_urls": [url],
            "version": 8,
            "disable_health_check": True,  # it asks for `GET /`, which this Elasticsearch lacks
            "bulk_processing": {"flush_interval": "100ms"},
            "indices": {"index_prefix": prefix, **dict.fromkeys(kinds, kept)},
        }
    }


def _config(
    backend: dict[str, object], query: int, query_grpc: int, otlp: tuple[str, int], health: int
) -> dict[str, object]:
    def at(port: int, host: str = LOOPBACK) -> dict[str, object]:
        return {"endpoint": f"{host}:{port}"}

    return {
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
        },
        "extensions": {
            "jaeger_storage": {"backends": {STORE: backend}},
            "jaeger_query": {
                "storage": {"traces": STORE},
                "http": at(query),
                "grpc": at(query_grpc),
                "enable_tracing": False,
            },
            "healthcheckv2": {"use_v2": True, "http": at(health)},
        },
        "receivers": {"otlp": {"protocols": {"http": at(otlp[1], otlp[0])}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": STORE}},
    }
