from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from servers.alertmanager import run_alertmanager
from servers.availability import unavailable
from servers.node_exporter import run_node_exporter
from servers.process import ServerError, ServerProcess
from servers.prometheus import run_prometheus
from servers.waiting import until

pytestmark = pytest.mark.real


def get(url: str) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.get(url)


def refuses(url: str) -> bool:
    try:
        get(url)
    except httpx.ConnectError:
        return True
    return False


def test_prometheus_answers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with run_prometheus(tmp_path) as server:
        version = get(f"{server.url}/api/v1/status/buildinfo").json()["data"]["version"]
        assert version.startswith("2.")
    assert not server.running
    with pytest.raises(httpx.ConnectError):
        get(server.url)


def test_a_killed_server_comes_back_at_the_same_address(tmp_path: Path) -> None:
    with run_prometheus(tmp_path) as server:
        server.kill()
        assert not server.running
        with pytest.raises(httpx.ConnectError):
            get(server.url)
        server.start()
        assert get(f"{server.url}/-/ready").status_code == 200


def test_a_paused_server_accepts_and_never_answers(tmp_path: Path) -> None:
    with run_prometheus(tmp_path) as server:
        server.pause()
        with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False, timeout=0.3) as client:
            client.get(server.url)
        server.resume()
        assert get(f"{server.url}/-/ready").status_code == 200


def test_alertmanager_answers_the_v2_api(tmp_path: Path) -> None:
    with run_alertmanager(tmp_path) as server:
        assert get(f"{server.url}/api/v2/alerts").json() == []


def test_node_exporter_counts_cpu_seconds(tmp_path: Path) -> None:
    with run_node_exporter(tmp_path) as server:
        assert "node_cpu_seconds_total{" in get(f"{server.url}/metrics").text


def test_a_server_that_ends_early_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    server = ServerProcess(
        ["/bin/sh", "-c", "echo no such flag; exit 3"], url="http://127.0.0.1:9", ready_path="/", folder=tmp_path
    )
    with pytest.raises(ServerError, match=r"(?s)ended with 3.*no such flag"):
        server.start()
    assert not server.running


def test_a_missing_server_is_a_skip_at_home_and_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="no apt-get"):
        unavailable("no apt-get")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="unavailable in CI: no apt-get"):
        unavailable("no apt-get")


ORPHAN = """
import os, signal, sys
from pathlib import Path
from servers.node_exporter import run_node_exporter
with run_node_exporter(Path(sys.argv[1])) as server:
    print(server.url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")
def test_servers_end_even_when_the_test_run_is_killed(tmp_path: Path) -> None:
    tests = Path(__file__).resolve().parents[1]
    killed = subprocess.run(
        [sys.executable, "-c", ORPHAN, tmp_path], cwd=tests, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    until(lambda: refuses(killed.stdout.strip()), "the orphaned server gone")
