"""What `make wheel` and `make sbom` make of what is committed, as a release does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from locked_packages import ROOT, runtime

pytestmark = [pytest.mark.packaging, pytest.mark.long, pytest.mark.xdist_group("packaging")]

OFFLINE = ("Temporary failure in name resolution", "No matching distribution", "dns error", "Connection refused")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which both targets were made; another environment than this one's, from the lock alone."""
    clone = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    foreign = ("VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "MAKEFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    environment["PATH"] = f"{ROOT / '.venv-uv' / 'bin'}{os.pathsep}{environment['PATH']}"
    command = ["make", f"PYTHON={sys.executable}", "wheel", "sbom"]
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    if done.returncode and any(words in told for words in OFFLINE):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"packages can't be fetched: {told}")
    assert done.returncode == 0, told
    assert "all of them under compatible licences" in done.stdout
    return clone


@pytest.fixture(scope="module")
def bill(made: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((made / "build/release/opsconsole.cdx.json").read_text(encoding="utf-8"))
    return found


def test_the_bill_lists_exactly_what_the_lock_gives_a_user(bill: dict[str, Any]) -> None:
    locked = runtime(f"{sys.version_info[0]}.{sys.version_info[1]}", sys.platform)
    listed = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    assert listed == {name: one["version"] for name, one in locked.items()}
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


def test_the_bill_names_the_console_and_its_licence(bill: dict[str, Any]) -> None:
    console = bill["metadata"]["component"]
    assert (console["name"], console["type"]) == ("opsconsole", "application")
    assert [one["license"]["id"] for one in console["licenses"]] == ["Apache-2.0"]
    assert all(one["purl"].startswith("pkg:pypi/") for one in bill["components"])


def test_the_wheel_is_of_what_is_committed_and_carries_no_time_of_its_own(made: Path) -> None:
    (wheel,) = (made / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        times = {entry.date_time for entry in archive.infolist()}
        names = {name for name in archive.namelist() if name.startswith("opsconsole/cli/")}
    committed = subprocess.run(
        ["git", "ls-files", "console/cli"], cwd=made, capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(times) == 1
    assert names == {path.replace("console/", "opsconsole/", 1) for path in committed}
