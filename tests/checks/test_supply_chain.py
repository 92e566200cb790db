"""What is installed and where it comes from, by the lock and the project file."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

from locked_packages import PROJECT, ROOT, Package, packages, runtime

PROJECT_FILE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OTHERS = [one for one in packages() if one["name"] != PROJECT]
INDEX = "https://pypi.org/simple"
FILES = "https://files.pythonhosted.org/packages/"

EXPORT = "run `uv export --only-group installer --no-annotate --no-header --output-file .ci/uv.txt`"

PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = {
    "Linux on x86-64, glibc 2.28": ("linux", [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]),
    "Linux on ARM, glibc 2.28": ("linux", [f"manylinux_2_{minor}_aarch64" for minor in range(28, 16, -1)]),
    "macOS 14 on ARM": ("darwin", [*mac_platforms((14, 0), "arm64")]),
}


def files_of(package: Package) -> list[dict[str, str]]:
    return [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]


def test_every_package_comes_from_the_one_index() -> None:
    assert [(one["name"], one["source"]) for one in OTHERS if one["source"] != {"registry": INDEX}] == []
    assert [file["url"] for one in OTHERS for file in files_of(one) if not file["url"].startswith(FILES)] == []


def test_every_file_has_its_hash() -> None:
    digest = re.compile(r"sha256:[0-9a-f]{64}")
    assert [file["url"] for one in OTHERS for file in files_of(one) if not digest.fullmatch(file.get("hash", ""))] == []
    assert [one["name"] for one in OTHERS if not files_of(one)] == []


def tags(python: str, platforms: list[str]) -> frozenset[Tag]:
    """The wheels that a machine takes; old names of platforms stand for their glibc (PEP 600)."""
    old = {"2_5": "manylinux1", "2_12": "manylinux2010", "2_17": "manylinux2014"}
    named = [
        alias.replace(f"manylinux_{glibc}", name)
        for alias in platforms
        for glibc, name in old.items()
        if f"manylinux_{glibc}_" in alias
    ]
    every = [*platforms, *named]
    version = (3, int(python.partition(".")[2]))
    return frozenset(chain(cpython_tags(version, platforms=every), compatible_tags(version, platforms=every)))


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", PYTHONS)
def test_nothing_a_user_gets_has_to_be_built(python: str, machine: str) -> None:
    platform, platforms = MACHINES[machine]
    taken = tags(python, platforms)
    needed = runtime(python, platform)
    assert len(needed) > 20
    unbuilt = {
        name
        for name, one in needed.items()
        if not any(parse_wheel_filename(file["url"].rpartition("/")[2])[3] & taken for file in one.get("wheels", ()))
    }
    assert unbuilt == set()


def test_installing_runs_no_code_and_takes_nothing_that_is_newer_than_a_week() -> None:
    settings = PROJECT_FILE["tool"]["uv"]
    assert settings["no-build"] is True
    assert settings["exclude-newer"] == "7 days"
    assert {"index", "sources", "find-links", "extra-index-url", "no-build-isolation"} & set(settings) == set()


def test_the_makefile_knows_which_uv_reads_the_project_file() -> None:
    oldest = re.findall(r"^OLDEST_UV := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert PROJECT_FILE["tool"]["uv"]["required-version"] == f">={oldest[0]}"


def test_uv_itself_is_fetched_by_the_hashes_of_the_lock() -> None:
    (uv,) = (one for one in OTHERS if one["name"] == "uv")
    written = (ROOT / ".ci" / "uv.txt").read_text(encoding="utf-8")
    assert re.findall(r"^(\S+) ", written, re.MULTILINE) == [f"uv=={uv['version']}"], EXPORT
    assert set(re.findall(r"--hash=(\S+)", written)) == {file["hash"] for file in files_of(uv)}, EXPORT
    wanted = "--require-hashes --only-binary :all: --requirement .ci/uv.txt"
    for name, ways in (("Makefile", 2), (".github/workflows/release.yml", 1)):
        text = (ROOT / name).read_text(encoding="utf-8").replace("$(BY_HASH)", wanted)
        installs = [line for line in text.splitlines() if re.search(r"\bpip install\b", line) and "uv pip" not in line]
        assert len(installs) == ways
        assert all(wanted in line for line in installs), name


def test_tools_of_a_release_are_no_dependency_of_the_program() -> None:
    tools = {Requirement(one).name for one in PROJECT_FILE["dependency-groups"]["audit"]}
    assert tools & set(runtime()) == set()
    assert tools & {one["name"] for one in OTHERS} == tools


def test_the_lock_is_that_of_the_project_file(tmp_path: Path) -> None:
    """uv's own answer where there is one; what the lock says of the project, in any case."""
    (project,) = (one for one in packages() if one["name"] == PROJECT)
    locked = {Requirement(f"{one['name']}{one.get('specifier', '')}") for one in project["metadata"]["requires-dist"]}
    written = {Requirement(re.sub(r"\[\w+\]", "", one)) for one in PROJECT_FILE["project"]["dependencies"]}
    assert {(one.name, one.specifier) for one in locked} == {(one.name, one.specifier) for one in written}

    own = ROOT / ".venv-uv" / "bin" / "uv"
    uv = str(own) if own.exists() else shutil.which("uv")
    if uv is not None:
        command = [uv, "lock", "--check", "--offline", "--cache-dir", str(tmp_path)]
        checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
