"""Access from within a pod, by its service account (Kubernetes' "Accessing the API from a Pod")."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from opsconsole.clock import Clock
from opsconsole.config.settings import KubernetesSettings
from opsconsole.sources.credentials import FoundSettings
from opsconsole.sources.kubernetes.access.stored_credentials import TokenFileCredentials

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def inside_cluster(
    settings: KubernetesSettings, clock: Clock, environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT
) -> FoundSettings | None:
    """The API server of the cluster that this process runs in, None when it runs elsewhere."""
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (folder / "token").is_file():
        return None
    place = f"[{host}]" if ":" in host else host
    return FoundSettings(
        f"https://{place}:{port}",
        ca=folder / "ca.crt",
        headers=settings.headers,
        timeout=settings.timeout,
        proxy=settings.proxy,
        credentials=TokenFileCredentials(folder / "token", clock),
    )
