"""Credential programs of a kubeconfig: which are run, how, and what becomes of what they print."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from fake_clock import FakeClock
from opsconsole.clock import SystemClock
from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.sources.credentials import ClientCertificate, Credentials, CredentialSource
from opsconsole.sources.kubernetes.access import ClusterAccess, PluginCredentials, Reached, reached_by
from opsconsole.sources.kubernetes.access.plugin import WELL_KNOWN
from opsconsole.sources.wire import KUBERNETES_READS, Wire

V1 = "client.authentication.k8s.io/v1"
BETA = "client.authentication.k8s.io/v1beta1"


class Plugin:
    """A shell script below a kubeconfig's `exec`; every run adds a line to `runs`."""

    def __init__(self, folder: Path, body: str, name: str = "corp-login") -> None:
        self.folder = folder
        self.path = folder / name
        self.runs = folder / "runs"
        self.path.write_text(f"#!/bin/sh\necho run >> {self.runs}\n{body}\n")
        self.path.chmod(0o700)

    @property
    def times_run(self) -> int:
        return len(self.runs.read_text().splitlines()) if self.runs.exists() else 0

    def credentials(self, *of: Any, **keys: Any) -> PluginCredentials:
        found = self.source(*of, **keys)
        assert isinstance(found, PluginCredentials)
        return found

    def source(
        self,
        clock: Any = None,
        allowed: tuple[str, ...] | None = ("corp-login",),
        environ: dict[str, str] | None = None,
        *,
        cluster: dict[str, Any] | None = None,
        user: dict[str, Any] | None = None,
        **exec_keys: Any,
    ) -> CredentialSource:
        described = {"apiVersion": V1, "command": "corp-login", "interactiveMode": "Never"} | exec_keys
        file = self.folder / "config"
        file.write_text(
            json.dumps(
                {
                    "clusters": [{"name": "c", "cluster": {"server": "https://c.test"} | (cluster or {})}],
                    "users": [{"name": "u", "user": {"exec": described} | (user or {})}],
                    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "x",
                }
            )
        )
        variables = {"PATH": f"{self.folder}:/usr/bin:/bin"} | (environ or {})
        settings = KubernetesSettings("", kubeconfig=file, exec_plugins=allowed)
        found = reached_by(settings, clock or FakeClock(), variables).credentials
        assert found is not None
        return found


def printing(status: dict[str, Any], version: str = V1) -> str:
    return f"cat <<'END'\n{json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': status})}\nEND"


def at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def refusal(credentials: PluginCredentials) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await credentials.current()
    assert not caught.value.sent
    return caught.value


def not_allowed(plugin: Plugin, *allowed: str, **keys: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        plugin.credentials(allowed=allowed or None, **keys)
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert plugin.times_run == 0
    return caught.value


async def test_the_token_of_an_allowed_program_goes_into_the_header(tmp_path: Path) -> None:
    credentials = Plugin(tmp_path, printing({"token": "t0p"})).credentials()
    assert await credentials.current() == Credentials((("Authorization", "Bearer t0p"),))
    assert "t0p" not in repr(credentials) + repr(await credentials.current())


async def test_the_older_version_is_spoken_too_and_needs_no_mode(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}, BETA))
    assert (await plugin.credentials(apiVersion=BETA, interactiveMode=None).current()).headers


