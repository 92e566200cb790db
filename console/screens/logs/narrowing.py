"""From one log query to the next, and in words: pure functions."""

from __future__ import annotations

import shlex

import msgspec

from opsconsole.domain.log_query import LogFilter, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.text import SafeText

LEVEL_FIELD = SafeText("level")
"""The field's name where it stands for the least severe level that passes."""

ORIGIN_FIELDS: tuple[SafeText, ...] = tuple(map(SafeText, ("service", "namespace", "pod", "container", "trace")))
"""Names that stand for whatever field of the store holds that."""

_LEVELS = (None, LogLevel.WARN, LogLevel.ERROR)
_OPERATORS = '+|-"*()~'


def with_words(query: LogQuery, words: SafeText, syntax: LogSyntax) -> LogQuery:
    """`query` for other words."""
    kept = LogSyntax.PLAIN if not words else syntax
    return msgspec.structs.replace(query, words=words, syntax=kept)


def with_next_level(query: LogQuery) -> LogQuery:
    """All levels, then warnings and worse, then errors and worse."""
    place = _LEVELS.index(query.level) if query.level in _LEVELS else 0
    return with_level(query, _LEVELS[(place + 1) % len(_LEVELS)])


def with_level(query: LogQuery, level: LogLevel | None) -> LogQuery:
    """`query` for lines of `level` and worse; None: of every level."""
    return msgspec.structs.replace(query, level=level)


def with_filter(query: LogQuery, wanted: LogFilter) -> LogQuery:
    """`query` with `wanted`, in place of a filter that says the opposite."""
    kept = tuple(one for one in query.filters if (one.field, one.value) != (wanted.field, wanted.value))
    return msgspec.structs.replace(query, filters=(*kept, wanted))


class Chip(msgspec.Struct, frozen=True):
    """One thing that narrows, in words; `key` names it to `without` and `flipped`."""

    key: str
    words: SafeText


def chips(query: LogQuery) -> tuple[Chip, ...]:
    """Everything that narrows, the words first."""
    found: list[Chip] = []
    if query.words:
        raw = "RAW " if query.syntax is LogSyntax.RAW else ""
        found.append(Chip("words", SafeText(f"{raw}/{query.words}")))
    if query.level is not None:
        found.append(Chip("level", SafeText(f"level {level_words(query.level)}")))
    if query.pattern is not None:
        found.append(Chip("pattern", SafeText(f"pattern {query.pattern}")))
    found += [Chip(f"filter {place}", filter_words(one)) for place, one in enumerate(query.filters)]
    return tuple(found)


def level_words(level: LogLevel) -> str:
    """The level at least, as people say it."""
    return level.value if level is LogLevel.FATAL else f"{level.value} and worse"


def filter_words(one: LogFilter) -> SafeText:
    """`not pod checkout-7d9f`."""
    return SafeText(f"{'not ' if one.exclude else ''}{one.field} {one.value or '(empty)'}")


def without(query: LogQuery, key: str) -> LogQuery:
    """`query` less the chip called `key`."""
    match key.partition(" "):
        case ("words", _, _):
            return msgspec.structs.replace(query, words=SafeText(""), syntax=LogSyntax.PLAIN)
        case ("level", _, _):
            return msgspec.structs.replace(query, level=None)
        case ("pattern", _, _):
            return msgspec.structs.replace(query, pattern=None)
        case (_, _, place):
            kept = tuple(one for number, one in enumerate(query.filters) if str(number) != place)
            return msgspec.structs.replace(query, filters=kept)


def flipped(query: LogQuery, key: str) -> LogQuery:
    """`query` with the filter called `key` turned from include to exclude, or back; other chips have no opposite."""
    place = key.removeprefix("filter ")
    turned = tuple(
        msgspec.structs.replace(one, exclude=not one.exclude) if str(number) == place else one
        for number, one in enumerate(query.filters)
    )
    return msgspec.structs.replace(query, filters=turned)


def origins(record: LogRecord) -> tuple[LogFilter, ...]:
    """What of a line's own may be asked for without opening it: where it comes from, as far as it tells."""
    values = (record.service, record.namespace, record.pod, record.container, record.trace_id)
    return tuple(LogFilter(field, value) for field, value in zip(ORIGIN_FIELDS, values, strict=True) if value)


def words_to_mark(query: LogQuery) -> tuple[str, ...]:
    """The words that lines were found by, casefolded; none of a raw query, whose words may be fields."""
    if query.syntax is LogSyntax.RAW:
        return ()
    try:
        parts = shlex.split(query.words, posix=True)
    except ValueError:
        parts = query.words.split()
    wanted = (part.strip(_OPERATORS).casefold() for part in parts if not part.startswith("-"))
    return tuple(dict.fromkeys(word for word in wanted if len(word) > 1))
