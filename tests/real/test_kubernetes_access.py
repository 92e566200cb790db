"""A real API server says who we are, however a kubeconfig lets us prove it."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import KubernetesSettings
from opsconsole.domain.errors import SourceError
from opsconsole.sources.kubernetes.access import reached_by
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from servers.kubernetes.cluster import Cluster

pytestmark = pytest.mark.kubernetes

WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


def edited(cluster: Cluster, folder: Path, user: dict[str, Any] | None = None, **of_cluster: str) -> Path:
    """The administrator's kubeconfig with keys of its cluster, or its user, replaced; in `folder`."""
    tree = json.loads(Path(cluster.kubeconfig).read_text())
    tree["clusters"][0]["cluster"] |= of_cluster
    if user is not None:
        tree["users"][0]["user"] = user
    (folder / "config").write_text(json.dumps(tree))
    return folder / "config"


def who_am_i(path: Path, *exec_plugins: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        clock = SystemClock()
        found = reached_by(KubernetesSettings("", kubeconfig=path, exec_plugins=exec_plugins or None), clock)
        wire = Wire("kubernetes", found, clock, KUBERNETES_READS)
        try:
            answer = await wire.request("POST", WHO_AM_I, json=REVIEW)
        finally:
            await wire.close()
        info: dict[str, Any] = json.loads(answer.body)["status"]["userInfo"]
        return info

    return asyncio.run(ask())


def user_of(path: Path) -> dict[str, str]:
    user: dict[str, str] = json.loads(path.read_text())["users"][0]["user"]
    return user


def test_every_way_of_a_kubeconfig_to_prove_who_we_are(api_server: Cluster, tmp_path: Path) -> None:
    certified = who_am_i(Path(api_server.kubeconfig_for("alice", ["team"])))
    assert (certified["username"], "team" in certified["groups"]) == ("alice", True)
    impersonates_with_everything(api_server, tmp_path)
    signs_in_by_a_program(api_server, tmp_path)
    follows_a_token_file(api_server, tmp_path)
    checks_another_server_name(api_server, tmp_path)


def impersonates_with_everything(cluster: Cluster, folder: Path) -> None:
    user = user_of(Path(cluster.kubeconfig)) | {
        "as": "jane", "as-uid": "7", "as-groups": ["dev", "ops"], "as-user-extra": {"acme.com/project": ["a", "b"]},
    }  # fmt: skip
    seen = who_am_i(edited(cluster, folder, user))
    assert (seen["username"], seen["uid"], seen["extra"]) == ("jane", "7", {"acme.com/project": ["a", "b"]})
    assert {"dev", "ops"} <= set(seen["groups"])


def signs_in_by_a_program(cluster: Cluster, folder: Path) -> None:
    alice = user_of(Path(cluster.kubeconfig_for("alice", ["team"])))
    status = {
        "clientCertificateData": base64.b64decode(alice["client-certificate-data"]).decode(),
        "clientKeyData": base64.b64decode(alice["client-key-data"]).decode(),
    }
    version = "client.authentication.k8s.io/v1"
    printed = folder / "printed"
    printed.write_text(json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status}))
    program = folder / "corp-login"
    program.write_text(f"#!/bin/sh\ncat {printed}\n")
    program.chmod(0o700)
    described = {"apiVersion": version, "command": "./corp-login", "interactiveMode": "Never"}
    path = edited(cluster, folder, {"exec": described})
    assert who_am_i(path, str(program))["username"] == "alice"
    with pytest.raises(SourceError, match="exec_plugins"):
        who_am_i(path)


def follows_a_token_file(cluster: Cluster, folder: Path) -> None:
    account = "/api/v1/namespaces/default/serviceaccounts"
    cluster.api.post(account, {"metadata": {"name": "console"}})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    issued = cluster.api.post(f"{account}/console/token", request)
    (folder / "token").write_text(issued["status"]["token"] + "\n")
    path = edited(cluster, folder, {"tokenFile": "token"})
    assert who_am_i(path)["username"] == "system:serviceaccount:default:console"
    (folder / "token").write_text("not-a-token")
    with pytest.raises(SourceError, match="401"):
        who_am_i(path)


def checks_another_server_name(cluster: Cluster, folder: Path) -> None:
    """Its certificate names addresses alone, so `localhost` is none of its names."""
    user, by_name = user_of(Path(cluster.kubeconfig)), cluster.url.replace("127.0.0.1", "localhost")
    assert who_am_i(edited(cluster, folder, user, **{"server": by_name, "tls-server-name": "127.0.0.1"}))["username"]
    for wrong in ({"server": by_name}, {"tls-server-name": "other.test"}):
        with pytest.raises(SourceError, match="certificate"):
            who_am_i(edited(cluster, folder, user, **wrong))