async def test_a_program_that_nobody_allowed_is_named_and_never_run(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    for allowed in ((), ("other",), ("/usr/bin/corp-login",), ("corp-login get-token",)):
        error = not_allowed(plugin, *allowed)
        assert "corp-login" in error.detail
        assert f'exec_plugins` of this cluster\'s kubernetes to a list with "{plugin.path}"' in error.hint


async def test_a_program_of_that_name_beside_the_kubeconfig_is_not_the_one_on_path(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    Plugin(tmp_path / "bin", printing({"token": "honest"}))
    impostor = Plugin(tmp_path, printing({"token": "stolen"}))
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    not_allowed(impostor, "corp-login", command="./corp-login", environ=environ)
    credentials = impostor.credentials(environ=environ, command=str(tmp_path / "bin" / "corp-login"))
    assert (await credentials.current()).headers == (("Authorization", "Bearer honest"),)


async def test_a_relative_program_starts_at_the_kubeconfigs_folder(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    allowed = (str(plugin.path),)
    assert (await plugin.credentials(allowed=allowed, command="./corp-login").current()).headers


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["eks", "get-token", "--cluster-name", "prod"], True),
        (["--region", "eu-west-1", "eks", "get-token", "--output", "json"], True),
        (["--region=eu-west-1", "eks", "get-token"], True),
        (["ec2", "terminate-instances", "eks", "get-token"], False),
        (["--debug", "ec2", "terminate-instances"], False),
        (["eks"], False),
        ([], False),
    ],
)
def test_a_program_that_can_do_anything_is_allowed_for_one_command(
    tmp_path: Path, arguments: list[str], allowed: bool
) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}), "aws")
    assert "aws eks get-token" in WELL_KNOWN
    if allowed:
        plugin.credentials(allowed=None, command="aws", args=arguments)
    else:
        with pytest.raises(SourceError, match="not among the programs"):
            plugin.credentials(allowed=None, command="aws", args=arguments)


@contextmanager
def standard_input_that_never_ends() -> Iterator[None]:
    kept, (reader, writer) = os.dup(0), os.pipe()
    os.dup2(reader, 0)
    try:
        yield
    finally:
        os.dup2(kept, 0)
        for descriptor in (kept, reader, writer):
            os.close(descriptor)


async def test_it_gets_no_terminal_and_a_session_of_its_own(tmp_path: Path) -> None:
    body = f"(cat; tty; ps -o sid= -p $$) > {tmp_path / 'seen'} 2>&1\n" + printing({"token": "t"})
    made = Plugin(tmp_path, body).credentials(SystemClock())
    with standard_input_that_never_ends():
        credentials = PluginCredentials(made.plugin, SystemClock(), {"PATH": "/usr/bin:/bin"}, limit=10.0)
        await credentials.current()
    nothing, session = (tmp_path / "seen").read_text().split("\n")[:2]
    assert nothing == "not a tty"
    assert int(session) != os.getsid(0)


async def test_it_sees_little_of_our_environment_and_what_the_kubeconfig_gives(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, f"env > {tmp_path / 'seen'}\n" + printing({"token": "t"}))
    environ = {"HOME": "/h", "LANG": "C", "LC_ALL": "C", "AWS_PROFILE": "p", "SECRET": "s", "DISPLAY": ":0"}
    given = [{"name": "CORP_REALM", "value": "prod"}]
    await plugin.credentials(environ=environ, env=given).current()
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines())
    assert set(seen) - {"PWD", "_", "SHLVL", "OLDPWD"} == {
        "PATH", "HOME", "LANG", "LC_ALL", "CORP_REALM", "KUBERNETES_EXEC_INFO",
    }  # fmt: skip
    assert json.loads(seen["KUBERNETES_EXEC_INFO"]) == {
        "apiVersion": V1, "kind": "ExecCredential", "spec": {"interactive": False},
    }  # fmt: skip


async def test_a_well_known_program_sees_its_own_settings(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, f"env > {tmp_path / 'seen'}\n" + printing({"token": "t"}), "aws")
    environ = {"AWS_PROFILE": "prod", "AZURE_TENANT_ID": "x"}
    await plugin.credentials(allowed=None, environ=environ, command="aws", args=["eks", "get-token"]).current()
    assert "AWS_PROFILE=prod" in (tmp_path / "seen").read_text()
    assert "AZURE" not in (tmp_path / "seen").read_text()


