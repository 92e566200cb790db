"""Kubeconfig files with everything inside, so that they can be copied anywhere."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from servers.kubernetes.certificates import Certificate


def write_kubeconfig(path: Path, url: str, authority: Path, user: Certificate, namespace: str = "default") -> Path:
    """Write a kubeconfig of one context, `real`, to `path`, and return the path. JSON is YAML."""
    wire = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "real",
        "clusters": [{"name": "real", "cluster": {"server": url, "certificate-authority-data": _encoded(authority)}}],
        "users": [
            {
                "name": "user",
                "user": {
                    "client-certificate-data": _encoded(user.certificate),
                    "client-key-data": _encoded(user.key),
                },
            }
        ],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "user", "namespace": namespace}}],
    }
    path.write_text(json.dumps(wire, indent=2))
    path.chmod(0o600)
    return path


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
