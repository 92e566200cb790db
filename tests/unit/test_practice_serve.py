"""The practice cluster as a process: its table, its five ports, its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from opsconsole.domain.errors import ConfigError
from opsconsole.practice.process import READY as READY_BYTES
from opsconsole.practice.process import PracticeProcess
from opsconsole.practice.serve import BACKENDS, READY, cluster_table

ANSWERS = {
    "prometheus": ("/-/ready", "Prometheus Server is Ready.\n"),
    "alertmanager": ("/-/ready", "OK"),
    "kubernetes": ("/readyz", "ok"),
}
KEYS = {"elasticsearch": ("/_cluster/health", "status"), "jaeger": ("/api/v3/services", "services")}


@pytest.fixture(scope="module")
def running() -> Iterator[PracticeProcess]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOMEBODYS_SECRET", "C4nary")
        process = PracticeProcess("goroutine-leak", seed=3).start()
    yield process
    process.stop()


def addresses(process: PracticeProcess) -> dict[str, str]:
    cluster: dict[str, str] = tomllib.loads(process.table)["clusters"]["practice"]
    return cluster


def gone(pid: int) -> bool:
    """Whether the process has ended, waiting up to 10 s for it."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(descriptor, closefd=True):
        return bool(select.select([descriptor], [], [], 10)[0])


def free_base() -> int:
    """The first of five ports in a row that nobody listens on."""
    for base in range(21_000, 29_000, 5):
        with contextlib.ExitStack() as opened, contextlib.suppress(OSError):
            for number in range(5):
                opened.enter_context(socket.socket()).bind(("127.0.0.1", base + number))
            return base
    pytest.fail("no five free ports in a row")


def test_the_table_names_every_backend_and_the_namespace() -> None:
    table = tomllib.loads(cluster_table(dict(zip(BACKENDS, range(9001, 9006), strict=True))))
    assert table == {
        "clusters": {
            "practice": {
                "environment": "practice",
                "namespace": "shop",
                "prometheus": "http://127.0.0.1:9001",
                "alertmanager": "http://127.0.0.1:9002",
                "elasticsearch": "http://127.0.0.1:9003",
                "jaeger": "http://127.0.0.1:9004",
                "kubernetes": "http://127.0.0.1:9005",
                "log_levels": {"path": "/level"},
            }
        }
    }


def test_parent_and_child_agree_on_the_line_that_ends_the_table() -> None:
    assert f"{READY}\n".encode() == READY_BYTES


@pytest.mark.parametrize("backend", ANSWERS)
def test_each_port_answers_as_its_backend(running: PracticeProcess, backend: str) -> None:
    path, text = ANSWERS[backend]
    answer = httpx.get(addresses(running)[backend] + path, trust_env=False)
    assert (answer.status_code, answer.text) == (200, text)
    assert "date" in answer.headers


@pytest.mark.parametrize("backend", KEYS)
def test_logs_and_traces_are_served_too(running: PracticeProcess, backend: str) -> None:
    path, key = KEYS[backend]
    answer = httpx.get(addresses(running)[backend] + path, trust_env=False)
    assert answer.status_code == 200
    assert key in answer.json()


def test_the_alert_of_the_scenario_fires_from_the_first_moment(running: PracticeProcess) -> None:
    where = addresses(running)
    alerts = httpx.get(where["alertmanager"] + "/api/v2/alerts", trust_env=False).json()
    raised = next(alert for alert in alerts if alert["labels"]["alertname"] == "GoroutinesHigh")
    assert raised["labels"]["service"] == "gateway"
    assert raised["generatorURL"].startswith(where["prometheus"])


def test_it_gets_nothing_of_our_environment_that_may_be_a_secret(running: PracticeProcess) -> None:
    got = Path(f"/proc/{running.pid}/environ").read_bytes()
    assert b"C4nary" not in got
    assert b"PATH=" in got


def test_what_will_break_and_when_stands_in_no_argument_and_nothing_is_wrong_yet() -> None:
    process = PracticeProcess("slow-start", seed=41_234, breaks_in=777).start()
    try:
        arguments = (
            Path(f"/proc/{process.pid}/cmdline").read_bytes() + Path(f"/proc/{process.pid}/environ").read_bytes()
        )
        assert not any(word in arguments for word in (b"slow-start", b"41234", b"777"))
        assert "slow-start" not in process.table
        alerts = httpx.get(f"{addresses(process)['alertmanager']}/api/v2/alerts").json()
        assert {alert["labels"]["alertname"] for alert in alerts} == {"Watchdog"}
    finally:
        process.stop()


def test_ports_count_up_from_the_base() -> None:
    base = free_base()
    with PracticeProcess("healthy", port_base=base) as table:
        cluster = tomllib.loads(table)["clusters"]["practice"]
    assert [cluster[name] for name in BACKENDS] == [f"http://127.0.0.1:{base + number}" for number in range(5)]


def test_leaving_the_block_ends_the_process() -> None:
    process = PracticeProcess("healthy")
    with process:
        pid = process.pid
        assert pid is not None
    assert gone(pid)


def test_an_error_in_the_block_ends_the_process_too() -> None:
    process, pids = PracticeProcess("healthy"), []

    def work() -> None:
        with process:
            pids.append(process.pid or 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert gone(pids[0])


def test_the_cluster_does_not_outlive_a_parent_that_is_killed() -> None:
    program = (
        "import sys\n"
        "from opsconsole.practice.process import PracticeProcess\n"
        "process = PracticeProcess('healthy').start()\n"
        "print(process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert gone(child)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "opsconsole.practice.serve", "--scenario", "healthy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = list(iter(process.stdout.readline, f"{READY}\n"))
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    assert lines[0] == "[clusters.practice]\n"


def test_a_taken_port_is_one_line_that_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="choose another base"):
            PracticeProcess("healthy", port_base=taken.getsockname()[1]).start()


def test_the_server_needs_neither_screen_nor_sources() -> None:
    program = (
        "import sys, opsconsole.practice.serve\n"
        "print([name for name in sys.modules if name.startswith(('textual', 'opsconsole.sources', 'httpx'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_starting_it_loads_no_server_into_the_parent() -> None:
    program = (
        "import sys, opsconsole.practice.process\n"
        "print([name for name in ('numpy', 'starlette', 'uvicorn', 'promql_parser') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
