"""The stage of the stories about logs: the console in a real terminal over a log store, and lines that can be counted.

Each line carries a number. What is on the screen is a page of them; all that the console has at hand is counted in a
file that it is told by key to save.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from servers.elasticsearch import Elasticsearch
from servers.loading import Document
from servers.log_troubles import timestamp
from servers.waiting import until
from story_stage import PATIENCE, Console, ConsoleStage

NUMBER = re.compile(r"line (\d{6})")
"""A line's number, as `numbered` writes it."""

AT_HAND = r"3 Logs · [\d,]+"


class LogStage(ConsoleStage):
    """The console on `index` of an Elasticsearch and, where there is one, on an Alertmanager."""

    def __init__(self, folder: Path, elasticsearch: Elasticsearch, index: str, *, alertmanager: str = "") -> None:
        """What the console writes goes below `folder`. It asks every second, and looks at a quarter of an hour."""
        lines = (
            "refresh = 1",
            'since = "15m"',
            'time_zone = "UTC"',
            "[clusters.real]",
            'environment = "test"',
            f'elasticsearch = {{ url = "{elasticsearch.url}", index = "{index}", timeout = "20s" }}',
            *([f'alertmanager = "{alertmanager}"'] if alertmanager else []),
        )
        super().__init__(folder, "\n".join(lines) + "\n")

    def kept(self, console: Console) -> list[int]:
        """Numbers of all lines that the console has at hand, oldest first: it saves them."""
        folder = self.folder / "opsconsole" / "logs"
        before = set(folder.glob("*"))
        console.press("C-s")
        console.shows(r"Save log lines", r"at hand, as JSON")
        count = int(re.findall(r"all ([\d,]+) at hand", console.words)[0].replace(",", ""))
        console.write("json")
        console.press("Enter")
        console.lacks("Save log lines")
        until(lambda: folder.exists() and set(folder.glob("*")) != before, "a file of lines", PATIENCE)
        (path,) = set(folder.glob("*")) - before
        until(lambda: path.read_text().count("\n") == count, f"{count} lines in the file", PATIENCE)
        return [number_of(json.loads(line)["message"]) for line in path.read_text().splitlines()]


def logs_alone(console: Console) -> None:
    """Give the logs pane the keys and the whole screen."""
    console.shows("3 Logs · .* lines", "4 Traces · ")
    console.press("3", "f")
    console.lacks("4 Traces · ")


def read_to_the_start(console: Console) -> None:
    """Scroll back until the console says that nothing older is in the range."""
    start = "nothing older since"

    def moved_on(shown: str) -> bool:
        return bool(console.found(start)) or console.found(AT_HAND) != shown

    while not console.found(start):
        shown = console.found(AT_HAND)
        console.press("Home")
        until(partial(moved_on, shown), f"{start}, or more lines than {shown}", PATIENCE)


def newest_shown(console: Console) -> int:
    """Number of the lowest line on the screen, -1 without one."""
    return max(map(int, NUMBER.findall(console.text)[-1:]), default=-1)


def number_of(message: str) -> int:
    """The number that `message` carries."""
    match = NUMBER.search(message)
    assert match, message
    return int(match.group(1))


def numbered(
    first: int, count: int, moment: float, apart: float = 0.0, **fields: Any
) -> Iterator[tuple[str, Document]]:
    """`count` documents with their ids from number `first` on; the first of unix second `moment`, the next `apart`."""
    for number in range(first, first + count):
        at = timestamp(moment + (number - first) * apart)
        message = f"line {number:06} of the story"
        yield f"{number:06}", {"@timestamp": at, "service": "orders", "level": "info", "message": message, **fields}
