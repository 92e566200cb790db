"""The default panels, in the three layers of a service's metrics.

Metric names: client_golang's collectors, the HTTP and gRPC middlewares of Prometheus' ecosystem,
Micrometer, the JVM client, OpenTelemetry's semantic conventions in their Prometheus form,
HikariCP, the Redis exporter, cAdvisor and node exporter.
"""

from __future__ import annotations

from opsconsole.domain.series import Layer, Severity, Threshold, Unit, YAxis
from opsconsole.panels.spec import Candidate, PanelSpec

ERRORS_NOTED, ERRORS_LIMIT = 0.01, 0.05
"""Shares of requests: one in a hundred is worth a look, one in twenty is an outage for somebody."""
LATENCY_LIMIT = 1.0
"""Seconds after which a person has noticed the wait (Nielsen, "Response Times: The 3 Important Limits")."""
GOROUTINES_LIMIT = 1000.0
CPU_LIMIT = 0.85
OLD_GENERATION_LIMIT = 0.95
GC_PAUSE_LIMIT = 0.5
"""Seconds: a stop that every caller feels, far above what a healthy collector takes."""
POOL_WAITING_LIMIT = 50.0
"""Requests without a connection: a pool that is merely busy has a few for moments, an exhausted one fills up."""

_R = "[$__rate_interval]"
_INSTANCES = 20
"""Lines of a panel per instance; ten thousand pods would be no picture, and more than a terminal holds."""

_CPU_THRESHOLD = (Threshold(CPU_LIMIT),)


def _rate(metric: str, matchers: str = "") -> str:
    return f"sum by (<by>) (rate({metric}{{{matchers}<scope>}}{_R}))"


def _instance_rate(metric: str, matchers: str = "") -> str:
    return f"sum by (<by>, <instance>) (rate({metric}{{{matchers}<scope>}}{_R}))"


def _instance_max(metric: str, matchers: str = "") -> str:
    return f"max by (<by>, <instance>) ({metric}{{{matchers}<scope>}})"


def _largest(query: str) -> str:
    return f"topk({_INSTANCES}, {query})"


def _share(metric: str, matchers: str) -> str:
    """The share of `metric` with `matchers`; 0, not a gap, while none of them has been counted."""
    return f"({_rate(metric, matchers)} or 0 * {_rate(metric)}) / {_rate(metric)}"


_STATUS = ("status", "code", "status_code", "http_response_status_code", "http_status_code")
_REQUESTS = (
    "http_requests_total",
    "http_server_requests_seconds_count",
    "http_server_request_duration_seconds_count",
    "http_server_duration_milliseconds_count",
    "http_request_duration_seconds_count",
    "prometheus_http_requests_total",
)
_GRPC = "grpc_server_handled_total"
_GRPC_FAULTS = 'grpc_code=~"Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss",'


def _its_own(title: str, metric: str) -> str | None:
    """A title that tells Prometheus' figures about itself from those of the services it watches."""
    return f"{title} (Prometheus)" if metric.startswith("prometheus_") else None


REQUESTS = PanelSpec(
    id="requests",
    title="requests/s",
    unit=Unit.PER_SECOND,
    layer=Layer.APPLICATION,
    candidates=tuple(
        Candidate(metrics=(name,), query=_rate(name), title=_its_own("requests/s", name))
        for name in (*_REQUESTS, _GRPC)
    ),
)
ERRORS = PanelSpec(
    id="errors",
    title="errors",
    unit=Unit.RATIO,
    layer=Layer.APPLICATION,
    thresholds=(Threshold(ERRORS_NOTED), Threshold(ERRORS_LIMIT, Severity.CRITICAL)),
    candidates=(
        *(
            Candidate(
                metrics=(name,),
                query=_share(name, '<choice>=~"5..",'),
                choice=_STATUS,
                title=_its_own("errors", name),
            )
            for name in _REQUESTS
        ),
        Candidate(metrics=(_GRPC,), query=_share(_GRPC, _GRPC_FAULTS), choice=("grpc_code",)),
    ),
)  # fmt: skip


def _quantiles(buckets: str, group: str = "le", divisor: str = "") -> str:
    """The 50th, 95th and 99th percentile of all selected instances together, named in `quantile`."""
    rates = f"sum by ({group}) (rate({buckets}{{<scope>}}{_R}))"
    return " or ".join(
        f'label_replace(histogram_quantile({level}, {rates}){divisor}, "quantile", "{name}", "", "")'
        for level, name in (("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99"))
    )


