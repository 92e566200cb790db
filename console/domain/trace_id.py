"""The trace id in what somebody typed or pasted."""

from __future__ import annotations

import re

from opsconsole.domain.text import SafeText

TRACE_ID_DIGITS = 32

SHORTEST = 8
"""Digits of an id that stands alone: stores that leave leading zeros out make 64-bit ids that short."""

_LONGEST_TEXT = 65_536
_HEX = r"[0-9a-fA-F]"
_UUID = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_START, _END = r"(?<![0-9a-zA-Z])", r"(?![0-9a-zA-Z])"
_SPACING = re.compile(r"[\s\-:_]+")
_ALONE = re.compile(rf"(?:0[xX])?({_HEX}{{{SHORTEST},{TRACE_ID_DIGITS}}})")
_SPACED = re.compile(rf"(?:0[xX])?({_HEX}{{32}}|{_HEX}{{16}})")
_HEADERS = (
    # W3C Trace Context, `traceparent`: version, trace id, parent id, flags.
    re.compile(rf"{_START}{_HEX}{{2}}-({_HEX}{{32}})-{_HEX}{{16}}-{_HEX}{{2}}{_END}"),
    # Zipkin's single header `b3` and Jaeger's `uber-trace-id`: trace id, span id, and what follows.
    re.compile(rf"{_START}({_HEX}{{16}}|{_HEX}{{32}})[-:]{_HEX}{{16}}(?:[-:]{_HEX}{{1,16}}){{1,2}}{_END}"),
)
_NAMED = re.compile(
    r"(?:trace[ _.\-]?id|traceid|trace|x-b3-traceid)[\"'\\]*\s*[:= ]\s*[\"'\\]*(?:0[xX])?"
    rf"({_UUID}|{_HEX}{{32}}|{_HEX}{{16}}){_END}",
    re.IGNORECASE,
)
_LONG = re.compile(rf"{_START}(?:0[xX])?({_UUID}|{_HEX}{{32}}){_END}")
_SHORT = re.compile(rf"{_START}(?:0[xX])?({_HEX}{{16}}){_END}")


def pasted_trace_id(text: str) -> SafeText | None:
    """The one trace id in `text` as 32 lower-case digits; None where there is none, or more than one.

    An id alone may have `0x` before it, dashes, colons or spaces in it, or leading zeros left out. In a longer text,
    such as a log line, it is what stands in a `traceparent`, `b3` or `uber-trace-id`, what is called a trace id, or
    the only number of 32 hex digits, or of 16 of which one is a letter (16 decimal digits are microseconds).
    An id of nothing but zeros is none (W3C Trace Context, "trace-id").
    """
    text = text[:_LONGEST_TEXT].strip(" \t\r\n\"'`,;[](){}<>")
    for header in _HEADERS:
        if header.search(text):
            return _only(header.findall(text))
    if alone := _ALONE.fullmatch(text) or _SPACED.fullmatch(_SPACING.sub("", text)):
        return _only([alone.group(1)])
    named = _NAMED.findall(text)
    found = named or _LONG.findall(text) or [one for one in _SHORT.findall(text) if not one.isdecimal()]
    return _only(found)


def _only(found: list[str]) -> SafeText | None:
    ids = {one.replace("-", "").lower().zfill(TRACE_ID_DIGITS) for one in found}
    ids.discard("0" * TRACE_ID_DIGITS)
    return SafeText(ids.pop()) if len(ids) == 1 else None
