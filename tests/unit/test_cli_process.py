"""The program as the shell sees it: exit codes, stdout, stderr, and what it imports."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from opsconsole.cli.crash import report
from opsconsole.cli.entry import main
from opsconsole.cli.parts import Parts

PROGRAM = (sys.executable, "-m", "opsconsole")
SLOW = ("textual", "numpy", "httpx", "kubernetes", "elasticsearch", "prometheus_api_client", "starlette", "rich")


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPSCONSOLE_", "XDG_"))}
    homes = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder / "state")}
    return {**kept, **homes, **more}


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*PROGRAM, *arguments),
        cwd=folder, env=environment(folder, **more), capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=60, check=False,
    )  # fmt: skip


def test_the_version_goes_to_stdout(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"opsconsole \d+\.\d+\.\d+\n", done.stdout)


WRONG_USE = [
    ((), "no cluster is configured: ~/config/opsconsole/config.toml does not exist; `opsconsole config init`"),
    (("--cluster", "prod"), "there is no cluster 'prod'"),
    (("chekc",), "no command 'chekc', did you mean \"check\"?; see `opsconsole --help`"),
    (("--sinec", "1h"), "--since"),
    (("--since", "soon"), "--since: 'soon' is not a duration; write 15m, 1h30m or 7d"),
    (("--theme", "drak"), "--theme: 'drak' is no theme"),
    (("--config", "missing.toml", "config", "show"), "missing.toml does not exist, and --config names it"),
    (("check",), "no cluster is configured"),
    (("snapshot", "--format", "gif"), "see `opsconsole snapshot --help`"),
    (("practice", "serve", "--port-base", "80"), "see `opsconsole practice serve --help`"),
    (("demo", "--scenario", "x\x1b[2J"), "is no scenario"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG_USE)
def test_wrong_use_is_one_line_on_stderr_and_exit_code_two(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"opsconsole: [^\n]+\n", done.stderr)
    assert done.stderr.rstrip("\n").isprintable()
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_terminal_the_console_names_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[clusters.a]\nprometheus = "http://127.0.0.1:9"\n')
    for arguments in (("--config", "c.toml"), ("demo",)):
        done = run(tmp_path, *arguments)
        assert done.returncode == 2
        assert re.fullmatch(r"opsconsole: stdin and stdout are no terminal; [^\n]+`opsconsole snapshot`\n", done.stderr)


def test_check_on_servers_that_are_not_there_is_exit_code_one(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[clusters.a]\nprometheus = "http://127.0.0.1:9"\n')
    done = run(tmp_path, "check", "--config", "c.toml")
    assert done.returncode == 1
    assert "prometheus can't be reached" in done.stdout
    assert done.stderr == ""


def test_check_with_a_secret_that_is_not_there_is_exit_code_two(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(
        '[clusters.a]\nprometheus = { url = "http://127.0.0.1:9", auth = { token = "env:NOT_SET_ANYWHERE" } }\n'
    )
    done = run(tmp_path, "check", "--config", "c.toml")
    assert done.returncode == 2
    assert "NOT_SET_ANYWHERE" in done.stdout


def test_a_reader_that_goes_away_gets_no_traceback(tmp_path: Path) -> None:
    first = subprocess.run(
        ("sh", "-c", f"'{sys.executable}' -m opsconsole practice list --spoil | head -n 1"),
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert first.stdout.count("\n") == 1
    assert first.stderr == ""


@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), ("config", "show"), ("demo", "--help"), ("practice", "list")]
)
def test_nothing_slow_is_imported_before_it_is_needed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom opsconsole.cli import main\n"
        f"main({list(arguments)!r})\n"
        f"print(sorted(set({SLOW!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("opsconsole --cluster p", "prod"),
        ("opsconsole check -c ", "qa"),
        ("opsconsole --theme hi", "high-contrast"),
        ("opsconsole demo --scenario pool", "pool-exhaustion"),
        ("opsconsole snapshot --full tr", "traces"),
        ("opsconsole pra", "practice"),
    ],
)
def test_the_shell_completes_names(tmp_path: Path, words: str, offered: str) -> None:
    (tmp_path / "c.toml").write_text('[clusters.prod]\njaeger = "http://j"\n[clusters.qa]\njaeger = "http://j"\n')
    script = "import sys; from opsconsole.cli import main; sys.exit(main())"
    completed = {
        "_OPSCONSOLE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1),
        "OPSCONSOLE_CONFIG": "c.toml",
    }  # fmt: skip
    done = subprocess.run(
        (sys.executable, "-c", script), cwd=tmp_path, env=environment(tmp_path, **completed), capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert f"plain,{offered}" in done.stdout.splitlines()


def test_completion_is_silent_about_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("= broken")
    completed = {"_OPSCONSOLE_COMPLETE": "bash_complete", "COMP_WORDS": "opsconsole -c ", "COMP_CWORD": "2"}
    done = run(tmp_path, OPSCONSOLE_CONFIG="c.toml", **completed)
    assert (done.stdout.strip(), done.stderr) == ("", "")


SECRET = "s3cr3t-canary-value"  # noqa: S105  - looked for in the crash file
CONFIGURED = "another canary's value"


def test_a_fault_of_our_own_is_a_private_file_and_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> int:
        local_only = f"{SECRET}-in-a-local"
        raise RuntimeError(f"it broke with {SECRET}, {CONFIGURED} and Bearer abcdefghijk1", len(local_only))

    jaeger = '{ url = "http://j", headers = { X-Other = "env:PLAINLY_NAMED" } }'
    (tmp_path / "c.toml").write_text(f"[clusters.a]\njaeger = {jaeger}\n")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("MY_TOKEN", SECRET)
    monkeypatch.setenv("PLAINLY_NAMED", CONFIGURED)
    monkeypatch.chdir(tmp_path)
    code = main(["--config", "c.toml"], Parts(lambda: None, broken))
    said = capsys.readouterr().err
    assert code == 1
    assert re.fullmatch(r"opsconsole: RuntimeError in the console itself, which is a bug; [^\n]+\n", said)
    (file,) = (tmp_path / "state" / "opsconsole" / "crashes").iterdir()
    assert str(file) in said
    assert file.stat().st_mode & 0o777 == 0o600
    account = file.read_text()
    assert "in broken" in account
    assert SECRET not in account
    assert CONFIGURED not in account
    assert "abcdefghijk" not in account


def test_a_crash_that_can_not_be_written_is_still_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "no crash file could be written" in report(ValueError("x"), tmp_path / "file" / "below")


def test_the_system_writes_no_image_of_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[tuple[int, int]] = []
    (tmp_path / "c.toml").write_text('[clusters.a]\njaeger = "http://j"\n')
    monkeypatch.chdir(tmp_path)

    def opened(_: object) -> int:
        limits.append(resource.getrlimit(resource.RLIMIT_CORE))
        return 0

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        main(["--config", "c.toml"], Parts(lambda: None, opened))
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    assert limits == [(0, hard)]


def test_ctrl_c_is_no_crash(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.toml").write_text('[clusters.a]\njaeger = "http://j"\n')
    assert main(["--config", "c.toml"], Parts(lambda: None, interrupted)) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_practice_serve_prints_a_table_that_the_console_takes_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    with subprocess.Popen(
        (*PROGRAM, "practice", "serve", "--scenario", "healthy"),
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as served:  # fmt: skip
        assert served.stdout is not None
        lines = []
        for line in served.stdout:
            lines.append(line)
            if line == "# ready\n":
                break
        (tmp_path / "c.toml").write_text("".join(lines))
        shown = run(tmp_path, "config", "show", "--config", "c.toml")
        served.send_signal(signal.SIGINT)
        assert served.wait(10) == 0
    assert "clusters.practice.prometheus.url" in shown.stdout


def test_a_taken_port_is_one_line_with_advice(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(tmp_path, "practice", "serve", "--port-base", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert re.fullmatch(
        r"opsconsole: can't serve on five ports from \d+ \(.+\); choose another --port-base\n", done.stderr
    )


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_demos_cluster_ends_with_the_console_however_that_ends(tmp_path: Path, end: signal.Signals) -> None:
    script = (
        "import sys, time\nfrom opsconsole.cli import main\nfrom opsconsole.cli.parts import Parts\n"
        "from opsconsole.practice.process import PracticeProcess\n"
        "runs = []\n"
        "def practice(order):\n    runs.append(PracticeProcess(order.scenario, order.seed))\n    return runs[0]\n"
        "def wait(settings):\n    print(runs[0].pid, flush=True)\n    time.sleep(60)\n"
        "main(['demo', '--scenario', 'healthy'], Parts(lambda: None, wait, practice=practice))\n"
    )
    with subprocess.Popen(
        (sys.executable, "-c", script), cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        child = int(demo.stdout.readline())
        demo.send_signal(end)
        demo.wait(10)
    deadline = time.monotonic() + 10
    while not _gone(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _gone(child)
