"""The two Go services of `servers.log_stack` as pods: their containers' log files are shipped from the node."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from servers.alertmanager import run_alertmanager
from servers.elasticsearch import Elasticsearch
from servers.jaeger import Jaeger, run_jaeger
from servers.kubernetes.client import Json
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.cluster_prometheus import run_cluster_prometheus
from servers.kubernetes.node import Node
from servers.kubernetes.workloads import PORT, container, deployment
from servers.loading import remove_index
from servers.log_stack import BACK, ERROR_RULES, FRONT, visited, wait_until_filled
from servers.process import ServerProcess
from servers.rsyslog import run_rsyslog


class ClusterLogStack(msgspec.Struct, frozen=True):
    """Where what the two services tell is kept; `front` and `back` are the names of their pods."""

    front: str
    back: str
    index: str
    jaeger: Jaeger
    prometheus: ServerProcess
    alertmanager: ServerProcess


@contextlib.contextmanager
def run_cluster_log_stack(
    cluster: Cluster, namespace: str, folder: Path, elasticsearch: Elasticsearch, *, name: str
) -> Iterator[ClusterLogStack]:
    """The stack in `namespace`, until the block ends; a line and a trace of it are found already.

    `gateway` is asked for a login ten times a second and asks `go-web-app`. Lines and spans are in indices of
    `elasticsearch` that begin with `name`; they are deleted at the end.
    """
    node = cluster.node
    assert node is not None
    with contextlib.ExitStack() as stack:
        start = stack.enter_context
        stack.callback(remove_index, elasticsearch, f"{name}-*")
        spans = run_jaeger(
            folder / "jaeger",
            elasticsearch=elasticsearch.url,
            index_prefix=f"{name}-spans",
            otlp_host=node.network.address,
        )
        jaeger = start(spans)
        back = _run_service(cluster, namespace, BACK, jaeger)
        front = _run_service(cluster, namespace, FRONT, jaeger, upstream=_url(cluster, namespace, back))
        files = dict(_log_file(node, namespace, service, pod) for service, pod in ((BACK, back), (FRONT, front)))
        index = f"{name}-lines"
        shipping = run_rsyslog(
            folder / "rsyslog", files=files, elasticsearch=elasticsearch.url, index=index, containers=True
        )
        start(shipping)
        alertmanager = start(run_alertmanager(folder / "alertmanager"))
        rules = folder / "errors.rules.yml"
        rules.write_text(ERROR_RULES)
        scraping = run_cluster_prometheus(
            cluster, folder / "prometheus", rules=[rules], alertmanager=alertmanager.address
        )
        prometheus = start(scraping)
        start(visited(_url(cluster, namespace, front)))
        wait_until_filled(elasticsearch, index, jaeger, prometheus)
        yield ClusterLogStack(front, back, index, jaeger, prometheus, alertmanager)


def _run_service(cluster: Cluster, namespace: str, name: str, jaeger: Jaeger, *, upstream: str = "") -> str:
    """Name of the pod of a Deployment of one."""
    settings = {
        "SERVICE_NAME": name,
        "UPSTREAM_URL": upstream,
        "OTEL_EXPORTER_OTLP_ENDPOINT": jaeger.otlp,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_RESOURCE_ATTRIBUTES": f"k8s.namespace.name={namespace},k8s.pod.name=$(POD_NAME)",
    }
    own_name: Json = {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    variables = [own_name, *({"name": name, "value": value} for name, value in settings.items())]
    cluster.api.apply(deployment(name, container(env=variables), replicas=1), namespace)
    cluster.wait_for_rollout(name, namespace)
    pod: str = cluster.pods(namespace, f"app.kubernetes.io/name={name}")[0]["metadata"]["name"]
    return pod


def _url(cluster: Cluster, namespace: str, pod: str) -> str:
    return f"http://{cluster.pod_address(pod, namespace)}:{PORT}"


def _log_file(node: Node, namespace: str, service: str, pod: str) -> tuple[Path, dict[str, str]]:
    """Where the runtime writes what the pod's container prints, and what a shipper adds to its lines."""
    path = node.folder / "pod-logs" / f"{namespace}_{pod}_*" / "app" / "*.log"
    fields = {"namespace": namespace, "pod.name": pod, "container.name": "app", "node.name": node.name}
    return path, {f"kubernetes.{field}": value for field, value in {**fields, "labels.app": service}.items()}
