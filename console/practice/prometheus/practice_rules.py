"""The alerting rules of the practice cluster.

The thresholds for goroutines (more than 1000 in one instance), CPU (over 85 % for 2 minutes), the
old generation (over 95 %) and the pool are those of the guide the shop's failures come from.
"""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.practice.prometheus.rules import AlertRule, RuleGroup

RUNBOOKS = "https://runbooks.shop.example"
"""Where the runbooks of the shop are said to be; an address of a domain that is reserved for examples."""


def _rule(
    name: str, severity: str, topic: str, hold: float, expression: str, texts: tuple[str, str], **labels: str
) -> AlertRule:
    """`topic` becomes the label `alertgroup`, within which a critical alert inhibits a warning."""
    summary, description = texts
    annotations: Mapping[str, str] = {
        "summary": summary,
        "description": description,
        "runbook_url": f"{RUNBOOKS}/{name}",
    }
    return AlertRule(name, expression, hold, {"severity": severity, "alertgroup": topic, **labels}, annotations)


_ERROR_RATIO = (
    'sum by (namespace, service) (rate(http_requests_total{status=~"5.."}[1m]))'
    " / sum by (namespace, service) (rate(http_requests_total[1m]))"
)
_ERRORS = (
    "{{ $labels.service }} fails {{ $value | humanizePercentage }} of its requests",
    "The share of 5xx answers of {{ $labels.service }} is {{ $value | humanizePercentage }}.",
)
_P95 = "histogram_quantile(0.95, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[1m])))"
_LATENCY = (
    "{{ $labels.service }} answers slowly: p95 {{ $value | humanizeDuration }}",
    "95 % of the requests of {{ $labels.service }} take up to {{ $value | humanizeDuration }}.",
)
_NODE_CPU = (
    '(1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[1m])))'
    " * on (node) group_right () (topk by (node) (1,"
    " sum by (node, namespace, service, pod) (rate(container_cpu_usage_seconds_total[1m]))) > bool 0) > 0.85"
)

TRAFFIC = RuleGroup(
    "shop.traffic",
    (
        _rule("ErrorRateHigh", "critical", "errors", 30, f"{_ERROR_RATIO} > 0.05", _ERRORS),
        _rule("ErrorRateHigh", "warning", "errors", 30, f"{_ERROR_RATIO} > 0.01", _ERRORS),
        _rule("LatencyHigh", "critical", "latency", 60, f"{_P95} > 1", _LATENCY),
        _rule("LatencyHigh", "warning", "latency", 60, f"{_P95} > 0.2", _LATENCY),
    ),
)

RUNTIME = RuleGroup(
    "shop.runtime",
    (
        _rule(
            "GoroutinesHigh",
            "critical",
            "saturation",
            0,
            "app_goroutines > 1000",
            (
                "{{ $labels.pod }} runs {{ $value | humanize }} goroutines",
                "More than 1000 goroutines in one instance of {{ $labels.service }}: a leak, a busy loop or a pile-up.",
            ),
        ),
        _rule(
            "CPUHigh",
            "warning",
            "saturation",
            120,
            "rate(process_cpu_seconds_total[1m]) > 0.85 and on (namespace, pod) app_goroutines",
            (
                "{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its CPU",
                "{{ $labels.pod }} has used more than 85 % of its one core for 2 minutes.",
            ),
        ),
        _rule(
            "PoolWaiting",
            "critical",
            "pool",
            30,
            "max by (namespace, service, pod) (db_pool_waiting_connections) > 50",
            (
                "{{ $value | humanize }} requests of {{ $labels.pod }} wait for a connection",
                "The connection pool of {{ $labels.pod }} is at its cap and requests queue for it.",
            ),
        ),
        _rule(
            "PoolSaturated",
            "warning",
            "pool",
            60,
            "go_sql_in_use_connections / go_sql_max_open_connections > 0.9",
            (
                "{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its connections",
                "More than 90 % of the connections of {{ $labels.pod }} have been in use for a minute.",
            ),
        ),
        _rule(
            "OldGenerationHigh",
            "critical",
            "memory",
            60,
            'jvm_memory_pool_bytes_used{pool="G1 Old Gen"} / jvm_memory_pool_bytes_max > 0.95',
            (
                "Old generation of {{ $labels.pod }} is {{ $value | humanizePercentage }} full",
                "The old generation of {{ $labels.pod }} is over 95 %: Full GC follows Full GC.",
            ),
        ),
        _rule(
            "CacheHitRateLow",
            "warning",
            "cache",
            60,
            'sum by (namespace, service) (rate(cache_requests_total{result="hit"}[1m]))'
            " / sum by (namespace, service) (rate(cache_requests_total[1m])) < 0.5",
            (
                "{{ $labels.service }} finds {{ $value | humanizePercentage }} in its cache",
                "Less than half of the look-ups of {{ $labels.service }} hit; the rest goes to the database.",
            ),
        ),
    ),
)

PLATFORM = RuleGroup(
    "shop.platform",
    (
        _rule(
            "CPUHigh",
            "warning",
            "saturation",
            120,
            _NODE_CPU,
            (
                "{{ $labels.node }} is {{ $value | humanizePercentage }} busy, mostly with {{ $labels.pod }}",
                "{{ $labels.node }} has been over 85 % for 2 minutes; {{ $labels.pod }} uses the most.",
            ),
        ),
        _rule(
            "PodNotReady",
            "warning",
            "probes",
            60,
            'kube_pod_status_ready{condition="true", namespace="shop"} == 0',
            ("{{ $labels.pod }} is not ready", "{{ $labels.pod }} has been out of traffic for a minute."),
        ),
        _rule(
            "StartupProbeFailing",
            "critical",
            "probes",
            0,
            'sum by (namespace, service, pod) (increase(prober_probe_total{probe_type="Startup", result="failed"}[5m]))'
            " > 6",
            (
                "{{ $labels.pod }} does not get past its startup probe",
                "The startup probe of {{ $labels.pod }} keeps failing; the kubelet will restart the container.",
            ),
        ),
        _rule(
            "ContainerRestarting",
            "warning",
            "probes",
            0,
            "round(increase(kube_pod_container_status_restarts_total[10m])) > 0",
            (
                "{{ $labels.container }} in {{ $labels.pod }} restarted",
                "{{ $labels.container }} in {{ $labels.pod }} restarted {{ $value }} times in 10 minutes.",
            ),
        ),
        _rule(
            "TargetDown",
            "critical",
            "targets",
            60,
            "up == 0",
            ("{{ $labels.instance }} can't be scraped", "{{ $labels.job }} {{ $labels.instance }} is down."),
        ),
        _rule(
            "Watchdog",
            "info",
            "heartbeat",
            0,
            "vector(1)",
            ("Alerting works", "Always fires, so that its absence shows that alerting is broken."),
            namespace="monitoring",
            service="prometheus",
        ),
    ),
)

PRACTICE_RULES: tuple[RuleGroup, ...] = (TRAFFIC, RUNTIME, PLATFORM)
