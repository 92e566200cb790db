"""Elasticsearch dies and comes back while the console follows lines that a real shipper brings."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from log_stage import LogStage, logs_alone, newest_shown, numbered, read_to_the_start
from servers.alertmanager import run_alertmanager
from servers.elasticsearch import run_elasticsearch
from servers.rsyslog import run_rsyslog
from servers.waiting import until
from story_stage import PATIENCE

pytestmark = [pytest.mark.real, pytest.mark.long]

INTERVAL = 0.05
INDEX = "lines"


class Service:
    """Writes a numbered line into `log` every INTERVAL seconds; `written` is how many there are."""

    def __init__(self, log: Path) -> None:
        self.written = 0
        self._log = log
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="service")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Write no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with self._log.open("a") as file:
            while not self._ended.wait(INTERVAL):
                ((_, line),) = numbered(self.written, 1, time.time())
                file.write(json.dumps(line) + "\n")
                file.flush()
                self.written += 1


def test_no_line_is_lost_or_doubled_when_elasticsearch_is_restarted(tmp_path: Path) -> None:
    log = tmp_path / "orders-0.log"
    with (
        run_elasticsearch(tmp_path / "elasticsearch") as server,
        run_alertmanager(tmp_path / "alertmanager") as alertmanager,
        run_rsyslog(
            tmp_path / "rsyslog",
            files={log: {"kubernetes.pod.name": "orders-0"}},
            elasticsearch=server.url,
            index=INDEX,
        ),
    ):
        stage = LogStage(tmp_path, server, INDEX, alertmanager=alertmanager.url)
        with Service(log) as service, stage.console() as console:
            logs_alone(console)
            console.shows(r"es ●", r"am ●", "line 00")
            seen = newest_shown(console)
            until(lambda: newest_shown(console) > seen, "the lines to be followed", PATIENCE)

            server.kill()
            console.shows(r"es [◐✘]", r"elasticsearch can't be reached", r"am ●", "line 00")
            meanwhile = service.written
            until(lambda: service.written > meanwhile + 20, "lines written meanwhile", PATIENCE)
            server.start()
            console.shows(r"es ●")
            console.lacks(r"elasticsearch can't be reached")
            until(lambda: newest_shown(console) > meanwhile + 20, "the lines written meanwhile", PATIENCE)
            service.stop()
            until(lambda: newest_shown(console) == service.written - 1, "the last line", PATIENCE)
            read_to_the_start(console)
            assert stage.kept(console) == list(range(service.written))