async def test_it_is_told_of_the_cluster_when_it_asks_for_that(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("CA")
    plugin = Plugin(tmp_path, f'echo "$KUBERNETES_EXEC_INFO" > {tmp_path / "seen"}\n' + printing({"token": "t"}))
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    cluster = {"certificate-authority": "ca.pem", "tls-server-name": "api", "extensions": [extension]}
    await plugin.credentials(cluster=cluster, provideClusterInfo=True).current()
    assert json.loads((tmp_path / "seen").read_text())["spec"]["cluster"] == {
        "server": "https://c.test", "tls-server-name": "api", "certificate-authority-data": "Q0E=",
        "config": {"audience": "a"},
    }  # fmt: skip


async def test_credentials_are_kept_until_ten_seconds_before_they_expire(tmp_path: Path) -> None:
    clock = FakeClock()
    plugin = Plugin(tmp_path, printing({"token": "t", "expirationTimestamp": at(clock.now() + 100)}))
    credentials = plugin.credentials(clock)
    await credentials.current()
    await clock.advance(89)
    await credentials.current()
    assert plugin.times_run == 1
    await clock.advance(2)
    await credentials.current()
    assert plugin.times_run == 2


async def test_without_an_expiry_they_are_kept_until_the_server_refuses_them(tmp_path: Path) -> None:
    clock = FakeClock()
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    credentials = plugin.credentials(clock)
    shown = await credentials.current()
    await clock.advance(86_400)
    assert await credentials.current() is shown
    assert await credentials.refused(shown)
    await credentials.current()
    assert plugin.times_run == 2


async def test_a_server_that_refuses_every_token_does_not_start_the_program_without_end(tmp_path: Path) -> None:
    clock = FakeClock()
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    credentials = plugin.credentials(clock)
    for _ in range(10):
        await credentials.refused(await credentials.current())
        await clock.advance(4)
    assert plugin.times_run == 2


async def test_requests_at_once_wait_for_one_run(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    credentials = plugin.credentials()
    assert len({id(one) for one in await asyncio.gather(*(credentials.current() for _ in range(8)))}) == 1
    assert plugin.times_run == 1


async def test_a_request_that_is_dropped_leaves_the_run_to_the_others(tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    plugin = Plugin(tmp_path, f"read -r line < {go}\n" + printing({"token": "t"}))
    credentials = plugin.credentials(SystemClock())
    dropped, kept = (asyncio.create_task(credentials.current()) for _ in range(2))
    await until(lambda: plugin.times_run == 1)
    dropped.cancel()
    await asyncio.to_thread(go.write_text, "now\n")
    assert (await kept).headers == (("Authorization", "Bearer t"),)
    assert dropped.cancelled()


async def test_a_failure_is_told_with_the_programs_words_and_not_tried_again_at_once(tmp_path: Path) -> None:
    clock = FakeClock()
    plugin = Plugin(tmp_path, "printf 'no \\033[2Jsession; had eyJhbGciOi.abcd.defg, key C4nary.own' >&2; exit 3")
    own = [{"name": "CORP_SECRET", "value": "C4nary.own"}, {"name": "CORP_PLACE", "value": "session"}]
    credentials = plugin.credentials(clock, env=own)
    error = await refusal(credentials)
    assert error.kind is ErrorKind.SIGN_IN
    said = "no ␛[2Jsession; had ⟨hidden⟩, key ⟨hidden⟩"
    assert error.detail == f"the credential program corp-login ended with exit code 3: {said}"
    assert "opsconsole login" in error.hint
    await clock.advance(29)
    await refusal(credentials)
    assert plugin.times_run == 1
    await clock.advance(2)
    await refusal(credentials)
    assert plugin.times_run == 2


async def test_a_program_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, f"sleep 600 &\necho $! > {tmp_path / 'child'}\nwait")
    made = plugin.credentials(SystemClock())
    credentials = PluginCredentials(made.plugin, SystemClock(), {"PATH": "/usr/bin:/bin"}, limit=1.0)
    error = await refusal(credentials)
    assert "did not end within 1 s" in error.detail
    child = int((tmp_path / "child").read_text())
    await until(lambda: not alive(child))


def alive(pid: int) -> bool:
    """Whether the process is there, and more than a zombie that nobody has asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(holds: Callable[[], bool], patience: float = 20.0) -> None:
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo nothing", "something else than credentials"),
        ("true", "something else than credentials"),
        (printing({}), "neither a token nor a certificate"),
        (printing({"token": "t"}, BETA), "another version"),
        (printing({"clientCertificateData": "c"}), "a certificate without its key"),
        (printing({"token": "a\nb"}), "a header can't carry"),
        ("yes '{\"kind\": 1}' | head -c 2000000", "far more than credentials"),
    ],
)
async def test_output_that_is_none_is_one_sentence_without_the_output(tmp_path: Path, body: str, words: str) -> None:
    error = await refusal(Plugin(tmp_path, body).credentials())
    assert error.kind is ErrorKind.CONFIGURATION
    assert words in error.detail


async def test_credentials_that_have_expired_already_are_not_sent(tmp_path: Path) -> None:
    clock = FakeClock()
    plugin = Plugin(tmp_path, printing({"token": "t", "expirationTimestamp": at(clock.now() - 5)}))
    assert "have expired" in (await refusal(plugin.credentials(clock))).detail


async def test_a_program_that_wants_a_person_is_not_run_by_itself(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    credentials = plugin.credentials(interactiveMode="Always")
    error = await refusal(credentials)
    assert (error.kind, "log-in action" in error.hint) == (ErrorKind.SIGN_IN, True)
    assert plugin.times_run == 0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"interactiveMode": None}, "no interactiveMode"),
        ({"interactiveMode": "Sometimes"}, "no interactiveMode"),
        ({"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "v1alpha1"),
        ({"command": ""}, "names no command"),
        ({"command": "not-there", "installHint": "get it at the desk"}, "not installed here: get it at the desk"),
        ({"env": [{"name": "x"}]}, "can't be used"),
    ],
)
def test_a_description_that_is_none_is_one_sentence(tmp_path: Path, keys: dict[str, Any], words: str) -> None:
    error = not_allowed(Plugin(tmp_path, ""), "corp-login", **keys)
    assert words in error.detail


async def test_a_token_beside_the_program_is_used_instead(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    credentials = plugin.source(user={"token": "own"})
    assert (await credentials.current()).headers == (("Authorization", "Bearer own"),)
    assert plugin.times_run == 0


async def test_a_read_that_is_answered_401_is_asked_again_with_new_credentials_and_a_change_is_not(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    body = f"n=$(wc -l < {tmp_path / 'runs'})\n"
    body += f'echo "{{\\"apiVersion\\": \\"{V1}\\", \\"kind\\": \\"ExecCredential\\", '
    body += '\\"status\\": {\\"token\\": \\"t$n\\"}}"'
    credentials = Plugin(tmp_path, body).credentials(clock)
    good = {"Bearer t2"}
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        return httpx.Response(200 if asked[-1] in good else 401, json={})

    found = reached_by(
        KubernetesSettings("", kubeconfig=tmp_path / "config", exec_plugins=("corp-login",)),
        clock, {"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip
    wire = Wire("kubernetes", found, clock, KUBERNETES_READS, transport=httpx.MockTransport(handler))
    assert credentials.plugin.name == "corp-login"
    with pytest.raises(SourceError, match="401"):  # too soon after the last run
        await wire.request("GET", "/version")
    await clock.advance(60)
    await wire.request("GET", "/version")
    assert asked == ["Bearer t1", "Bearer t1", "Bearer t2"]
    await wire.close()


async def test_a_certificate_is_kept_as_it_was_printed(tmp_path: Path) -> None:
    identity = trustme.CA().issue_cert("me@c.test")
    chain, key = identity.cert_chain_pems[0].bytes(), identity.private_key_pem.bytes()
    status = {"clientCertificateData": chain.decode(), "clientKeyData": key.decode()}
    found = await Plugin(tmp_path, printing(status)).credentials().current()
    assert found == Credentials((), ClientCertificate(chain, key))
    assert "PRIVATE" not in repr(found)


async def test_connections_that_share_credentials_start_the_program_once(tmp_path: Path) -> None:
    plugin = Plugin(tmp_path, printing({"token": "t"}))
    plugin.credentials(command="./corp-login", allowed=(str(plugin.path),))  # writes the kubeconfig
    clock = FakeClock()
    settings = KubernetesSettings("", kubeconfig=tmp_path / "config", exec_plugins=(str(plugin.path),))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={}))

    def wire_of(found: SourceSettings) -> Wire:
        return Wire("kubernetes", found, clock, KUBERNETES_READS, transport=transport)

    reached = Reached(settings, clock)
    feeds, operations = (ClusterAccess(settings, wire_of, clock, reached) for _ in range(2))
    wires = [await access.wire() for access in (feeds, operations)]
    await asyncio.gather(*(wire.request("GET", "/version") for wire in wires))
    assert wires[0] is not wires[1]
    assert plugin.times_run == 1
    for access in (feeds, operations):
        await access.close()