LATENCY = PanelSpec(
    id="latency",
    title="latency",
    unit=Unit.SECONDS,
    layer=Layer.APPLICATION,
    thresholds=(Threshold(LATENCY_LIMIT),),
    legend="{{quantile}}",
    candidates=(
        *(
            Candidate(metrics=(name,), query=_quantiles(name))
            for name in (
                "http_request_duration_seconds_bucket",
                "http_server_requests_seconds_bucket",
                "http_server_request_duration_seconds_bucket",
            )
        ),
        Candidate(
            metrics=("http_server_duration_milliseconds_bucket",),
            query=_quantiles("http_server_duration_milliseconds_bucket", divisor=" / 1000"),
        ),
        *(
            Candidate(metrics=(name,), query=_quantiles(name), title=_its_own("latency", name))
            for name in ("grpc_server_handling_seconds_bucket", "prometheus_http_request_duration_seconds_bucket")
        ),
    ),
)  # fmt: skip
GOROUTINES = PanelSpec(
    id="goroutines",
    title="goroutines",
    unit=Unit.NUMBER,
    layer=Layer.APPLICATION,
    thresholds=(Threshold(GOROUTINES_LIMIT, Severity.CRITICAL),),
    legend="{{<instance>}}",
    candidates=tuple(
        Candidate(metrics=(name,), query=_largest(_instance_max(name)))
        for name in ("app_goroutines", "go_goroutines", "go_goroutine_count", "process_runtime_go_goroutines")
    ),
)


def _mean_pause(family: str) -> str:
    return _largest(f"{_instance_rate(f'{family}_sum')} / {_instance_rate(f'{family}_count')}")


GC_PAUSE = PanelSpec(
    id="gc",
    title="GC pause",
    unit=Unit.SECONDS,
    layer=Layer.APPLICATION,
    thresholds=(Threshold(GC_PAUSE_LIMIT),),
    legend="{{<instance>}}",
    candidates=(
        *(
            Candidate(metrics=(f"{family}_sum", f"{family}_count"), query=_mean_pause(family), title="JVM GC mean")
            for family in ("jvm_gc_pause_seconds", "jvm_gc_collection_seconds", "jvm_gc_duration_seconds")
        ),
        Candidate(
            metrics=("go_gc_duration_seconds",),
            # OpenMetrics, which servers with exemplars speak, writes the same quantile as 1.0.
            query=_largest(_instance_max("go_gc_duration_seconds", 'quantile=~"1|1[.]0",')),
            title="Go GC max",
        ),
    ),
)
_OLD = '<choice>=~".*(Old|Tenured) Gen",'
OLD_GENERATION = PanelSpec(
    id="old-generation",
    title="JVM old gen",
    unit=Unit.RATIO,
    layer=Layer.APPLICATION,
    thresholds=(Threshold(OLD_GENERATION_LIMIT, Severity.CRITICAL),),
    legend="{{<instance>}}",
    y_axis=YAxis(minimum=0.0, maximum=1.0),
    candidates=tuple(
        Candidate(
            metrics=(used, limit),
            query=_largest(f"{_instance_max(used, _OLD)} / ({_instance_max(limit, _OLD)} > 0)"),
            choice=("pool", "id", "jvm_memory_pool_name"),
        )
        for used, limit in (
            ("jvm_memory_pool_bytes_used", "jvm_memory_pool_bytes_max"),
            ("jvm_memory_pool_used_bytes", "jvm_memory_pool_max_bytes"),
            ("jvm_memory_used_bytes", "jvm_memory_max_bytes"),
            ("jvm_memory_used_bytes", "jvm_memory_limit_bytes"),
        )
    ),
)


def _against(used: str, limit: str, matchers: str = "") -> str:
    """The fullest instance's use of its pool, and the pool's size, told apart by the label `of`."""
    parts = ((f"max by (<by>) ({used}{{{matchers}<scope>}})", "in use"), (f"max by (<by>) ({limit}{{<scope>}})", "max"))
    return " or ".join(f'label_replace({query}, "of", "{name}", "", "")' for query, name in parts)


