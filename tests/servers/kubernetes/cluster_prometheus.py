"""Prometheus as it stands in a cluster: it scrapes the kubelet and every annotated pod."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from servers.kubernetes.client import Json
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.discovery import run_discovery
from servers.kubernetes.node import Node
from servers.process import ServerProcess
from servers.prometheus import run_prometheus


@contextlib.contextmanager
def run_cluster_prometheus(
    cluster: Cluster,
    folder: Path,
    *,
    rules: Sequence[Path] = (),
    alertmanager: str | None = None,
    interval: str = "1s",
) -> Iterator[ServerProcess]:
    """Prometheus with jobs `kubelet-probes`, `kubelet-cadvisor` and `pods`, until the block ends.

    Job `pods` has what `servers.kubernetes.discovery.targets` says, asked anew every `interval`. cAdvisor's
    figures are those of the kubelet's last look, every ten seconds.
    """
    with run_discovery(cluster) as discovery:
        found = [{"url": discovery, "refresh_interval": interval}]
        jobs: list[Json] = [{"job_name": "pods", "http_sd_configs": found}]
        if cluster.node is not None:
            jobs.append(_kubelet_job(cluster, cluster.node, "kubelet-probes", "/metrics/probes"))
            jobs.append(_kubelet_job(cluster, cluster.node, "kubelet-cadvisor", "/metrics/cadvisor"))
        with run_prometheus(
            folder, rules=rules, alertmanager=alertmanager, interval=interval, scrape_configs=jobs
        ) as server:
            yield server


def _kubelet_job(cluster: Cluster, node: Node, name: str, path: str) -> Json:
    admin = cluster.plane.admin
    authority = {"ca_file": str(cluster.ca), "cert_file": str(admin.certificate), "key_file": str(admin.key)}
    address = node.kubelet_url.removeprefix("https://")
    return {
        "job_name": name,
        "scheme": "https",
        "metrics_path": path,
        "tls_config": authority,
        "static_configs": [{"targets": [address], "labels": {"node": node.name}}],
    }
