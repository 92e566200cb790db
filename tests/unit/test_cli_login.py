"""`opsconsole login`: the terminal goes to the program, and to nothing else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.commands import opsconsole
from opsconsole.cli.parts import Parts
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.errors import ConfigError, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.access import LoggedIn

CONFIG = '[clusters.prod]\nkubernetes = { kubeconfig = "kubeconfig", exec_plugins = ["corp-login"] }\n'
CONFIG += '[clusters.bare]\nprometheus = "http://p:1"\n[clusters.url]\nkubernetes = "http://k:1"\n'


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str, **parts: object) -> Result:
    return CliRunner().invoke(opsconsole, ("login", *arguments), obj=Parts(**parts), standalone_mode=False)


def test_it_says_who_gave_a_credential_and_until_when(config: Path) -> None:
    asked: list[ClusterSettings] = []

    def log_in(cluster: ClusterSettings) -> LoggedIn:
        asked.append(cluster)
        return LoggedIn(SafeText("corp-login"), 1_800_000_000.0)

    result = call("--cluster", "prod", log_in=log_in)
    assert (config.exists(), [cluster.name for cluster in asked]) == (True, ["prod"])
    assert "corp-login gave a credential for prod; it is good until 2027-01-15 08:00:00Z" in result.stdout
    assert "nothing of it is kept" in result.stderr


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize(
    ("cluster", "kind", "words"),
    [("bare", ConfigError, "bare has no kubernetes"), ("url", SourceError, "not fetched by a program")],
)
def test_where_there_is_nothing_to_sign_in_with_it_says_so(cluster: str, kind: type[Exception], words: str) -> None:
    result = call("--cluster", cluster)
    assert isinstance(result.exception, kind)
    assert words in str(result.exception)


def plugin(folder: Path, body: str) -> None:
    program = folder / "corp-login"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o700)
    described = {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "corp-login", "interactiveMode": "Always",
    }  # fmt: skip
    (folder / "kubeconfig").write_text(
        json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": "https://c.test"}}],
                "users": [{"name": "u", "user": {"exec": described}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )


ANSWER = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "%s"}}'
COMMAND = ("-m", "opsconsole", "login", "--cluster", "prod")

WITHIN_THE_CONSOLE = """
import asyncio
from pathlib import Path
import httpx
from opsconsole.clock import SystemClock
from opsconsole.config.settings import KubernetesSettings
from opsconsole.domain.errors import SourceError
from opsconsole.sources.kubernetes.access import ClusterAccess
from opsconsole.sources.wire import KUBERNETES_READS, Wire

def answer(request):
    return httpx.Response(200 if request.headers["authorization"] == "Bearer secret" else 401, json={})

def wire_of(found):
    return Wire("kubernetes", found, SystemClock(), KUBERNETES_READS, transport=httpx.MockTransport(answer))

async def ask():
    try:
        return (await (await access.wire()).request("GET", "/version")).status
    except SourceError as error:
        return error.kind.value

settings = KubernetesSettings("", kubeconfig=Path("kubeconfig"), exec_plugins=("corp-login",))
access = ClusterAccess(settings, wire_of, SystemClock())
with asyncio.Runner() as runner:
    before = runner.run(ask())
    access.log_in()
    print(before, runner.run(ask()))
    runner.run(access.close())
"""


def started(folder: Path, arguments: tuple[str, ...] = COMMAND, **streams: int) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    command = (sys.executable, *arguments)
    return subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.PIPE, **streams)


def test_the_program_can_ask_a_question_on_the_terminal(config: Path) -> None:
    plugin(config, f"printf 'code? ' >&2; read -r code; echo \"$code\" > code; printf '{ANSWER}' secret")
    controller, terminal = pty.openpty()
    process = started(config, stdin=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    while b"code? " not in shown:
        shown += os.read(controller, 1000)
    os.write(controller, b"123456\n")
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert (config / "code").read_text() == "123456\n"
    assert output.startswith(b"corp-login gave a credential for prod")
    assert b"secret" not in output
    os.close(controller)


def test_a_log_in_within_the_console_is_what_its_next_request_shows(config: Path) -> None:
    answer = (
        '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "secret"}}'
    )
    plugin(config, f"printf '{answer}'")
    controller, terminal = pty.openpty()
    process = started(config, ("-c", WITHIN_THE_CONSOLE), stdin=terminal, stderr=terminal)
    os.close(terminal)
    output, _ = process.communicate(timeout=30)
    os.close(controller)
    assert output == b"sign_in 200\n"


def test_without_a_terminal_nothing_is_started(config: Path) -> None:
    plugin(config, "touch ran")
    process = started(config, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert b"signing in needs a terminal" in errors
    assert not (config / "ran").exists()