POOL = PanelSpec(
    id="pool",
    title="DB connections",
    unit=Unit.NUMBER,
    layer=Layer.MIDDLEWARE,
    legend="{{<by>}} {{of}}",
    candidates=(
        *(
            Candidate(metrics=(used, limit), query=_against(used, limit), title=title)
            for used, limit, title in (
                ("go_sql_in_use_connections", "go_sql_max_open_connections", None),
                ("hikaricp_connections_active", "hikaricp_connections_max", "DB connections (Hikari)"),
                ("go_sql_stats_connections_in_use", "go_sql_stats_connections_max_open", None),
            )
        ),
        Candidate(
            metrics=("db_client_connections_usage", "db_client_connections_max"),
            query=_against("db_client_connections_usage", "db_client_connections_max", '<choice>="used",'),
            choice=("state",),
        ),
    ),
)
POOL_WAITING = PanelSpec(
    id="pool-waiting",
    title="DB waiting",
    unit=Unit.NUMBER,
    layer=Layer.MIDDLEWARE,
    thresholds=(Threshold(POOL_WAITING_LIMIT, Severity.CRITICAL),),
    candidates=(
        *(
            Candidate(metrics=(name,), query=f"max by (<by>) ({name}{{<scope>}})")
            for name in (
                "db_pool_waiting_connections",
                "hikaricp_connections_pending",
                "db_client_connections_pending_requests",
            )
        ),
        *(
            Candidate(metrics=(name,), query=_rate(name), title="DB waits/s", unit=Unit.PER_SECOND, thresholds=())
            for name in ("go_sql_wait_count_total", "go_sql_stats_connections_waited_for_total")
        ),
    ),
)
_HITS, _MISSES = "redis_keyspace_hits_total", "redis_keyspace_misses_total"
CACHE = PanelSpec(
    id="cache",
    title="cache hits",
    unit=Unit.RATIO,
    layer=Layer.MIDDLEWARE,
    thresholds=(Threshold(0.5, above=False),),
    y_axis=YAxis(minimum=0.0, maximum=1.0),
    candidates=(
        Candidate(
            metrics=("cache_requests_total",),
            query=_share("cache_requests_total", '<choice>="hit",'),
            choice=("result",),
        ),
        Candidate(
            metrics=(_HITS, _MISSES),
            query=f"{_rate(_HITS)} / ({_rate(_HITS)} + {_rate(_MISSES)})",
            title="Redis hits",
        ),
    ),
)  # fmt: skip

_QUOTA = " / ".join(
    _instance_max(metric, "<container>") for metric in ("container_spec_cpu_quota", "container_spec_cpu_period")
)
_PROCESS_CPU, _CONTAINER_CPU = "process_cpu_seconds_total", "container_cpu_usage_seconds_total"
CPU = PanelSpec(
    id="cpu",
    title="CPU",
    unit=Unit.CORES,
    layer=Layer.INFRASTRUCTURE,
    legend="{{<instance>}}",
    candidates=(
        Candidate(
            metrics=(_CONTAINER_CPU, "container_spec_cpu_quota", "container_spec_cpu_period"),
            query=_largest(f"{_instance_rate(_CONTAINER_CPU, '<container>')} / ({_QUOTA})"),
            per_container=True,
            title="CPU of limit",
            unit=Unit.RATIO,
            thresholds=_CPU_THRESHOLD,
        ),
        *(
            Candidate(
                metrics=(name,), query=_largest(_instance_max(name)), unit=Unit.RATIO, thresholds=_CPU_THRESHOLD
            )
            for name in ("process_cpu_usage", "jvm_cpu_recent_utilization_ratio")
        ),
        Candidate(
            metrics=(_PROCESS_CPU, "go_sched_gomaxprocs_threads"),
            query=_largest(f"{_instance_rate(_PROCESS_CPU)} / {_instance_max('go_sched_gomaxprocs_threads')}"),
            title="CPU of GOMAXPROCS",
            unit=Unit.RATIO,
            thresholds=_CPU_THRESHOLD,
        ),
        Candidate(metrics=(_PROCESS_CPU,), query=_largest(_instance_rate(_PROCESS_CPU)), thresholds=_CPU_THRESHOLD),
        Candidate(
            metrics=(_CONTAINER_CPU,),
            query=_largest(_instance_rate(_CONTAINER_CPU, "<container>")),
            per_container=True,
            title="CPU of containers",
            thresholds=_CPU_THRESHOLD,
        ),
    ),
)  # fmt: skip
MEMORY = PanelSpec(
    id="memory",
    title="memory",
    unit=Unit.BYTES,
    layer=Layer.INFRASTRUCTURE,
    legend="{{<instance>}}",
    candidates=(
        Candidate(
            metrics=("process_resident_memory_bytes",), query=_largest(_instance_max("process_resident_memory_bytes"))
        ),
        Candidate(
            metrics=("container_memory_working_set_bytes",),
            query=_largest(
                "sum by (<by>, <instance>) (container_memory_working_set_bytes{<container><scope>})",
            ),
            per_container=True,
            title="memory of containers",
        ),
    ),
)
NODE_CPU = PanelSpec(
    id="node-cpu",
    title="node CPU",
    unit=Unit.RATIO,
    layer=Layer.INFRASTRUCTURE,
    thresholds=_CPU_THRESHOLD,
    legend="{{<instance>}}",
    y_axis=YAxis(minimum=0.0, maximum=1.0),
    candidates=(
        Candidate(
            metrics=("node_cpu_seconds_total",),
            query=_largest(f'1 - avg by (<instance>) (rate(node_cpu_seconds_total{{mode="idle"}}{_R}))'),
            per_node=True,
        ),
    ),
)

DEFAULTS: tuple[PanelSpec, ...] = (
    REQUESTS, ERRORS, LATENCY, GOROUTINES, GC_PAUSE, OLD_GENERATION,
    POOL, POOL_WAITING, CACHE,
    CPU, MEMORY, NODE_CPU,
)  # fmt: skip
"""In the order of the screen: what a user feels first, what causes it after."""
