"""Tells Prometheus which pods to scrape: Debian's build can't ask Kubernetes itself, but it can ask over HTTP."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import httpx

from servers.kubernetes.client import Json

if TYPE_CHECKING:
    from servers.kubernetes.cluster import Cluster

ANNOTATION = "prometheus.io"
NAME_LABEL = "app.kubernetes.io/name"


def targets(pods: list[Json]) -> list[Json]:
    """Targets of `pods` as Prometheus' HTTP discovery takes them: the running ones annotated `prometheus.io/scrape`.

    Labels are namespace, pod, node, container where a pod has but one, and service from the pod's label
    `app.kubernetes.io/name`.
    """
    return [_target(pod) for pod in pods if _is_scraped(pod)]


def _is_scraped(pod: Json) -> bool:
    annotations, status = pod["metadata"].get("annotations", {}), pod["status"]
    return annotations.get(f"{ANNOTATION}/scrape") == "true" and status.get("phase") == "Running" and "podIP" in status


def _target(pod: Json) -> Json:
    meta, spec = pod["metadata"], pod["spec"]
    labels = {"namespace": meta["namespace"], "pod": meta["name"], "node": spec["nodeName"]}
    if len(spec["containers"]) == 1:
        labels["container"] = spec["containers"][0]["name"]
    if service := meta.get("labels", {}).get(NAME_LABEL):
        labels["service"] = service
    port = meta["annotations"].get(f"{ANNOTATION}/port", "80")
    return {"targets": [f"{pod['status']['podIP']}:{port}"], "labels": labels}


@contextlib.contextmanager
def run_discovery(cluster: Cluster) -> Iterator[str]:
    """URL at which the targets of all namespaces are told, freshly listed at each request, until the block ends.

    Answers 503 while the API server can't be reached; Prometheus then keeps the targets it has.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body = json.dumps(targets(cluster.api.items("/api/v1/pods"))).encode()
            except httpx.HTTPError:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  - the base class names it so
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, name="discovery", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
