"""How soon a trace of ten thousand spans stands on the screen, and how its keys go."""

from __future__ import annotations

from pathlib import Path

from bench.budgets import Figure, key_figures
from bench.measure import SIZE, command
from bench.painted import Painted, Rows
from bench.terminal import Terminal
from bench.trace_store import TraceStore, trace_store

SPANS = 10_000
OPENED = 5
_KEYS = 60


def trace_figures(folder: Path) -> list[Figure]:
    """The console on a store with one such trace: opened again and again, then scrolled."""
    with trace_store(SPANS) as store:
        path = folder / "traces.toml"
        path.write_text(f'[clusters.traces]\njaeger = "{store.url}"\n')
        path.chmod(0o600)
        environment = {"OPSCONSOLE_CONFIG": str(path), "PYTHONDONTWRITEBYTECODE": ""}
        with Terminal(command(), SIZE, environment) as terminal:
            painted = Painted(terminal)
            painted.until(lambda rows: "POST /pay" in "\n".join(rows), 60, "the trace in the list")
            terminal.send(b"4")
            painted.settle(0.5)
            before = terminal.processor_seconds
            opened = [_opened(terminal, painted, store) for _ in range(OPENED)]
            spent = (terminal.processor_seconds - before) / OPENED
            terminal.send(b"o")
            painted.until(_whole, 60, "the trace")
            painted.settle(0.5)
            keys = (b"j", b"\x1b[6~", b"k", b"\x1b[F", b"\x1b[5~", b"\x1b[H")
            paints = []
            for number in range(_KEYS):
                seconds = painted.answer(keys[number % len(keys)], _cursor)
                paints += [] if seconds is None else [(seconds, painted.starved)]
            resident = terminal.resident_bytes
    return [
        Figure("10,000 spans: on the screen after the last byte", "ms", [1000 * seconds for seconds in opened]),
        Figure("10,000 spans: processor time of opening and leaving", "ms", [1000 * spent]),
        *key_figures("10,000 spans: key to paint", paints),
        Figure("10,000 spans: resident memory", "MB", [resident / 1e6]),
    ]


def _opened(terminal: Terminal, painted: Painted, store: TraceStore) -> float:
    known = len(store.sent)
    terminal.send(b"o")
    shown = painted.until(_whole, 60, "the whole trace")
    painted.settle(0.5)
    terminal.send(b"\x1b")
    painted.until(lambda rows: not _whole(rows), 20, "the panes again")
    painted.settle(0.5)
    return shown - store.sent[known]


def _whole(rows: Rows) -> bool:
    return f"{SPANS:,} spans" in "\n".join(rows[:4])


def _cursor(rows: Rows) -> list[tuple[int, str]]:
    return [(number, row) for number, row in enumerate(rows) if "▌" in row]
