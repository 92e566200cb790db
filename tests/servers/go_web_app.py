"""The small Go service of tests/real/go-web-app, built once per source state."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from servers.availability import unavailable
from servers.cache import cache_folder, exclusive
from servers.ports import reserved_port
from servers.process import ServerProcess, running

SOURCE = Path(__file__).resolve().parent.parent / "real" / "go-web-app"


class BuildError(Exception):
    """The service could not be built; the message says why."""


class GoWebApp(ServerProcess):
    """The running service; its JSON log lines are in `log`."""

    def break_(self, mode: str) -> None:
        """Break it: `errors`, `leak`, `cpu`, `deadlock`, `slow`; `off` heals it."""
        with httpx.Client(trust_env=False) as client:
            client.post(f"{self.url}/break", params={"mode": mode}).raise_for_status()

    def visit(self, path: str = "/", times: int = 1) -> None:
        """Ask for `path` as a user would; answers are not looked at."""
        with httpx.Client(base_url=self.url, trust_env=False) as client:
            for _ in range(times):
                client.get(path)


@contextlib.contextmanager
def run_go_web_app(folder: Path, *, environment: Mapping[str, str] | None = None) -> Iterator[GoWebApp]:
    """The service in `folder` (made when missing), ready, until the block ends.

    `environment` adds its own settings, such as VERSION or OTEL_EXPORTER_OTLP_ENDPOINT.
    """
    try:
        program = build()
    except BuildError as error:
        unavailable(str(error))
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_port() as port:
        settings = {"HOST": "127.0.0.1", "PORT": str(port), "VERSION": "1.0.0", **(environment or {})}
        url = f"http://127.0.0.1:{port}"
        server = GoWebApp([program], url=url, ready_path="/healthz", folder=folder, environment=settings)
        with running(server):
            yield server


def go() -> Path:
    """The Go toolchain's command, from PATH or its usual place. Raises BuildError."""
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if found is None:
        raise BuildError("go-web-app: no Go toolchain on PATH or in /usr/local/go")
    return Path(found)


def build(goos: str = "", goarch: str = "") -> Path:
    """Path of the static binary, built when it isn't cached; empty means this machine. Raises BuildError."""
    name = "-".join(part for part in ("go-web-app", goos, goarch) if part)
    program = cache_folder() / "go-web-app" / _source_state() / name
    with exclusive("go-web-app"):
        if not program.exists():
            target = {"GOOS": goos, "GOARCH": goarch} if goos else {}
            part = program.with_suffix(".part")
            _run("build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", part, ".", environment=target)
            part.rename(program)
    return program


def vet_and_test() -> None:
    """Run `go vet` and the service's own tests. Raises BuildError with their output."""
    with exclusive("go-web-app"):
        _run("vet", "./...")
        _run("test", "./...")


def unformatted() -> str:
    """Names of files that `gofmt` would change, one a line; empty when there are none."""
    gofmt = go().with_name("gofmt")
    return subprocess.run([gofmt, "-l", "."], cwd=SOURCE, capture_output=True, text=True, check=True).stdout


def _run(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> None:
    settings = {**os.environ, "CGO_ENABLED": "0", **(environment or {})}
    done = subprocess.run(
        [go(), *arguments], cwd=SOURCE, env=settings, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise BuildError(f"go {arguments[0]} failed in go-web-app:\n{done.stdout}{done.stderr}")


def _source_state() -> str:
    digest = hashlib.sha256()
    for path in sorted(SOURCE.iterdir()):
        if path.suffix in {".go", ".mod", ".sum"}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
