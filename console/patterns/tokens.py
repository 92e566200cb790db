"""A message as words, with what differs from line to line put out of the way.

The tree, the filter and the query all read messages through `words_of`, so that they never disagree.
"""

from __future__ import annotations

import re

from opsconsole.domain.text import SafeText

WILDCARD = "<*>"
"""Stands in a template for one word, or the rest of one, that differs from line to line."""

WORDS_KEPT = 64
"""Words of a message that are looked at; those that follow count as one that differs."""

CHARACTERS_KEPT = 1000
"""Characters of a message that are looked at."""

EMPTY = "<empty>"
"""The one word of a message without any."""

# A run of letters, digits and what joins them holds a number, a hash, an address, a date, a duration, a version or a
# path as soon as one of its characters is a digit. Only a short name such as `http2` or `utf8` stays, and the digit of
# `k8s` is none. A run is entered at its start alone, so the time is proportional to the message's length.
_JOINED = "A-Za-z0-9_.@+~/\u00b5\u03bc-"
_DIGIT_OF_A_VALUE = "(?:[0-79]|8(?!s)|(?<!k)8)"
_SHORT_NAME = f"[A-Za-z]++[0-9]{{1,2}}[a-z]?(?![{_JOINED}]|:[0-9A-Fa-f:])"  # and no group of an IPv6 address
_VARIABLE = re.compile(
    rf"(?<![{_JOINED}])(?!{_SHORT_NAME})(?:[A-Za-z_.@+~/-]|(?<=k)8(?=s))*+{_DIGIT_OF_A_VALUE}[{_JOINED}]*+"
)
_VARIABLES_IN_A_ROW = re.compile(r"<\*>(?:[:,;|]+<\*>)+")
_WORD = re.compile(r"\w")
# What safe_text wrote in the place of something else is not in the log store.
_REWRITTEN = re.compile("[\u2400-\u2424\u27e8\u27e9\u2026]")


def masked(message: str) -> str:
    """`message`, cut to `CHARACTERS_KEPT`, with `<*>` for numbers, hashes, addresses, paths with digits and such."""
    if len(message) > CHARACTERS_KEPT:
        # The last word may be half a word. Without a blank there is none but the wildcard that stands for the rest.
        message = message[:CHARACTERS_KEPT].rpartition(" ")[0] + " " + WILDCARD
    return _VARIABLE.sub(WILDCARD, message)


def words_in(masked_message: str) -> tuple[str, ...]:
    """The words of what `masked` returned, at most `WORDS_KEPT`; a list of variables is one word."""
    if "<*>" in masked_message:
        masked_message = _VARIABLES_IN_A_ROW.sub(WILDCARD, masked_message)
    words = masked_message.split(None, WORDS_KEPT - 1)
    if len(words) == WORDS_KEPT:
        last = words[-1].split(None, 1)
        words[-1] = last[0] if len(last) == 1 else WILDCARD
    return tuple(words) or (EMPTY,)


def words_of(message: str) -> tuple[str, ...]:
    """The words of a message, at least one."""
    return words_in(masked(message))


def covers(template_word: str, word: str) -> bool:
    """Whether a word of a template stands for a message's word: the same, `<*>`, or `key=<*>` for the key's."""
    return template_word in (word, WILDCARD) or (
        template_word.endswith("=<*>") and word.startswith(template_word[: -len(WILDCARD)])
    )


def merged(one: str, other: str) -> str:
    """The word that stands for both: `user=<*>` for `user=ann` and `user=bob`, `<*>` for those without a common key."""
    if one == other:
        return one
    key, equals, _ = one.partition("=")
    if equals and key and WILDCARD not in key and other.startswith(f"{key}="):
        return f"{key}={WILDCARD}"
    return WILDCARD


def matches(template: str, message: str) -> bool:
    """Whether `message` is one of those that `template`, of a `LogPattern`, stands for."""
    parts = template.split()
    words = words_of(message)
    return len(parts) == len(words) and all(map(covers, parts, words))


def constant_runs(template: str) -> tuple[SafeText, ...]:
    """The words of `template` that stand next to each other in each of its messages, for a query by phrases.

    Runs without a letter or digit are left out, as analysers drop punctuation, and so are words that hold a sign
    which `safe_text` put there. A template of nothing but variables has none. A message that holds all runs need
    not match the template: `matches` decides.
    """
    if template == EMPTY:
        return ()
    runs = (" ".join(run.split()) for part in template.split(WILDCARD) for run in _known_to_the_store(part))
    return tuple(SafeText(run) for run in runs if _WORD.search(run))


def _known_to_the_store(part: str) -> list[str]:
    runs = [""]
    for word in part.split():
        if _REWRITTEN.search(word):
            runs.append("")
        else:
            runs[-1] += f" {word}"
    return runs
