"""What reaches a real terminal of hostile lines, spans, incidents and runbooks: drawing, and nothing they asked for."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyte
import pytest

from bench.terminal import UNKNOWN, Terminal
from hostile.corpus import EVERY
from hostile.practice import ALL_AT_ONCE, hostile_cluster
from hostile.record import INCIDENT, hostile_events
from hostile.rows import ROWS
from hostile.terminal_stream import ALLOWED, copies_in, foreign, tokens_of
from hostile.visits import EVIL, HOSTILE_RUNBOOK, INCIDENTS, LOGS, REFUSED_RUNBOOK, RUNBOOKS, TRACES, Visit
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents

SIZE = (120, 40)
PATIENCE = 180.0
ROOT = Path(__file__).resolve().parents[2]
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")


class Screen:
    """What stands on the terminal's screen."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._screen = pyte.Screen(*terminal.size)
        self._stream = pyte.ByteStream(self._screen)
        self._taken = 0

    @property
    def text(self) -> str:
        arrivals = self._terminal.arrivals[self._taken :]
        self._taken += len(arrivals)
        for _, chunk in arrivals:
            self._stream.feed(UNKNOWN.sub(b"", chunk))
        return "\n".join(self._screen.display)

    def go(self, visit: Visit) -> None:
        """Send the visit's keys, each once the one before is painted, and read until what they show is there."""
        for key in visit.sent:
            self._terminal.send(key)
            self._terminal.read(1.0)
            self._terminal.drain(quiet=0.05, longest=0.5)
        deadline = time.monotonic() + PATIENCE
        while not visit.made(self.text):
            assert time.monotonic() < deadline, f"not made: {visit}\n{self.text}"
            self._terminal.watch(0.2)


@pytest.mark.long
async def test_only_the_console_s_own_sequences_reach_the_terminal(tmp_path: Path) -> None:
    async with hostile_cluster() as (_, table):
        store = re.search(r'^elasticsearch = "(.*)"$', table, re.MULTILINE)
        assert store is not None
        with_kibana = f'elasticsearch = {{ url = "{store[1]}", kibana = "http://kibana.example:5601" }}'
        (tmp_path / "c.toml").write_text(table.replace(store[0], with_kibana))
        sent = await asyncio.to_thread(walked, tmp_path, (*LOGS, *TRACES))
    assert foreign(sent) == []
    copies = copies_in(sent)
    assert len(copies) == sum(visit.copies for visit in (*LOGS, *TRACES)), "nothing but its own keys copies"
    assert EVIL in copies[0]
    (lines,) = (tmp_path / "s" / "opsconsole" / "logs").iterdir()
    searches = tmp_path / "c" / "opsconsole" / "searches.toml"
    kept = (*copies, lines.read_text(), searches.read_text())
    assert all(EVIL in text for text in (lines.read_text(), searches.read_text()))
    assert not any(CONTROL.search(text.translate({9: None, 10: None})) for text in kept)


@pytest.mark.long
async def test_no_incident_and_no_runbook_sends_a_sequence_of_its_own(tmp_path: Path) -> None:
    state, runbooks = tmp_path / "s" / "opsconsole", tmp_path / "runbooks"
    state.mkdir(parents=True, mode=0o700)
    store = SqliteIncidents(state / "incidents.db")
    await store.merge(hostile_events(texts=(ALL_AT_ONCE,), cluster="practice"))
    await store.close()
    attachment_of(state, "practice").write(INCIDENT)
    runbooks.mkdir()
    (runbooks / "evil.md").write_text(HOSTILE_RUNBOOK)
    (runbooks / "broken.md").write_bytes(REFUSED_RUNBOOK)
    async with hostile_cluster() as (_, table):
        (tmp_path / "c.toml").write_text(f'runbooks = ["{runbooks}"]\n{table}')
        sent = await asyncio.to_thread(walked, tmp_path, (*INCIDENTS, *RUNBOOKS))
    assert foreign(sent) == []
    assert copies_in(sent) == []


COLOURS_AND_MODES = ROWS[0].texts[2:4]
"""These are sent by the console as well; that they are shown as pictures is what the visits look for."""


@pytest.mark.parametrize("raw", [text for text in EVERY if CONTROL.search(text) and text not in COLOURS_AND_MODES])
def test_any_other_sequence_would_be_seen(raw: str) -> None:
    own = b"\x1b[38;2;1;2;3m\x1b[4;5H"
    sent = own + raw[:400].encode("utf-8", "replace") + own
    assert foreign(sent) or copies_in(sent) or {"CR", "LF"} & {token.name for token in tokens_of(sent)}
    assert foreign(own + "words ▌ ␛]52".encode() + own) == []


def test_the_documentation_has_the_list_of_what_is_sent() -> None:
    page = (ROOT / "docs" / "safety.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|$", page, re.MULTILINE))
    assert rows == {name: words for name, words in ALLOWED.items() if name != "text"}


def walked(folder: Path, visits: Sequence[Visit]) -> bytes:
    """All bytes that a console sends on the way through `visits`."""
    command = [sys.executable, "-m", "opsconsole", "--config", str(folder / "c.toml"), "--service", "checkout"]
    places = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "s"), "XDG_CONFIG_HOME": str(folder / "c")}
    with Terminal(command, SIZE, {**places, "TZ": "UTC", "COLUMNS": "", "LINES": ""}) as terminal:
        screen = Screen(terminal)
        screen.go(Visit("the panes", "", ("1 Alerts", "3 Logs", "4 Traces", "5 Pods")))
        for visit in visits:
            screen.go(visit)
        return bytes(terminal.received)
