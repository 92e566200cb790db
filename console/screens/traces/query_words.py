"""What is asked of traces, from words and in words: pure functions."""

from __future__ import annotations

import re
import shlex

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.safe_text import safe_text

_UNITS = {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(us|µs|μs|ms|s|m|h)")
_BARE = re.compile(r"[^\s'\"\\]+")


def parsed_latency(text: str) -> float | None:
    """Seconds in `100ms`, `2s`, `1.5 s`, `250us` or `1m30s`; None for blanks.

    Raises `ValueError` with a sentence for the operator when it is no duration, or 0.
    """
    rest, total = text.strip().casefold(), 0.0
    if not rest:
        return None
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise ValueError("write a duration with its unit: 250us, 100ms, 2s, 1m30s")
        total += float(part[1]) * _UNITS[part[2]]
        rest = rest[part.end() :].lstrip()
    if not 0 < total < 1e9:
        raise ValueError("write a duration above 0: 100ms, 2s")
    return total


def latency_words(seconds: float | None) -> SafeText:
    """`seconds` as `parsed_latency` reads it; empty for None."""
    if seconds is None:
        return SafeText("")
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size or unit == "us":
            return SafeText(f"{seconds / size:.9g}{unit}")
    return SafeText("")


def parsed_attributes(text: str) -> tuple[tuple[SafeText, SafeText], ...]:
    """Pairs in `key=value key2="two words"`, as a shell would split them.

    Raises `ValueError` with a sentence for the operator where a pair has no key or no `=`, or a quote does not end.
    """
    try:
        parts = shlex.split(text)
    except ValueError:
        raise ValueError("a quotation mark has no end") from None
    found: dict[SafeText, SafeText] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not key or not equals:
            raise ValueError(f"write key=value, not {safe_text(part, 30)!r}; several with blanks between")
        found[safe_text(key, 256)] = safe_text(value, 1024)
    return tuple(found.items())


def attribute_words(attributes: tuple[tuple[SafeText, SafeText], ...]) -> SafeText:
    """Pairs as `parsed_attributes` reads them."""
    pairs = (f"{key}={value}" for key, value in attributes)
    return SafeText(" ".join(pair if _BARE.fullmatch(pair) else shlex.quote(pair) for pair in pairs))


class Chip(msgspec.Struct, frozen=True):
    """One thing that narrows, in words; `key` names it to `without`."""

    key: str
    words: SafeText


def chips(query: TraceQuery, trace: SafeText | None = None) -> tuple[Chip, ...]:
    """Everything that narrows the traces, a selected `trace` first."""
    found: list[Chip] = []
    if trace is not None:
        found.append(Chip("trace", SafeText(f"trace {trace[:8]}")))
    if query.errors:
        found.append(Chip("errors", SafeText("errors only")))
    if query.operation is not None:
        found.append(Chip("operation", SafeText(f"operation {query.operation}")))
    found += [
        Chip(f"attribute {place}", SafeText(f"{key}={value}")) for place, (key, value) in enumerate(query.attributes)
    ]
    if query.shortest is not None:
        found.append(Chip("shortest", SafeText(f"at least {latency_words(query.shortest)}")))
    if query.longest is not None:
        found.append(Chip("longest", SafeText(f"at most {latency_words(query.longest)}")))
    return tuple(found)


def without(query: TraceQuery, key: str) -> TraceQuery:
    """`query` less the chip called `key`; a key of none leaves it as it is."""
    match key.partition(" "):
        case ("errors", _, _):
            return msgspec.structs.replace(query, errors=False)
        case ("operation", _, _):
            return msgspec.structs.replace(query, operation=None)
        case ("shortest", _, _):
            return msgspec.structs.replace(query, shortest=None)
        case ("longest", _, _):
            return msgspec.structs.replace(query, longest=None)
        case ("attribute", _, place):
            kept = tuple(pair for number, pair in enumerate(query.attributes) if str(number) != place)
            return msgspec.structs.replace(query, attributes=kept)
    return query


def widening(query: TraceQuery, service: SafeText | None, trace: SafeText | None, *, pod: bool) -> tuple[SafeText, ...]:
    """The sentences for no trace at all: that there is none, and what to widen."""
    if trace is not None:
        return (
            SafeText(f"no trace {trace} in this store"),
            SafeText("it may have been left out by sampling, be too old, or still be on its way; Esc goes back"),
        )
    whose = f" of {service}" if service is not None else ""
    if query:
        narrowing = ", ".join(chip.words for chip in chips(query))
        return (
            SafeText(f"no trace{whose} in this range is what is asked for: {narrowing}"),
            SafeText("F takes one of these away, / changes them, - widens the range"),
        )
    wider = "u widens to all pods, " if pod else "u widens to all services, " if service is not None else ""
    return (
        SafeText(f"no traces{whose} in this range"),
        SafeText(f"- widens the range, {wider}s chooses another service; sampling may leave requests out"),
    )
