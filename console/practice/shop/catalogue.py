"""Type and help of the metrics, in the words of those who expose them.

Names: client_golang's collectors, Micrometer, HikariCP, redis_exporter, postgres_exporter,
node_exporter, cAdvisor, kube-state-metrics, the kubelet.
"""

from __future__ import annotations

from opsconsole.practice.promql.store import MetricMetadata

_FAMILIES = """
up gauge Whether the target could be scraped.
http_requests_total counter Requests served, by method, endpoint and status.
http_request_duration_seconds histogram Duration of requests in seconds.
app_goroutines gauge Goroutines of the application.
go_goroutines gauge Number of goroutines that currently exist.
go_gc_duration_seconds summary A summary of the wall-time pause (stop-the-world) duration in garbage collection cycles.
go_memstats_heap_inuse_bytes gauge Number of heap bytes that are in use.
go_sql_in_use_connections gauge The number of connections currently in use.
go_sql_idle_connections gauge The number of idle connections.
go_sql_max_open_connections gauge Maximum number of open connections to the database.
go_sql_wait_count_total counter The total number of connections waited for.
db_pool_waiting_connections gauge Requests that wait for a connection.
cache_requests_total counter Cache look-ups, by cache and result.
process_cpu_seconds_total counter Total user and system CPU time spent in seconds.
process_resident_memory_bytes gauge Resident memory size in bytes.
process_start_time_seconds gauge Start time of the process since unix epoch in seconds.
container_cpu_usage_seconds_total counter Cumulative cpu time consumed in seconds.
container_memory_working_set_bytes gauge Current working set in bytes.
container_spec_memory_limit_bytes gauge Memory limit for the container.
jvm_memory_pool_bytes_used gauge Used bytes of a given JVM memory pool.
jvm_memory_pool_bytes_max gauge Max bytes of a given JVM memory pool.
jvm_gc_pause_seconds summary Time spent in GC pause.
jvm_threads_current gauge Current thread count of a JVM.
hikaricp_connections_active gauge Active connections.
hikaricp_connections_pending gauge Pending threads.
hikaricp_connections_max gauge Max connections.
redis_up gauge Whether the redis instance answers.
redis_keyspace_hits_total counter Successful look-ups of keys in the main dictionary.
redis_keyspace_misses_total counter Failed look-ups of keys in the main dictionary.
redis_connected_clients gauge Client connections.
redis_memory_used_bytes gauge Bytes allocated by redis.
pg_up gauge Whether the last scrape of metrics from PostgreSQL was able to connect to the server.
pg_stat_activity_count gauge Number of connections in this state.
pg_settings_max_connections gauge Maximum number of concurrent connections.
pg_stat_database_xact_commit counter Number of transactions in this database that have been committed.
node_cpu_seconds_total counter Seconds the CPUs spent in each mode.
node_memory_MemAvailable_bytes gauge Memory information field MemAvailable_bytes.
node_memory_MemTotal_bytes gauge Memory information field MemTotal_bytes.
node_disk_io_time_seconds_total counter Total seconds spent doing I/Os.
node_load1 gauge 1m load average.
kube_pod_container_status_restarts_total counter The number of container restarts per container.
kube_pod_status_ready gauge Describes whether the pod is ready to serve requests.
kube_pod_info gauge Information about pod.
kube_deployment_spec_replicas gauge Number of desired pods for a deployment.
kube_deployment_status_replicas_available gauge The number of available replicas per deployment.
prober_probe_total counter Cumulative number of a liveness, readiness or startup probe for a container by result.
"""


def _unit(name: str) -> str:
    bare = name.removesuffix("_total")
    return next((unit for unit in ("seconds", "bytes") if bare.endswith("_" + unit)), "")


METADATA: dict[str, MetricMetadata] = {
    name: MetricMetadata(kind, words, _unit(name))
    for name, kind, words in (line.split(" ", 2) for line in _FAMILIES.strip().splitlines())
}
