"""From what was typed into the search form to what is sought: pure functions."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_id import pasted_trace_id
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.safe_text import safe_text
from opsconsole.screens.traces.query_words import (
    attribute_words,
    latency_words,
    parsed_attributes,
    parsed_latency,
)

_LONGEST_NAME = 512


class Field(enum.Enum):
    """The lines of the form; the value is the word before each."""

    WHAT = "service"
    OPERATION = "operation"
    ATTRIBUTES = "attributes"
    SHORTEST = "at least"
    LONGEST = "at most"


class Sought(msgspec.Struct, frozen=True):
    """Traces of `service` (None: of any) that match `query`; or, with `trace`, that one alone."""

    service: SafeText | None = None
    query: TraceQuery = TraceQuery()
    trace: SafeText | None = None


def written(sought: Sought) -> dict[Field, SafeText]:
    """The form filled in for `sought`."""
    query = sought.query
    return {
        Field.WHAT: sought.service or SafeText(""),
        Field.OPERATION: query.operation or SafeText(""),
        Field.ATTRIBUTES: attribute_words(query.attributes),
        Field.SHORTEST: latency_words(query.shortest),
        Field.LONGEST: latency_words(query.longest),
    }


def read(
    typed: dict[Field, str], *, errors: bool, known: frozenset[SafeText] | None
) -> tuple[Sought | None, dict[Field, str]]:
    """What is sought, or None and for each field that can't be read a sentence about it.

    `known` are the services the store has spans of, None where that is not known. A service of that name comes
    before a trace id of eight digits.
    """
    complaints: dict[Field, str] = {}
    what = typed[Field.WHAT].strip()
    service = safe_text(what, _LONGEST_NAME) if what else None
    if service is not None and service not in (known or ()):
        trace = pasted_trace_id(what)
        if trace is not None:
            return Sought(trace=trace), {}
        if known is not None:
            complaints[Field.WHAT] = _unknown(what, known)
    query = TraceQuery(
        operation=safe_text(typed[Field.OPERATION].strip(), _LONGEST_NAME) or None,
        attributes=_pairs(typed[Field.ATTRIBUTES], complaints),
        shortest=_seconds(Field.SHORTEST, typed, complaints),
        longest=_seconds(Field.LONGEST, typed, complaints),
        errors=errors,
    )
    if query.shortest is not None and query.longest is not None and query.shortest > query.longest:
        complaints[Field.LONGEST] = f"this is less than the {latency_words(query.shortest)} above"
    return (None, complaints) if complaints else (Sought(service, query), {})


def _unknown(what: str, known: frozenset[SafeText]) -> str:
    if len(what.split()) > 1:
        return "neither a service nor a text with one trace id in it (32 or 16 hex digits)"
    near = next((name for name in sorted(known) if what.casefold() in name.casefold()), None)
    hint = f"; {near}?" if near is not None else ""
    return f"no service of that name has spans in this store, and it is no trace id{hint}"


def _pairs(text: str, complaints: dict[Field, str]) -> tuple[tuple[SafeText, SafeText], ...]:
    try:
        return parsed_attributes(text)
    except ValueError as error:
        complaints[Field.ATTRIBUTES] = str(error)
        return ()


def _seconds(field: Field, typed: dict[Field, str], complaints: dict[Field, str]) -> float | None:
    try:
        return parsed_latency(typed[field])
    except ValueError as error:
        complaints[field] = str(error)
        return None
