"""Lines grouped into patterns: what is masked, what meets, what is counted, and that nothing grows without end."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile.corpus import HOSTILE
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns import PatternTree, constant_runs, matches
from opsconsole.patterns.tally import BARS_KEPT
from opsconsole.patterns.tokens import masked, words_of
from opsconsole.patterns.tree import TEMPLATES_PER_LEAF
from opsconsole.safe_text import safe_text

START = 1_790_000_000.0
HOUR = TimeRange(START, START + 3600)


def line(
    message: str,
    number: int = 0,
    *,
    time: float | None = START,
    level: LogLevel = LogLevel.INFO,
    service: str = "checkout",
) -> LogRecord:
    return LogRecord(SafeText(f"line-{number}"), time, level, SafeText(service), SafeText(message))


def tree_of(messages: Sequence[str], patterns: int = 2000) -> PatternTree:
    tree = PatternTree(patterns)
    tree.take(line(message, number) for number, message in enumerate(messages))
    return tree


def templates(messages: Sequence[str]) -> dict[str, int]:
    return {str(pattern.template): pattern.count for pattern in tree_of(messages).patterns(HOUR, 4)}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("pool wait timeout after 3000 ms, 200 of 200 in use", "pool wait timeout after <*> ms, <*> of <*> in use"),
        ("took 1.94s, 47µs more", "took <*>, <*> more"),
        ("user=12345 order=[42] id:7f", "user=<*> order=[<*>] id:<*>"),
        ("span 4bf92f3577b34da6a3ce929d0e0e4736", "span <*>"),
        ("at 0x7ffd2a", "at <*>"),
        ("job 123e4567-e89b-12d3-a456-426614174000 done", "job <*> done"),
        ("from 10.0.0.7:50010 and fe80::1ff:fe23:4567", "from <*>:<*> and <*>::<*>:<*>:<*>"),
        ("at 2026-03-02T14:11:57.123Z", "at <*>:<*>:<*>"),
        ("block blk_-1608999687919862906", "block <*>"),
        ("GET /api/orders/42?page=3", "GET <*>?page=<*>"),
        ("GET /healthz text/html", "GET /healthz text/html"),
        ("pod checkout-7d9f8b6c5-abcde", "pod <*>"),
        ("using http2, utf8 and k8s", "using http2, utf8 and k8s"),
        ("apps.k8s.io is no number", "apps.k8s.io is no number"),
        ("pod k8s-agent-7d9f", "pod <*>"),
        ("订单12345创建成功", "订单<*>创建成功"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_what_differs_from_line_to_line_is_masked(message: str, expected: str) -> None:
    assert masked(message) == expected


def test_a_list_of_values_is_one_word_however_long() -> None:
    assert words_of("at 14:11:57,123 from [1,2,3]") == words_of("at 9:00 from [7]") == ("at", "<*>", "from", "[<*>]")


def test_messages_that_differ_in_a_word_are_one_pattern() -> None:
    assert templates(
        [
            "login of ann from web failed",
            "login of bob from web failed",
            "login of 77 from app failed",
            "cache miss",
            "cache hit rate low",
        ]
    ) == {"login of <*> from <*> failed": 3, "cache miss": 1, "cache hit rate low": 1}


def test_fields_keep_their_key() -> None:
    assert templates(["done by user=ann in shop", "done by user=bob in shop"]) == {"done by user=<*> in shop": 2}


def test_messages_with_little_in_common_stay_apart() -> None:
    messages = ["pool closed after long idle", "pool closed by remote peer"]
    assert templates(messages) == dict.fromkeys(messages, 1)


KINDS = tuple(f"loading {a}{b}" for a in "abcdef" for b in "uvwxyz")


def test_a_second_word_of_many_kinds_is_a_value() -> None:
    assert templates(KINDS * 2) == {"loading <*>": 72}
    assert templates(KINDS[:5]) == dict.fromkeys(KINDS[:5], 1)


def test_patterns_that_became_one_make_room() -> None:
    others = [f"{one}{two} done" for one in "abcd" for two in "vwxyz"]
    tree = tree_of([*KINDS, *others], patterns=30)
    assert (tree.forgotten, len(tree.patterns(HOUR, 1))) == (0, 21)


def test_templates_that_came_to_read_the_same_are_one_pattern() -> None:
    wide = ["x y e f g h", "x y e f 1 2", "x y q f 1 2", "x y q r 1 2"]
    widened_later = ["x y a b 1 2", "x y q b 1 2", "x y q s 1 2"]
    assert templates(["x y a b c d", *wide, *widened_later]) == {"x y <*> <*> <*> <*>": 8}


def test_messages_of_endless_variety_share_the_patterns_there_are() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    messages = [
        f"she said {' '.join(two * 2 + one + letters[place] for place in range(8))}"
        for one in letters
        for two in letters[:6]
    ]
    found = templates(messages)
    assert len(found) <= TEMPLATES_PER_LEAF
    assert sum(found.values()) == len(messages)


def test_a_pattern_knows_how_bad_whose_and_when() -> None:
    tree = PatternTree()
    tree.add(line("retry 1 of 5", 1, time=START + 100, level=LogLevel.WARN, service="orders"))
    tree.add(line("retry 2 of 5", 2, time=START + 3500, level=LogLevel.ERROR))
    tree.add(line("retry 3 of 5", 3, time=START + 200, level=LogLevel.INFO))
    tree.add(line("retry 4 of 5", 4, time=None))
    (pattern,) = tree.patterns(HOUR, 4)
    assert (pattern.template, pattern.count, pattern.level) == ("retry <*> of <*>", 4, LogLevel.ERROR)
    assert pattern.services == ("checkout", "orders")
    assert (pattern.first_seen, pattern.last_seen) == (START + 100, START + 3500)
    assert pattern.example == "line-2"
    assert pattern.trend == (2, 0, 0, 1)


def test_the_id_is_the_same_in_every_run_and_order() -> None:
    messages = ["pool wait timeout after 3000 ms", "retry 3 of 5", "pool wait timeout after 12 ms"]
    ids = {pattern.template: pattern.id for pattern in tree_of(messages).patterns(HOUR, 1)}
    again = {pattern.template: pattern.id for pattern in tree_of(messages[::-1]).patterns(HOUR, 9)}
    assert ids == again
    assert ids["retry <*> of <*>"] == "f818f6d5aac109ac"


@pytest.mark.parametrize("time", [None, math.nan, math.inf, -math.inf, 1e18, -5.0])
def test_a_line_without_a_usable_time_counts_all_the_same(time: float | None) -> None:
    tree = PatternTree()
    tree.add(line("retry 1 of 5", time=time))
    (pattern,) = tree.patterns(HOUR, 3)
    assert (pattern.count, pattern.first_seen, pattern.trend, pattern.example) == (1, None, (0, 0, 0), "line-0")


def test_the_trend_has_every_line_of_the_span_once() -> None:
    tree = PatternTree()
    tree.take(line("tick", number, time=START + number) for number in range(3600))
    (pattern,) = tree.patterns(HOUR, 24)
    assert sum(pattern.trend) == 3600
    assert max(pattern.trend) - min(pattern.trend) <= 150 // 10
    (half,) = tree.patterns(TimeRange(START, START + 1799), 10)
    assert abs(sum(half.trend) - 1800) <= 3600 // BARS_KEPT * 2


def test_the_trend_of_no_time_is_empty() -> None:
    tree = tree_of(["tick"])
    assert tree.patterns(TimeRange(START, START), 3)[0].trend == (0, 0, 0)
    assert tree.patterns(HOUR, 0)[0].trend == ()


def test_patterns_past_the_bound_are_forgotten_least_recent_first_and_counted() -> None:
    tree = PatternTree(patterns=10)
    for number in range(50):
        word = "".join(chr(97 + int(digit)) for digit in f"{number:03d}")
        tree.take([line("the one that keeps coming back"), line(f"{word} {word[::-1]} alpha")])
    found = tree.patterns(HOUR, 1)
    assert len(found) <= 10
    assert found[0].template == "the one that keeps coming back"
    assert found[0].count == 50
    assert tree.forgotten == 51 - len(found)
    assert tree.forgotten_lines + sum(pattern.count for pattern in found) == tree.lines == 100


DEEP = '{"a":' * 3000 + "1" + "}" * 3000
MONSTERS = (
    *HOSTILE,
    "x" * 10_000_000,
    "word " * 100_000,
    "7" * 100_000,
    "a1" * 50_000,
    "<*> <*> =<*> a=<*>",
    "<empty>",
    "=" * 5000,
    "k=v " * 200,
    DEEP,
    "␛[31mred ⟨202E⟩ … +12 characters",
)


@pytest.mark.parametrize("message", MONSTERS, ids=lambda text: repr(text[:24]))
def test_any_message_is_taken_and_found_again(message: str) -> None:
    for text in (message, safe_text(message)):
        tree = tree_of([text, text, "retry 3 of 5"])
        found = {pattern.template: pattern.count for pattern in tree.patterns(HOUR, 4)}
        assert sum(found.values()) == 3
        assert [count for template, count in found.items() if matches(template, text)] == [2]
        assert all(len(template) <= 1100 for template in found)


def test_memory_stays_within_bounds_whatever_comes() -> None:
    tree = PatternTree()
    tracemalloc.start()
    try:
        for number in range(24_000):
            word = "".join(chr(97 + int(digit)) for digit in f"{number * 7919 % 100_000:05d}")
            tree.add(line(f"{word} {word[::-1]} {word * (76 if number % 2 else 190)}", number, time=START + number))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 5e6
    assert tree.lines == 24_000


def test_a_pattern_of_many_days_takes_no_more_room() -> None:
    tree = PatternTree()
    tracemalloc.start()
    try:
        tree.take(line("tick", time=START + 60 * number) for number in range(10_000))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 40_000


WORDS = st.sampled_from(
    ["pool", "wait", "user=ann", "user=bob", "42", "a1b2", "/api/7", "<*>", "[x]", "登录", "timeout:"]
)
MESSAGES = st.lists(st.one_of(st.lists(WORDS, max_size=8).map(" ".join), st.text(max_size=80)), max_size=60)


@settings(max_examples=150, deadline=None)
@given(MESSAGES, st.integers(1, 20))
def test_no_line_is_lost_whatever_the_bound(messages: list[str], patterns: int) -> None:
    tree = tree_of(messages, patterns)
    found = tree.patterns(HOUR, 5)
    assert sum(pattern.count for pattern in found) + tree.forgotten_lines == tree.lines == len(messages)
    assert len(found) <= patterns
    assert len({pattern.id for pattern in found}) == len(found)
    assert all(sum(pattern.trend) == pattern.count for pattern in found)


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
def test_every_line_matches_a_pattern_and_every_pattern_a_line(messages: list[str]) -> None:
    found = tree_of(messages).patterns(HOUR, 1)
    for message in messages:
        assert any(matches(pattern.template, message) for pattern in found)
    for pattern in found:
        assert sum(matches(pattern.template, message) for message in messages) >= pattern.count


@settings(max_examples=100, deadline=None)
@given(MESSAGES, st.randoms(use_true_random=False))
def test_in_another_order_the_lines_are_the_same(messages: list[str], random: object) -> None:
    shuffled = list(messages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = tree_of(messages), tree_of(shuffled)
    assert one.lines == other.lines
    assert sum(p.count for p in one.patterns(HOUR, 1)) == sum(p.count for p in other.patterns(HOUR, 1))
    assert {p.last_seen for p in one.patterns(HOUR, 1)} == {p.last_seen for p in other.patterns(HOUR, 1)}


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_the_runs_of_a_template_are_in_each_of_its_messages(messages: list[str]) -> None:
    for pattern in tree_of(messages).patterns(HOUR, 1):
        own = [message for message in messages if matches(pattern.template, message)]
        for run in constant_runs(pattern.template):
            assert all(run in " ".join(message.split()) for message in own)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "pool wait timeout after <*> ms, <*> of <*> connections",
            ("pool wait timeout after", "ms,", "of", "connections"),
        ),
        ("done by user=<*> in shop", ("done by user=", "in shop")),
        ("[<*>] - <*>", ()),
        ("<*>", ()),
        ("<empty>", ()),
        ("␛[31mred alert in hall … +12 characters", ("alert in hall", "+12 characters")),
    ],
)
def test_the_runs_of_constant_words_can_be_asked_for(template: str, expected: tuple[str, ...]) -> None:
    assert constant_runs(template) == expected
