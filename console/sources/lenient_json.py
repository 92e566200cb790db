"""JSON from servers that pass on what programs logged, bytes and all.

msgspec refuses a lone surrogate escape, a control character, NaN or bytes that are no UTF-8, and what is nested
deeper than Python's stack, and rightly so; but one such log line must not cost the page it stands on. What can be
repaired is; the rest is "malformed".
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.safe_text import safe_text

T = TypeVar("T")

# Any escape that is no \u, a whole pair, or (captured) half of one.
_ESCAPES = re.compile(
    rb"\\(?:[^u]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_RAW_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_REPLACEMENT = rb"\ufffd"

DEEPEST = 100
"""Levels of arrays and objects that are read; how many more a decoder bears depends on where it is called."""

_TOKENS_AT_MOST = 400_000
"""Strings and brackets gone through in search of what can be repaired: some 50 ms."""
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]|-?(?:NaN|Infinity)\b', re.DOTALL)


def repaired(body: bytes) -> bytes:
    """`body` with lone surrogate escapes, invalid UTF-8 and raw control bytes as U+FFFD.

    NaN and the infinities become strings, and so does what is nested deeper than `DEEPEST`: a count of its bytes.
    """
    valid = body.decode("utf-8", "replace").encode()
    whole = _ESCAPES.sub(lambda match: _REPLACEMENT if match.group(1) else match.group(), valid)
    return _shallow(_RAW_CONTROLS.sub(lambda _: _REPLACEMENT, whole))


def _shallow(body: bytes) -> bytes:
    parts: list[bytes] = []
    kept = depth = 0
    for number, token in enumerate(_TOKEN.finditer(body)):
        if number > _TOKENS_AT_MOST:
            break
        word = token.group()
        if word in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                parts.append(body[kept : token.start()])
                kept = token.start()
        elif word in b"]}":
            depth -= 1
            if depth == DEEPEST:
                parts.append(b'"(%d bytes, nested too deeply)"' % (token.end() - kept))
                kept = token.end()
        elif not word.startswith(b'"') and depth <= DEEPEST:
            parts += (body[kept : token.start()], b'"%s"' % word)
            kept = token.end()
    return b"".join((*parts, body[kept:]))


def decode_body(body: bytes, decoder: msgspec.json.Decoder[T], source: str) -> T:
    """`body` as the decoder's type. Raises `SourceError` of kind MALFORMED when it is not one."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decoder.decode(repaired(body))
    except RecursionError as error:
        raise SourceError(ErrorKind.MALFORMED, source, safe_text("JSON nested too deeply")) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        words = "its JSON breaks off" if "truncated" in str(error) else str(error)
        raise SourceError(ErrorKind.MALFORMED, source, safe_text(words, 200)) from error


def decode_loosely(raw: bytes) -> Any | None:
    """Any JSON value with numbers too large for a machine word kept as their digits; None when it is no JSON."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(repaired(raw), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def json_text(value: Any) -> str:
    """A decoded JSON value as compact JSON for people to read; what can't be written so, as a remark."""
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, OverflowError, RecursionError):
        return "(not shown: nested too deeply, or no text)"
