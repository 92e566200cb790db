"""Templates of messages found while the lines come in.

The method is Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017):
messages of equal length whose first words agree meet in one leaf, and join the most similar template there. Ours adds
bounds on everything that grows, and a memory of the messages it has seen, so that most lines never reach the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from operator import eq

from opsconsole.domain.log_pattern import LogPattern
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns.tally import Tally
from opsconsole.patterns.tokens import WILDCARD, masked, merged, words_in

SIMILARITY = 0.5
"""Share of words that a message must have in common with a template to join it."""

FIRST_WORDS = 100
"""First words of messages of one length that are told apart; those that come later share a branch."""

SECOND_WORDS = 24
"""Second words after one first word that are told apart; with more, the second word is a value, and none is."""

TEMPLATES_PER_LEAF = 32
"""Templates of a leaf; past them a message joins the most similar one, however little that is."""

PATTERNS = 2000
"""Patterns of a tree; past them the tenth that was seen least recently is forgotten."""

SEEN = 4096
"""Masked messages whose pattern is remembered; past them all are looked up anew."""

_LONGEST_SEEN = 400
_FOLDED = ""
"""The one branch of second words that are values."""

_DIGIT = re.compile("[0-9]")


class Template:
    """Words that messages have in common, and the tally of their lines. `seen_at` is the number of the last line."""

    __slots__ = ("seen_at", "tally", "words")

    def __init__(self, words: tuple[str, ...]) -> None:
        """The template of one message."""
        self.words = words
        self.tally = Tally()
        self.seen_at = 0

    @property
    def text(self) -> SafeText:
        """The words as one line."""
        return SafeText(" ".join(self.words))


class PatternTree:
    """Groups the messages of log lines. Any text is taken; memory is bounded whatever comes.

    `lines` were taken so far. `forgotten` patterns, with `forgotten_lines` lines, were dropped to stay within
    `PATTERNS`; the counts of all others are exact.
    """

    def __init__(self, patterns: int = PATTERNS) -> None:
        """An empty tree of at most `patterns` patterns."""
        self.lines = 0
        self.forgotten = 0
        self.forgotten_lines = 0
        self._most = max(1, patterns)
        self._tree: dict[int, dict[str, dict[str, list[Template]]]] = {}
        self._size = 0
        self._seen: dict[str, Template] = {}

    def add(self, record: LogRecord) -> None:
        """Count `record` for the pattern of its message."""
        text = masked(record.message)
        template = self._seen.get(text)
        if template is None:
            template = self._place(text)
        self.lines += 1
        template.seen_at = self.lines
        template.tally.add(record)

    def take(self, records: Iterable[LogRecord]) -> None:
        """Count all of `records`, in any order."""
        for record in records:
            self.add(record)

    def templates(self) -> dict[SafeText, Tally]:
        """Each template and what was counted of it. Templates that came to read the same are counted as one."""
        found: dict[SafeText, Tally] = {}
        for template in self._held():
            text = template.text
            known = found.get(text)
            found[text] = template.tally if known is None else Tally.of_both(known, template.tally)
        return found

    def part(self) -> None:
        """Count what was taken so far as `Tally.earlier`."""
        for template in self._held():
            template.tally.earlier = template.tally.count

    def patterns(self, span: TimeRange, columns: int) -> tuple[LogPattern, ...]:
        """All patterns, those of most lines first, each with its trend over `span` in `columns` parts."""
        patterns = [pattern_of(text, tally, span, columns) for text, tally in self.templates().items()]
        patterns.sort(key=lambda pattern: (-pattern.count, pattern.template))
        return tuple(patterns)

    def _place(self, text: str) -> Template:
        """The template that messages which read `text` once masked belong to."""
        words = words_in(text)
        leaf = self._leaf(words)
        template = _joined(leaf, words)
        if template is None:
            template = Template(words)
            leaf.append(template)
            self._size += 1
            if self._size > self._most:
                template.seen_at = self.lines + 1
                self._forget()
        if len(text) <= _LONGEST_SEEN:
            if len(self._seen) >= SEEN:
                self._seen.clear()
            self._seen[text] = template
        return template

    def _leaf(self, words: tuple[str, ...]) -> list[Template]:
        by_first = self._tree.setdefault(len(words), {})
        first = _branch(by_first, words[0])
        if first not in by_first and len(by_first) >= FIRST_WORDS:
            first = WILDCARD
        by_second = by_first.setdefault(first, {})
        if _FOLDED in by_second:
            return by_second[_FOLDED]
        second = _branch(by_second, words[1] if len(words) > 1 else WILDCARD)
        if second not in by_second and len(by_second) >= SECOND_WORDS:
            return self._fold(by_second)
        return by_second.setdefault(second, [])

    def _fold(self, by_second: dict[str, list[Template]]) -> list[Template]:
        """Make all branches one, and templates that are alike without their second word one."""
        leaf: list[Template] = []
        for template in [template for branch in by_second.values() for template in branch]:
            if (known := _joined(leaf, template.words)) is None:
                leaf.append(template)
            else:
                known.tally.join(template.tally)
                known.seen_at = max(known.seen_at, template.seen_at)
                self._size -= 1
        by_second.clear()
        by_second[_FOLDED] = leaf
        self._seen.clear()
        return leaf

    def _held(self) -> list[Template]:
        return [
            template
            for firsts in self._tree.values()
            for seconds in firsts.values()
            for leaf in seconds.values()
            for template in leaf
        ]

    def _forget(self) -> None:
        """Drop the tenth of the templates that was seen least recently, and the branches that led to them alone."""
        held = sorted(self._held(), key=lambda template: template.seen_at)
        dropped = set(held[: max(1, self._most // 10)])
        self.forgotten += len(dropped)
        self.forgotten_lines += sum(template.tally.count for template in dropped)
        self._size -= len(dropped)
        self._seen.clear()
        for length, firsts in list(self._tree.items()):
            for first, seconds in list(firsts.items()):
                for second, leaf in list(seconds.items()):
                    leaf[:] = [template for template in leaf if template not in dropped]
                    if not leaf:
                        del seconds[second]
                if not seconds:
                    del firsts[first]
            if not firsts:
                del self._tree[length]


def pattern_of(text: SafeText, tally: Tally, span: TimeRange, columns: int) -> LogPattern:
    """The pattern that reads `text`, with its trend over `span` in `columns` parts."""
    return LogPattern(
        id=SafeText(blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()),
        template=text,
        count=tally.count,
        level=tally.level,
        services=tuple(sorted(tally.services)),
        first_seen=tally.first_seen,
        last_seen=tally.last_seen,
        trend=tally.trend(span, columns),
        example=tally.example,
    )


def _branch(children: Mapping[str, object], word: str) -> str:
    """The branch for `word`: its own, or the one that words with digits or variables share."""
    return WILDCARD if word not in children and (WILDCARD in word or _DIGIT.search(word)) else word


def _joined(leaf: list[Template], words: tuple[str, ...]) -> Template | None:
    """The template of `leaf` most like `words`, widened to stand for them; None when a new one is called for."""
    best, common = None, -1
    for template in leaf:
        alike = sum(map(eq, template.words, words))
        if alike > common:
            best, common = template, alike
    if best is None or (common < SIMILARITY * len(words) and len(leaf) < TEMPLATES_PER_LEAF):
        return None
    if common < len(words):
        best.words = tuple(map(merged, best.words, words))
    return best
