"""What grouping log lines into patterns costs, and how well it groups."""

from __future__ import annotations

import random
import statistics
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from bench.budgets import Figure
from bench.labelled_logs import LabelledLog, labelled_logs
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns import PatternTree
from opsconsole.patterns.tokens import WILDCARD, covers, words_of
from opsconsole.safe_text import safe_text

LINES = 200_000
RUNS = 5
START = 1_790_000_000.0

# Messages of the kinds that services log; # is a number, @ an address, ~ a hash.
_MESSAGES = (
    "request completed in #ms",
    "pool wait timeout after # ms, # of # connections in use",
    "retry # of 5: upstream connect error or disconnect/reset before headers",
    "Received block blk_-# of size # from @",
    "GET /api/v1/orders/# 200 in #ms user=#",
    "Failed password for invalid user test from @ port # ssh2",
    "用户登录成功 user=#",
    "payment authorised",
    "trace ~ dropped: queue is full (# of #)",
    "cache miss for key [order:#]",
)


def pattern_figures() -> list[Figure]:
    """Processor time a line, memory of a full tree, and grouping accuracy by program and on average."""
    draw = random.Random(1)
    usual = _records([_filled(draw.choice(_MESSAGES), draw) for _ in range(LINES)])
    words = ["".join(draw.choices("abcdefghijklmnop", k=6)) for _ in range(5000)]
    strange = _records([" ".join(draw.choices(words, k=draw.randrange(3, 12))) for _ in range(LINES // 10)])
    figures = [
        Figure("patterns: processor time a line", "µs", [_microseconds(usual) for _ in range(RUNS)]),
        Figure("patterns: the same, lines without a pattern", "µs", [_microseconds(strange) for _ in range(RUNS)]),
        Figure("patterns: memory of a full tree", "MB", [_megabytes(draw)]),
    ]
    accuracies = {log.program: 100 * grouping_accuracy(log, groups_of(log.messages)) for log in labelled_logs()}
    figures += [Figure(f"patterns: accuracy on {name}", "% of lines", [share]) for name, share in accuracies.items()]
    if accuracies:
        figures.append(Figure("patterns: mean accuracy", "% of lines", [statistics.fmean(accuracies.values())]))
    return figures


def grouping_accuracy(log: LabelledLog, groups: Sequence[Hashable]) -> float:
    """The share of lines whose group holds exactly the lines of their statement, from 0 to 1.

    As defined by Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019: one line too many or
    too few, and none of the group counts.
    """
    by_statement: defaultdict[str, set[int]] = defaultdict(set)
    by_group: defaultdict[Hashable, set[int]] = defaultdict(set)
    for index, (statement, group) in enumerate(zip(log.statements, groups, strict=True)):
        by_statement[statement].add(index)
        by_group[group].add(index)
    right = sum(len(lines) for lines in by_group.values() if lines == by_statement[log.statements[min(lines)]])
    return right / len(groups) if groups else 0.0


def groups_of(messages: Sequence[str]) -> list[str]:
    """For each message the template that stands for it at the end: the one with the fewest variables."""
    tree = PatternTree()
    tree.take(_records(messages))
    found = tree.patterns(TimeRange(START, START + 1), 1)
    templates = sorted((pattern.template for pattern in found), key=lambda template: template.count(WILDCARD))
    by_length: defaultdict[int, list[tuple[str, list[str]]]] = defaultdict(list)
    for template in templates:
        by_length[len(template.split())].append((template, template.split()))
    return [_group(words_of(message), by_length) for message in messages]


def _group(words: tuple[str, ...], by_length: dict[int, list[tuple[str, list[str]]]]) -> str:
    return next(template for template, parts in by_length[len(words)] if all(map(covers, parts, words)))


def _records(messages: Sequence[str]) -> list[LogRecord]:
    levels = (LogLevel.INFO, LogLevel.INFO, LogLevel.WARN, LogLevel.ERROR)
    return [
        LogRecord(
            SafeText(f"line-{number}"),
            START + number / 100,
            levels[number % len(levels)],
            SafeText("checkout" if number % 3 else "orders"),
            safe_text(message),
        )
        for number, message in enumerate(messages)
    ]


def _filled(message: str, draw: random.Random) -> str:
    fillers: dict[str, Callable[[], str]] = {
        "#": lambda: str(draw.randrange(100_000)),
        "@": lambda: f"10.{draw.randrange(256)}.{draw.randrange(256)}.7:{draw.randrange(65_536)}",
        "~": lambda: f"{draw.getrandbits(128):032x}",
    }
    return "".join(fillers[sign]() if sign in fillers else sign for sign in message)


def _microseconds(records: list[LogRecord]) -> float:
    tree = PatternTree()
    before = time.process_time()
    tree.take(records)
    return 1e6 * (time.process_time() - before) / len(records)


def _megabytes(draw: random.Random) -> float:
    """Memory of a tree that was handed ten times as many long messages as it may hold patterns, over a day."""
    letters = "abcdefghijklmnop"
    tracemalloc.start()
    try:
        tree = PatternTree()
        for number in range(20_000):
            words = ("".join(draw.choices(letters, k=draw.randrange(2, 12))) for _ in range(draw.randrange(2, 90)))
            message = SafeText(" ".join(words))
            tree.add(LogRecord(SafeText(f"{number}"), START + 4 * number, LogLevel.INFO, SafeText("x"), message))
        return tracemalloc.get_traced_memory()[0] / 1e6
    finally:
        tracemalloc.stop()
