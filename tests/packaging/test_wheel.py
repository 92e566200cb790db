"""The wheel as a user gets it: built from the source archive, installed in a clean environment, run elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"console": "opsconsole", "widgets": "opsconsole/widgets", "themes": "opsconsole/themes"}
SHIPPED = (".py", ".tcss", ".typed", ".md", ".html")

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging"), pytest.mark.long]

BACKEND = "import sys\nfrom setuptools.build_meta import build_sdist\nprint(build_sdist(sys.argv[1]))"
IMPORT_ALL = """
import importlib, pkgutil, opsconsole
names = [module.name for module in pkgutil.walk_packages(opsconsole.__path__, "opsconsole.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), opsconsole.__file__)
"""


@dataclass(frozen=True)
class Built:
    """The two archives and the environment the wheel was installed in."""

    sdist: Path
    wheel: Path
    environment: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, away from the repository and its variables."""
        foreign = ("PYTHON", "VIRTUAL_ENV", "OPSCONSOLE", "XDG_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        clean["HOME"] = str(self.environment)
        command = [self.environment / "bin" / program, *arguments]
        return subprocess.run(command, cwd=self.environment, env=clean, capture_output=True, text=True, check=False)


def unavailable(reason: str) -> None:
    """Skip where the machine can't do it; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def must(*command: str | Path, cwd: Path) -> str:
    """Output of a command; a package that can't be fetched makes the tests unavailable."""
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        offline = (
            "Temporary failure in name resolution",
            "No matching distribution",
            "dns error",
            "Connection refused",
        )
        if any(words in done.stdout for words in offline):
            unavailable(f"packages can't be fetched: {done.stdout.strip().splitlines()[-1]}")
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}", pytrace=False)
    return done.stdout


def copied(target: Path) -> Path:
    """The repository's own files, without what earlier builds left behind."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    return target


def uv() -> str | None:
    """The uv that `make` fetched, which it does where the one from PATH is too old; else that from PATH."""
    own = ROOT / ".venv-uv" / "bin" / "uv"
    return str(own) if own.exists() else shutil.which("uv")


def with_uv(program: str, source: Path, work: Path) -> Built:
    must(program, "build", "--python", sys.executable, "--out-dir", work / "dist", source, cwd=work)
    (sdist,), (wheel,) = (work / "dist").glob("*.tar.gz"), (work / "dist").glob("*.whl")
    environment = work / "environment"
    must(program, "venv", "--python", sys.executable, environment, cwd=work)
    must(program, "pip", "install", "--python", environment / "bin" / "python", wheel, cwd=work)
    return Built(sdist, wheel, environment)


def with_pip(source: Path, work: Path) -> Built:
    builder, environment = work / "builder", work / "environment"
    for place in (builder, environment):
        must(sys.executable, "-m", "venv", place, cwd=work)
    requirements = tomllib.loads((source / "pyproject.toml").read_text())["build-system"]["requires"]
    must(builder / "bin" / "pip", "install", "--quiet", *requirements, cwd=work)
    (work / "dist").mkdir()
    must(builder / "bin" / "python", "-c", BACKEND, work / "dist", cwd=source)
    (sdist,) = (work / "dist").glob("*.tar.gz")
    must(builder / "bin" / "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", work / "dist", sdist, cwd=work)
    (wheel,) = (work / "dist").glob("*.whl")
    must(environment / "bin" / "pip", "install", "--quiet", wheel, cwd=work)
    return Built(sdist, wheel, environment)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built and installed once; with uv where there is one, else with pip."""
    work = tmp_path_factory.mktemp("packaging")
    source = copied(work / "source")
    program = uv()
    return with_uv(program, source, work) if program else with_pip(source, work)


def expected_files() -> set[str]:
    """What the wheel must hold: every module, the types marker and the themes."""
    return {
        f"{package}/{path.relative_to(ROOT / folder)}"
        for folder, package in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in SHIPPED and "__pycache__" not in path.parts
    } | {"opsconsole/py.typed"}


def test_the_wheel_holds_every_module_the_types_and_the_themes_and_nothing_else(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected_files()


def test_the_wheel_carries_its_licence_and_its_readme(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert "License-Expression: Apache-2.0" in text
    assert (ROOT / "README.md").read_text().strip().splitlines()[0] in text


def test_the_source_archive_can_be_built_from_and_holds_no_leftovers(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "console/cli/__init__.py"} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith((".venv", "build/", "dist/"))]


def test_the_installed_program_tells_its_version_and_its_help(built: Built) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    told = built.run("opsconsole", "--version")
    assert (told.returncode, version in told.stdout) == (0, True), told.stderr
    explained = built.run("opsconsole", "--help")
    assert (explained.returncode, "--cluster" in explained.stdout) == (0, True), explained.stderr


def test_every_module_can_be_imported_where_only_the_wheel_is_installed(built: Built) -> None:
    done = built.run("python", "-W", "error", "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    count, place = done.stdout.split()
    assert int(count) > 50
    assert Path(place).is_relative_to(built.environment)


def test_the_package_tells_type_checkers_that_it_is_typed(built: Built) -> None:
    done = built.run(
        "python", "-c", "import importlib.resources as r; print(r.files('opsconsole').joinpath('py.typed').is_file())"
    )
    assert done.stdout.strip() == "True", done.stderr
