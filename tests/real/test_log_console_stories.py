"""Troubles of a log store as they are seen in the console, in a real terminal on a real Elasticsearch."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from log_stage import LogStage, logs_alone, newest_shown, numbered, read_to_the_start
from servers.elasticsearch import Elasticsearch
from servers.loading import load_lines
from servers.log_troubles import add_lost_shard, add_shard_that_cannot_sort, forget_points_in_time, load_two_mappings
from servers.waiting import until
from story_stage import PATIENCE, Console

pytestmark = [pytest.mark.real, pytest.mark.long]

RATE = 5_000
BEATS = 10
"""So many parts a second of a burst is written in."""

AT_LEAST = 20_000
AT_MOST = 100_000
"""Lines of a burst. It ends in between, once it has been seen enough of."""

AT_HAND = 10_000
"""Lines that the console keeps."""


class Burst:
    """Writes numbered lines at `RATE` a second until the block ends; `written` is the number after the last one."""

    def __init__(self, server: Elasticsearch, index: str, first: int) -> None:
        self.written = first
        self._server, self._index, self._first = server, index, first
        self._seen_enough = threading.Event()
        self._thread = threading.Thread(target=self._write, name="burst")

    @property
    def going(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._seen_enough.set()
        self._thread.join()

    def _write(self) -> None:
        began, monotonic = time.time(), time.monotonic()
        part = RATE // BEATS
        for beat in range(1, AT_MOST // part + 1):
            if beat * part > AT_LEAST and self._seen_enough.is_set():
                return
            # The rate is the clock's; where the machine is slower than that, it is written as fast as it can.
            time.sleep(max(0.0, monotonic + beat / BEATS - time.monotonic()))
            lines = numbered(self.written, part, began + (beat - 1) / BEATS, 1 / RATE)
            load_lines(self._server, lines, index=self._index, refresh=False)
            self.written += part


def test_a_burst_is_followed_to_its_end_and_counted(
    elasticsearch: Elasticsearch, log_index: str, tmp_path: Path
) -> None:
    load_lines(elasticsearch, numbered(0, 200, time.time() - 60, 0.1), index=log_index)
    stage = LogStage(tmp_path, elasticsearch, log_index)
    with stage.console() as console:
        logs_alone(console)
        console.shows(r"3 Logs · 200 lines", "line 000199")
        with Burst(elasticsearch, log_index, first=200) as burst:
            for _ in range(3):
                seen = newest_shown(console)
                until(lambda seen=seen: newest_shown(console) > seen, f"a line after {seen}", PATIENCE)  # type: ignore[misc]
            console.press("Up")
            console.shows(r"▼ [\d,]+ new")
            console.press("End")
            console.lacks(r"▼ [\d,]+ new")
            assert burst.going
        total = burst.written
        until(lambda: newest_shown(console) == total - 1, f"line {total - 1} lowest", PATIENCE)
        console.shows(rf"3 Logs · 10,000 of {total:,} lines")
        assert_counted(stage.kept(console), total - 1, console)


def assert_counted(kept: list[int], last: int, console: Console) -> None:
    """`kept` are the newest lines up to `last`, none twice, and none missing that is not told as skipped."""
    assert (len(kept), len(set(kept)), max(kept)) == (AT_HAND, AT_HAND, last)
    skipped = re.search(r"([\d,]+) skipped", console.words)
    told = int(skipped.group(1).replace(",", "")) if skipped else 0
    assert last + 1 - min(kept) - AT_HAND <= told, console.text


def test_lines_of_two_mappings_are_found_as_one(elasticsearch: Elasticsearch, log_index: str, tmp_path: Path) -> None:
    now, services = time.time(), ("users", "orders")
    pattern = load_two_mappings(
        elasticsearch,
        log_index,
        plain=[(now - 60 + at, one, "error", f"plain {one} {at}") for at in range(5) for one in services],
        ecs=[(now - 60 + at, one, "error", f"ecs {one} {at}") for at in range(5) for one in services],
    )
    with LogStage(tmp_path, elasticsearch, pattern).console() as console:
        logs_alone(console)
        every = [f"{kind} {one} {at}" for kind in ("plain", "ecs") for one in services for at in range(5)]
        console.shows(r"3 Logs · 20 lines", *every)
        of_orders = [line for line in every if "orders" in line]
        of_users = [line for line in every if "users" in line]
        console.press("End", "I")
        console.shows(r"Only lines of", r"service orders")
        console.press("Enter")
        console.shows(r"3 Logs · 10 lines", r"service orders F changes", *of_orders)
        console.press("Escape")
        console.shows(r"3 Logs · 20 lines")
        console.press("End", "X")
        console.shows(r"Leave out lines of", r"service orders")
        console.press("Enter")
        console.shows(r"3 Logs · 10 lines", r"not service orders F changes", *of_users)
        console.press("Escape")
        console.shows(r"3 Logs · 20 lines")
        console.press("s")
        console.shows(r"Enter choose, Esc back")
        console.write("orders")
        console.press("Enter")
        console.shows(r"▸ service orders ▸", r"3 Logs · 10 lines", *of_orders)


def test_shards_that_fail_are_told_beside_the_lines_of_the_others(
    elasticsearch: Elasticsearch, log_index: str, tmp_path: Path
) -> None:
    load_lines(elasticsearch, numbered(0, 20, time.time() - 60, 0.1), index=f"{log_index}-whole")
    add_lost_shard(elasticsearch, f"{log_index}-lost")
    every = [f"line {number:06}" for number in range(20)]
    with LogStage(tmp_path, elasticsearch, f"{log_index}-*").console() as console:
        logs_alone(console)
        console.shows(r"◔ partial: 1 of 2 parts answered; no_shard_available_action_exception", r"es ◔ 1/2", *every)
        add_shard_that_cannot_sort(elasticsearch, f"{log_index}-text")
        console.shows(r"◔ partial: 1 of 3 parts answered; .*Fielddata is disabled on \[@timestamp\]", r"es ◔ 1/3")
        load_lines(elasticsearch, numbered(20, 1, time.time()), index=f"{log_index}-whole")
        console.shows(r"3 Logs · 21 lines", r"es ◔ 1/3", *every, "line 000020")


def test_a_forgotten_point_in_time_leaves_no_gap_and_is_told(
    elasticsearch: Elasticsearch, log_index: str, tmp_path: Path
) -> None:
    # Seven lines share each moment, so a page ends among lines that only their ids tell apart.
    moment = time.time() - 300
    lines = [one for at in range(286) for one in numbered(at * 7, 7, moment + at * 0.1)]
    load_lines(elasticsearch, lines, index=log_index)
    stage = LogStage(tmp_path, elasticsearch, log_index)
    with stage.console() as console:
        logs_alone(console)
        console.shows(r"3 Logs · 300 of 2,002 lines", "line 002001")
        console.press("Home")
        console.shows(r"3 Logs · [78]\d\d of 2,002 lines")
        forget_points_in_time(elasticsearch, log_index)
        console.press("Home")
        console.shows(r"3 Logs · 1,[23]\d\d of 2,002 lines", "the server had forgotten the place: read on")
        read_to_the_start(console)
        console.shows(r"3 Logs · 2,002 lines", "line 000000")
        assert sorted(stage.kept(console)) == list(range(2_002))
