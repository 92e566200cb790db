"""The one door for text that came from outside.

No byte of a backend may reach the terminal as a command. Textual's own `Content` strips five
control codes and lets ESC, C1, DEL and bidi controls through, so everything is replaced here,
visibly, before any other part of the console sees it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby

from opsconsole.domain.text import SafeText

LINE_LIMIT = 8192
"""Characters of one text kept; the rest is counted, not shown."""

MARKS_PER_CELL = 8
"""Combining marks kept on one base character; unbounded ones flood the line to the terminal."""

_TAB = "    "
_LONGEST_PICTURE = 7
_MARKS = frozenset({"Mn", "Mc", "Me", "Cn"})
_JOINED = frozenset(map(chr, (*range(0x1160, 0x1200), *range(0xD7B0, 0xD800), *range(0x1F3FB, 0x1F400))))
_REPLACEMENTS: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},  # U+2400.. "control pictures"
    0x09: _TAB,
    0x7F: "\u2421",
    **{code: f"\u27e8{code:02X}\u27e9" for code in range(0x80, 0xA0)},
    0x2028: "\u2424",
    0x2029: "\u2424",
}
# Bidi overrides and isolates, zero-width and invisible operators, tag characters, surrogates,
# variation-selector supplements, non-characters: all can make text read otherwise than it is.
_HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SUSPECT = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_HIDDEN}]")
# Blocks of scripts with marks, and of characters that this Python's tables may not know yet. Latin, Greek, Cyrillic,
# Han, Kana, Hangul and emoji but their skin tones are none, so most text is not looked at one by one.
_MARKED_SCRIPTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0590-\u109f\u1160-\u11ff\u1350-\u135f\u1700-\u1dff\u20d0-\u20ff\u2ce0-\u2dff"
    "\u302a-\u302f\u3099\u309a\ua660-\uabff\ud7b0-\ud7ff\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f\U00010000-\U0001efff\U0001f3fb-\U0001f3ff]{9,}"
)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    return _REPLACEMENTS.get(code) or f"\u27e8{code:04X}\u27e9"


@lru_cache(4096)
def _takes_no_cell(char: str) -> bool:
    """Whether it is drawn onto the one before: a mark, a vowel of a Hangul syllable, a tone, or one not known yet."""
    return unicodedata.category(char) in _MARKS or char in _JOINED


def _few_marks(match: re.Match[str]) -> str:
    parts = []
    for no_cell, run in ((no_cell, "".join(found)) for no_cell, found in groupby(match.group(), _takes_no_cell)):
        rest = len(run) - MARKS_PER_CELL
        parts.append(f"{run[:MARKS_PER_CELL]}\u27e8+{rest}\u27e9" if no_cell and rest > 0 else run)
    return "".join(parts)


def safe_text(raw: object, limit: int = LINE_LIMIT) -> SafeText:
    """`raw` as one line without anything a terminal obeys or a reader misreads.

    Control characters become their visible pictures (newline too), bidi and zero-width ones
    `⟨202E⟩`. At most `limit` (≥ 32) characters; a longer text ends in `… +N characters`, which N
    of `raw` are not shown. Total (any object), and what is already safe is returned unchanged.
    """
    text = raw if isinstance(raw, str) else _as_text(raw)
    if len(text) <= limit and text.isascii() and text.isprintable():
        return SafeText(text)  # nine of ten texts, and ten times as fast
    if len(text) <= limit and len(shown := _made_visible(text)) <= limit:
        return SafeText(shown)
    return _shortened(text, limit)


def _as_text(raw: object) -> str:
    try:
        return str(raw)
    except ValueError:  # an integer of more digits than Python converts
        return "⟨a number of thousands of digits⟩"


def _made_visible(text: str) -> str:
    return _MARKED_SCRIPTS.sub(_few_marks, _SUSPECT.sub(_visible, text))


def _shortened(text: str, limit: int) -> SafeText:
    """As much of the beginning of `text` as fits together with the count of the rest."""
    room = limit - len(f"… +{len(text)} characters")
    kept = room
    shown = _made_visible(text[:kept])
    while len(shown) > room:  # pictures can take more room than what they stand for
        kept -= max(1, (len(shown) - room) // _LONGEST_PICTURE)
        shown = _made_visible(text[:kept])
    return SafeText(f"{shown}… +{len(text) - kept} characters")


def safe_lines(raw: str, limit: int = 2000) -> tuple[SafeText, ...]:
    """`raw` split at line ends, each line made safe; at most `limit` lines and a count of the rest."""
    lines = raw.splitlines()
    kept = tuple(safe_text(line) for line in lines[:limit])
    return kept if len(lines) <= limit else (*kept, SafeText(f"… +{len(lines) - limit} lines"))


def safe_mapping(raw: Mapping[str, object]) -> dict[SafeText, SafeText]:
    """Labels, annotations or attributes with both sides made safe."""
    return {safe_text(key, 256): safe_text(value) for key, value in raw.items()}


def ascii_form(text: str) -> SafeText:
    """`text` with every character outside printable ASCII escaped, for names that must be exact."""
    return SafeText(
        "".join(char if " " <= char <= "~" else f"\\u{{{ord(char):x}}}" for char in unicodedata.normalize("NFC", text))
    )
