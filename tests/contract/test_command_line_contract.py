"""The commands that change a cluster, as the shell sees them, on a practice cluster with a bad release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from opsconsole.practice.process import PracticeProcess

CHECKOUT = ("deployment/checkout", "-n", "shop", "--cluster", "practice")


class Shell:
    """Runs the program with a configuration and a state folder of its own."""

    def __init__(self, table: str, folder: Path) -> None:
        self.url = tomllib.loads(table)["clusters"]["practice"]["kubernetes"]
        self.folder = folder
        (folder / "config.toml").write_text(
            table + f'\n[clusters.viewer.kubernetes]\nurl = "{self.url}"\nauth = {{ token = "env:VIEWER" }}\n'
        )

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        mine = {"OPSCONSOLE_CONFIG": str(self.folder / "config.toml"), "XDG_STATE_HOME": str(self.folder)}
        return subprocess.run(
            (sys.executable, "-m", "opsconsole", *arguments),
            env={**os.environ, **mine, "VIEWER": "viewer"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def image(self) -> str:
        found = httpx.get(f"{self.url}/apis/apps/v1/namespaces/shop/deployments/checkout", trust_env=False).json()
        image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
        return image.rpartition(":")[2]

    @property
    def recorded(self) -> list[str]:
        lines = self("audit", "show", "--json").stdout.splitlines()
        return [json.loads(line)["record"]["state"] for line in lines]


@pytest.fixture(scope="module")
def practice_table() -> Iterator[str]:
    with PracticeProcess("bad-release", seed=7) as table:
        yield table


@pytest.fixture
def shell(practice_table: str, tmp_path: Path) -> Shell:
    return Shell(practice_table, tmp_path)


def test_a_bad_release_is_looked_at_rolled_back_and_recorded(shell: Shell) -> None:
    bad = shell.image
    looked = shell("rollback", *CHECKOUT, "--dry-run")
    assert (looked.returncode, shell.image, shell.recorded) == (0, bad, [])
    assert f"checkout:{bad} → " in looked.stdout
    refused = shell("rollback", *CHECKOUT)
    assert (refused.returncode, shell.image) == (2, bad)
    done = shell("rollback", *CHECKOUT, "--confirm", "checkout", "--no-wait", "--json")
    assert done.returncode == 0, done.stderr
    assert shell.image != bad
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert (outcome["event"], outcome["state"], outcome["exit_code"]) == ("outcome", "applied", 0)
    assert shell.recorded == ["recorded", "sent", "applied"]
    assert shell("audit", "verify", "--cluster", "practice").returncode == 0


def test_what_is_not_there_is_named_and_nothing_is_recorded(shell: Shell) -> None:
    gone = shell("restart", "pod/gone", "-n", "shop", "--cluster", "practice", "--method", "evict", "--confirm", "gone")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert '"gone" not found' in gone.stderr
    assert shell.recorded == []


def test_a_user_without_the_right_sees_which_one_is_missing(shell: Shell) -> None:
    replicas = ("--replicas", "1", "--confirm", "checkout")
    done = shell("scale", "deployment/checkout", "-n", "shop", "--cluster", "viewer", *replicas)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "BLOCKED  Access: " in done.stdout
    assert "patch" in done.stdout
    assert shell.recorded == []
