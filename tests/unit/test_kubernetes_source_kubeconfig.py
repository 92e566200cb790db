"""Which cluster a kubeconfig leads to, and what the console refuses to do with it."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from fake_clock import FakeClock
from faulty_server import replying, served
from opsconsole.clock import SystemClock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.sources.credentials import ClientCertificate, Credentials, FoundSettings
from opsconsole.sources.kubernetes.access import reached_by
from opsconsole.sources.kubernetes.source import KubernetesSource
from opsconsole.sources.wire import KUBERNETES_READS, Wire
from opsconsole.write_mode import WriteMode


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


def shown(found: FoundSettings) -> Credentials:
    assert found.credentials is not None
    return asyncio.run(found.credentials.current())


def test_a_token_goes_into_the_header_and_the_server_into_the_url(tmp_path: Path) -> None:
    found = reached_by(settings(written(tmp_path, kubeconfig())))
    assert (found.url, found.timeout) == ("https://prod.test:6443", 7)
    assert shown(found) == Credentials((("Authorization", "Bearer token-of-prod"),))


def test_certificates_are_files_relative_to_the_kubeconfig_or_data(tmp_path: Path) -> None:
    written(tmp_path, "CERT", "client.crt")
    user = {"client-certificate": "client.crt", "client-key-data": base64.b64encode(b"KEY").decode()}
    authority = base64.b64encode(b"CA").decode()
    text = kubeconfig(user=user, **{"certificate-authority-data": authority})
    found = reached_by(settings(written(tmp_path, text)))
    assert shown(found) == Credentials((), ClientCertificate(b"CERT", b"KEY"))
    assert found.ca is not None
    assert found.ca.read_text() == "CA"
    assert found.ca.stat().st_mode & 0o077 == 0


def test_a_user_and_password_become_basic_credentials(tmp_path: Path) -> None:
    found = reached_by(settings(written(tmp_path, kubeconfig(user={"username": "u", "password": "p"}))))
    assert shown(found).headers == (("Authorization", "Basic " + base64.b64encode(b"u:p").decode()),)


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


@pytest.mark.parametrize("accepted", [(), (401,)])
async def test_a_read_is_asked_once_more_whether_its_401_raises_or_is_an_answer(
    tmp_path: Path, accepted: tuple[int, ...]
) -> None:
    path = written(tmp_path, kubeconfig(user={"token": "old"}))
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        path.write_text(kubeconfig(user={"token": "new"}))
        return httpx.Response(200 if asked[-1] == "Bearer new" else 401, json={})

    transport = httpx.MockTransport(handler)
    wire = Wire("kubernetes", reached_by(settings(path)), SystemClock(), KUBERNETES_READS, transport=transport)
    assert (await wire.request("GET", "/version", accept=accepted)).status == 200
    assert asked == ["Bearer old", "Bearer new"]
    await wire.close()


async def test_a_change_is_never_sent_again(tmp_path: Path) -> None:
    path, clock = written(tmp_path, kubeconfig(user={"token": "old"})), FakeClock()
    mode = WriteMode(clock)
    mode.open()
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        path.write_text(kubeconfig(user={"token": "new"}))
        return httpx.Response(401, json={})

    wire = Wire(
        "kubernetes", reached_by(settings(path)), clock, KUBERNETES_READS, write_mode=mode,
        transport=httpx.MockTransport(handler),
    )  # fmt: skip
    with pytest.raises(SourceError, match="401"):
        await wire.request("PATCH", "/x", json={}, permit=mode.permit("PATCH", "/x", "op"))
    assert asked == ["Bearer old"]
    await wire.close()


def test_each_path_starts_at_the_folder_of_the_file_it_stands_in(tmp_path: Path) -> None:
    for name in ("clusters", "users"):
        (tmp_path / name).mkdir()
    written(tmp_path / "clusters", "CA", "ca.crt")
    written(tmp_path / "users", "CERT", "me.crt")
    written(tmp_path / "users", "KEY", "me.key")
    cluster = json.loads(kubeconfig(**{"certificate-authority": "ca.crt"})) | {"users": []}
    user = json.loads(kubeconfig(user={"client-certificate": "me.crt", "client-key": "me.key"}))
    first = written(tmp_path / "clusters", json.dumps(cluster))
    second = written(tmp_path / "users", json.dumps(user | {"clusters": [], "contexts": []}))
    found = reached_by(settings(None), environ={"KUBECONFIG": f"{first}:{second}"})
    assert found.ca == tmp_path / "clusters" / "ca.crt"
    assert shown(found).certificate == ClientCertificate(b"CERT", b"KEY")


def test_the_first_definition_of_a_name_counts(tmp_path: Path) -> None:
    first = written(tmp_path, kubeconfig(user={"token": "first"}), "a")
    second = written(tmp_path, kubeconfig(user={"token": "second"}, server="https://other.test"), "b")
    found = reached_by(settings(None), environ={"KUBECONFIG": f"{first}:{second}"})
    assert (found.url, shown(found).headers) == ("https://prod.test:6443", (("Authorization", "Bearer first"),))


def test_acting_as_somebody_else_becomes_headers(tmp_path: Path) -> None:
    user = {
        "token": "t", "as": "jane", "as-uid": "7", "as-groups": ["dev", "ops"],
        "as-user-extra": {"acme.com/project": ["a", "b"]},
    }  # fmt: skip
    assert shown(reached_by(settings(written(tmp_path, kubeconfig(user=user))))).headers == (
        ("Authorization", "Bearer t"),
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "dev"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Extra-acme.com%2Fproject", "a"),
        ("Impersonate-Extra-acme.com%2Fproject", "b"),
    )


@pytest.mark.parametrize("user", [{"as-groups": ["ops"]}, {"as": "j\u00e4ne"}, {"as": "x\r\nX-Evil: 1"}])
def test_acting_as_what_no_header_can_say_is_refused(tmp_path: Path, user: dict[str, Any]) -> None:
    assert refusal(written(tmp_path, kubeconfig(user=user))).kind is ErrorKind.CONFIGURATION


async def test_every_group_reaches_the_server(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    found = reached_by(settings(written(tmp_path, kubeconfig(user={"as": "jane", "as-groups": ["dev", "ops"]}))))
    wire = Wire("kubernetes", found, SystemClock(), KUBERNETES_READS, transport=httpx.MockTransport(handler))
    await wire.request("GET", "/version")
    assert asked[0].headers.get_list("impersonate-group") == ["dev", "ops"]
    await wire.close()


async def test_a_token_file_is_read_again_every_minute_and_after_a_refusal(tmp_path: Path) -> None:
    token, clock = written(tmp_path, " first\n", "token"), FakeClock()
    found = reached_by(settings(written(tmp_path, kubeconfig(user={"tokenFile": "token", "as": "jane"}))), clock)
    source = found.credentials
    assert source is not None
    first = await source.current()
    assert first.headers == (("Authorization", "Bearer first"), ("Impersonate-User", "jane"))
    token.write_text("second")
    await clock.advance(59)
    assert await source.current() == first
    await clock.advance(1)
    second = await source.current()
    assert second.headers[0] == ("Authorization", "Bearer second")
    assert not await source.refused(second)
    token.write_text("third")
    assert await source.refused(second)
    token.unlink()
    await clock.advance(60)
    assert (await source.current()).headers[0] == ("Authorization", "Bearer third")


def test_a_token_file_that_was_never_there_is_named(tmp_path: Path) -> None:
    found = reached_by(settings(written(tmp_path, kubeconfig(user={"tokenFile": "gone"}))))
    with pytest.raises(SourceError, match=f"there is no token in {tmp_path / 'gone'}"):
        shown(found)


def test_inside_a_pod_its_service_account_is_used(tmp_path: Path) -> None:
    written(tmp_path, "from-the-kubelet\n", "token")
    inside = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443", "KUBECONFIG": "/not/there"}
    found = reached_by(KubernetesSettings("", timeout=7), None, inside, tmp_path)
    assert (found.url, found.ca, found.timeout) == ("https://[fd00::1]:443", tmp_path / "ca.crt", 7)
    assert shown(found).headers == (("Authorization", "Bearer from-the-kubelet"),)


@pytest.mark.parametrize("context", [None, "prod"])
def test_outside_of_a_pod_a_missing_kubeconfig_is_an_error(tmp_path: Path, context: str | None) -> None:
    inside = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443", "KUBECONFIG": "/not/there"}
    folder = tmp_path / "none"
    if context:
        folder = tmp_path
        written(tmp_path, "token", "token")
    with pytest.raises(SourceError, match="no kubeconfig at /not/there"):
        reached_by(KubernetesSettings("", context=context), None, inside, folder)


def test_the_proxy_of_the_cluster_is_used_unless_the_settings_name_one(tmp_path: Path) -> None:
    path = written(tmp_path, kubeconfig(**{"proxy-url": "http://me:pw@bastion:3128"}))
    found = reached_by(settings(path))
    assert found.proxy == "http://me:pw@bastion:3128"
    assert "pw" not in repr(found)
    assert reached_by(KubernetesSettings("", kubeconfig=path, proxy="http://own:1")).proxy == "http://own:1"


def server_tls(authority: trustme.CA, *names: str, wants_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    if wants_client:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_the_certificate_is_checked_against_the_tls_server_name(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with served(replying(200, b"{}"), server_tls(authority, "api.prod.test")) as url:
        for name, trusted in (("api.prod.test", True), ("api.other.test", False), (None, False)):
            cluster = {"server": url, "certificate-authority": "ca.pem"} | ({"tls-server-name": name} if name else {})
            found = reached_by(settings(written(tmp_path, kubeconfig(**cluster))))
            wire = Wire("kubernetes", found, SystemClock(), KUBERNETES_READS)
            if trusted:
                await wire.request("GET", "/version")
            else:
                with pytest.raises(SourceError) as caught:
                    await wire.request("GET", "/version")
                assert caught.value.kind is ErrorKind.TLS
            await wire.close()


async def test_a_client_certificate_is_shown_from_memory_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    me = authority.issue_cert("me@prod.test")
    user = {
        "client-certificate-data": base64.b64encode(me.cert_chain_pems[0].bytes()).decode(),
        "client-key-data": base64.b64encode(me.private_key_pem.bytes()).decode(),
    }
    async with served(replying(200, b"{}"), server_tls(authority, "127.0.0.1", wants_client=True)) as url:
        text = kubeconfig(user=user, server=url, **{"certificate-authority": "ca.pem"})
        found = reached_by(settings(written(tmp_path, text)))
        (tmp_path / "temporary").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
        wire = Wire("kubernetes", found, SystemClock(), KUBERNETES_READS)
        assert (await wire.request("GET", "/version")).status == 200
        assert list((tmp_path / "temporary").iterdir()) == []
        await wire.close()


async def test_a_renewed_client_certificate_is_shown_on_new_connections(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    seen: list[str] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        certificate = writer.get_extra_info("peercert")
        seen.append(dict(pair for part in certificate["subjectAltName"] for pair in [part])["email"])
        await replying(401 if seen[-1].startswith("old") else 200, b"{}")(reader, writer)

    def store(name: str) -> None:
        me = authority.issue_cert(name)
        me.cert_chain_pems[0].write_to_path(tmp_path / "me.crt")
        me.private_key_pem.write_to_path(tmp_path / "me.key")

    store("old@prod.test")
    async with served(script, server_tls(authority, "127.0.0.1", wants_client=True)) as url:
        user = {"client-certificate": "me.crt", "client-key": "me.key"}
        text = kubeconfig(user=user, server=url, **{"certificate-authority": "ca.pem"})
        wire = Wire(
            "kubernetes", reached_by(settings(written(tmp_path, text))), SystemClock(), KUBERNETES_READS
        )  # fmt: skip
        with pytest.raises(SourceError, match="401"):
            await wire.request("GET", "/version")
        store("new@prod.test")
        assert (await wire.request("GET", "/version")).status == 200
        assert seen == ["old@prod.test", "old@prod.test", "new@prod.test"]
        await wire.close()


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
