"""A real Prometheus with the scrape jobs and rules a test asks for."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import msgspec

from servers.debian import binary
from servers.ports import reserved_port
from servers.process import ServerProcess, running


class ScrapeJob(msgspec.Struct, frozen=True):
    """One target (`host:port`) of one job, with labels put on all its series."""

    name: str
    target: str
    labels: Mapping[str, str] = {}

    def wire(self) -> dict[str, object]:
        """As it stands in prometheus.yml."""
        return {
            "job_name": self.name,
            "static_configs": [{"targets": [self.target], "labels": dict(self.labels)}],
        }


@contextlib.contextmanager
def run_prometheus(
    folder: Path,
    *,
    jobs: Sequence[ScrapeJob] = (),
    rules: Sequence[Path] = (),
    alertmanager: str | None = None,
    interval: str = "1s",
    flags: Sequence[str] = (),
    scrape_configs: Sequence[Mapping[str, object]] = (),
) -> Iterator[ServerProcess]:
    """Prometheus in `folder` (made when missing), ready, until the block ends.

    It always scrapes itself as job `prometheus`. `interval` is both the scrape and the evaluation
    interval, `alertmanager` the `host:port` alerts go to. Its configuration is `folder/prometheus.yml`.
    Exemplars are stored. `scrape_configs` are further jobs as in prometheus.yml, such as discovered ones.
    """
    program = binary("prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_port() as port:
        address = f"127.0.0.1:{port}"
        config = folder / "prometheus.yml"
        scrapes = [ScrapeJob("prometheus", address).wire(), *(job.wire() for job in jobs), *scrape_configs]
        config.write_text(_config(scrapes, rules, alertmanager, interval))
        command: list[str | Path] = [
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address={address}",
            "--web.enable-lifecycle",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
            *flags,
        ]
        server = ServerProcess(command, url=f"http://{address}", ready_path="/-/ready", folder=folder)
        with running(server):
            yield server


def instant(prometheus: ServerProcess, query: str) -> float | None:
    """Value of the first series of `query` now, None when it has none. Raises httpx.HTTPError."""
    with httpx.Client(base_url=prometheus.url, trust_env=False) as client:
        answer = client.get("/api/v1/query", params={"query": query}).raise_for_status()
    result = answer.json()["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def _config(
    scrapes: Sequence[Mapping[str, object]], rules: Sequence[Path], alertmanager: str | None, interval: str
) -> str:
    wire: dict[str, object] = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": [str(path.resolve()) for path in rules],
        "scrape_configs": scrapes,
    }
    if alertmanager is not None:
        wire["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
    return json.dumps(wire, indent=2)  # JSON is YAML
