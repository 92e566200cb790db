"""The small Go service of tests/real/go-web-app, built once per source state."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from servers.availability import unavailable
from servers.cache import cache_folder, exclusive
from servers.golang import BuildError, go, run_go, source_state
from servers.ports import reserved_port
from servers.process import ServerProcess, running

SOURCE = Path(__file__).resolve().parent.parent / "real" / "go-web-app"


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


def build(goos: str = "", goarch: str = "") -> Path:
    """Path of the static binary, built when it isn't cached; empty means this machine. Raises BuildError."""
    name = "-".join(part for part in ("go-web-app", goos, goarch) if part)
    program = cache_folder() / "go-web-app" / source_state(SOURCE) / name
    with exclusive("go-web-app"):
        if not program.exists():
            target = {"GOOS": goos, "GOARCH": goarch} if goos else {}
            part = program.with_suffix(".part")
            run_go(
                SOURCE,
                "build",
                "-trimpath",
                "-buildvcs=false",
                "-ldflags",
                "-s -w",
                "-o",
                part,
                ".",
                environment=target,
            )
            part.rename(program)
    return program


def vet_and_test() -> None:
    """Run `go vet` and the service's own tests. Raises BuildError with their output."""
    with exclusive("go-web-app"):
        run_go(SOURCE, "vet", "./...")
        run_go(SOURCE, "test", "./...")


def unformatted() -> str:
    """Names of files that `gofmt` would change, one a line; empty when there are none."""
    gofmt = go().with_name("gofmt")
    return subprocess.run([gofmt, "-l", "."], cwd=SOURCE, capture_output=True, text=True, check=True).stdout
