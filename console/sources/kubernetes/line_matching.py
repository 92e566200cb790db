"""Which lines of containers a log query means, judged here: nobody searches them for us.

The same meaning as the log store's, as far as it goes: all words must be there, `-word` must not, "phrases" stand
together, `|` lets either side do, `word*` begins a word. Words are found anywhere in the line, in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSyntax
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.text import SafeText
from opsconsole.patterns import matches

_TOKENS = re.compile(r'([-+]?)(?:"([^"]*)"|([^\s"|]+))|(\|)')
_RAW = SafeText("what containers write can't be searched in a query language")
_RAW_HINT = "search for plain words: / and Ctrl+R"


class _Wanted(msgspec.Struct, frozen=True):
    """Words of one side of an "or", casefolded."""

    words: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    def passes(self, text: str) -> bool:
        return all(word in text for word in self.words) and not any(word in text for word in self.unwanted)


def line_test(query: LogQuery) -> Callable[[LogRecord], bool]:
    """Whether a line is what `query` asks for. Raises `SourceError` of kind BAD_QUERY for a raw query."""
    if query.words and query.syntax is LogSyntax.RAW:
        raise SourceError(ErrorKind.BAD_QUERY, SourceName.KUBERNETES.value, _RAW, hint=_RAW_HINT)
    sides = _sides(query.words)
    least = query.level.rank if query.level is not None else 0
    template = query.pattern

    def passes(record: LogRecord) -> bool:
        if record.level.rank < least:
            return False
        if not all(has(record, one) is not one.exclude for one in query.filters):
            return False
        if template is not None and not matches(template, record.message):
            return False
        return not sides or any(side.passes(_text(record)) for side in sides)

    return passes


def has(record: LogRecord, wanted: LogFilter) -> bool:
    """Whether the line's field is that value, exclusion aside."""
    return any(value == wanted.value for value in values_of(record, wanted.field))


def values_of(record: LogRecord, field: SafeText) -> tuple[SafeText, ...]:
    """The values of a field as a filter names it; none where the line does not have it."""
    origin = {
        "service": record.service,
        "namespace": record.namespace,
        "pod": record.pod,
        "container": record.container,
        "trace": record.trace_id,
    }.get(field)
    own = tuple(value for name, value in record.fields if name == field)
    return (origin, *own) if origin else own


def _text(record: LogRecord) -> str:
    return " ".join((record.message, *(f"{name} {value}" for name, value in record.fields))).casefold()


def _sides(words: str) -> tuple[_Wanted, ...]:
    sides: list[_Wanted] = []
    wanted: list[str] = []
    unwanted: list[str] = []
    for sign, phrase, word, either in _TOKENS.findall(words.casefold()):
        if either:
            sides.append(_Wanted(tuple(wanted), tuple(unwanted)))
            wanted, unwanted = [], []
        elif text := (phrase or word.strip("()*~+")).strip():
            (unwanted if sign == "-" else wanted).append(text)
    sides.append(_Wanted(tuple(wanted), tuple(unwanted)))
    return tuple(side for side in sides if side.words or side.unwanted)
