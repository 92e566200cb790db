"""Which cluster a kubeconfig leads to, and what the console refuses to do with it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.scope import Selection
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.kubeconfig import reached_by
from opsconsole.sources.kubernetes.source import KubernetesSource
from opsconsole.sources.wire import KUBERNETES_READS, Wire


def kubeconfig(
    name: str = "prod", *, user: dict[str, Any] | None = None, current: str | None = "", **cluster: Any
) -> str:
    """A file of one context; JSON is YAML."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": f"https://{name}.test:6443"} | cluster}],
            "users": [{"name": name, "user": {"token": f"token-of-{name}"} if user is None else user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        }
        | ({} if current is None else {"current-context": current or name})
    )


def written(folder: Path, text: str, name: str = "config") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def settings(path: Path | None, context: str | None = None) -> KubernetesSettings:
    return KubernetesSettings("", kubeconfig=path, context=context, timeout=7)


def refusal(path: Path | None, context: str | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        reached_by(settings(path, context))
    return caught.value


def test_a_token_goes_into_the_header_and_the_server_into_the_url(tmp_path: Path) -> None:
    found = reached_by(settings(written(tmp_path, kubeconfig())))
    assert (found.url, found.timeout) == ("https://prod.test:6443", 7)
    assert found.headers == {"Authorization": "Bearer token-of-prod"}


def test_certificates_are_files_relative_to_the_kubeconfig_or_data(tmp_path: Path) -> None:
    written(tmp_path, "CERT", "client.crt")
    user = {"client-certificate": "client.crt", "client-key-data": base64.b64encode(b"KEY").decode()}
    authority = base64.b64encode(b"CA").decode()
    text = kubeconfig(user=user, **{"certificate-authority-data": authority})
    found = reached_by(settings(written(tmp_path, text)))
    assert found.headers == {}
    assert found.ca is not None
    assert found.client_key is not None
    assert found.client_certificate == tmp_path / "client.crt"
    assert (found.ca.read_text(), found.client_key.read_text()) == ("CA", "KEY")
    assert found.client_key.stat().st_mode & 0o077 == 0


def test_a_user_and_password_become_basic_credentials(tmp_path: Path) -> None:
    found = reached_by(settings(written(tmp_path, kubeconfig(user={"username": "u", "password": "p"}))))
    assert found.headers == {"Authorization": "Basic " + base64.b64encode(b"u:p").decode()}


def test_of_several_files_the_first_ones_context_wins_as_in_kubectl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path, kubeconfig("first"), "a")
    second = written(tmp_path, kubeconfig("second"), "b")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'missing'}:{second}")
    assert reached_by(settings(None)).url == "https://first.test:6443"
    assert reached_by(settings(None, "second")).url == "https://second.test:6443"


def test_a_file_without_a_context_leaves_the_choice_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path, kubeconfig("first", current=None), "a")
    second = written(tmp_path, kubeconfig("second"), "b")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")
    assert reached_by(settings(None)).url == "https://second.test:6443"


def test_a_credential_program_is_named_and_never_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    plugin = written(tmp_path, f"#!/bin/sh\ntouch {trace}\n", "plugin")
    plugin.chmod(0o700)
    user = {
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    }
    error = refusal(written(tmp_path, kubeconfig(user=user)))
    assert error.kind is ErrorKind.CONFIGURATION
    assert str(plugin) in error.sentence
    assert not trace.exists()


def test_a_provider_of_old_is_refused_as_well(tmp_path: Path) -> None:
    error = refusal(written(tmp_path, kubeconfig(user={"auth-provider": {"name": "oidc", "config": {}}})))
    assert (error.kind, "oidc" in error.sentence) == (ErrorKind.CONFIGURATION, True)


def test_a_cluster_whose_certificate_is_not_to_be_checked_is_refused(tmp_path: Path) -> None:
    error = refusal(written(tmp_path, kubeconfig(**{"insecure-skip-tls-verify": True})))
    assert error.kind is ErrorKind.TLS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "just text",
        "[]",
        "{}",
        '{"clusters": 3, "current-context": "x"}',
        kubeconfig(current="gone"),
        "\x00",
    ],
)
def test_a_broken_file_is_one_sentence_and_no_traceback(tmp_path: Path, text: str) -> None:
    error = refusal(written(tmp_path, text))
    assert error.kind is ErrorKind.CONFIGURATION
    assert "\n" not in error.sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in refusal(tmp_path / "none").sentence


def test_an_unknown_context_is_named(tmp_path: Path) -> None:
    assert "staging" in refusal(written(tmp_path, kubeconfig()), "staging").sentence


async def test_the_source_asks_the_server_of_the_context_with_its_token(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"metadata": {}, "items": []})

    def wire_of(found: SourceSettings) -> Wire:
        return Wire("kubernetes", found, SystemClock(), KUBERNETES_READS, transport=httpx.MockTransport(handler))

    source = KubernetesSource(settings(written(tmp_path, kubeconfig())), wire_of, SystemClock())
    await source.pods(Selection(SafeText("prod")))
    assert {request.url.host for request in asked} == {"prod.test"}
    assert {request.headers["authorization"] for request in asked} == {"Bearer token-of-prod"}
    await source.close()


async def test_a_renewed_token_of_the_file_is_used_after_a_refusal(tmp_path: Path) -> None:
    path = written(tmp_path, kubeconfig(user={"token": "old"}))

    def handler(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer new":
            return httpx.Response(200, json={"metadata": {}, "items": []})
        return httpx.Response(401, json={"message": "Unauthorized"})

    def wire_of(found: SourceSettings) -> Wire:
        return Wire("kubernetes", found, SystemClock(), KUBERNETES_READS, transport=httpx.MockTransport(handler))

    source = KubernetesSource(settings(path), wire_of, SystemClock())
    with pytest.raises(SourceError, match="renew the credentials of this context in the kubeconfig"):
        await source.pods(Selection(SafeText("prod")))
    path.write_text(kubeconfig(user={"token": "new"}))
    assert (await source.pods(Selection(SafeText("prod")))).value.pods == ()
    await source.close()
