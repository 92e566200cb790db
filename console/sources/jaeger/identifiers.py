"""Trace and span ids in the one spelling that joins spans, logs and exemplars."""

from __future__ import annotations

import base64
import binascii
import re

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_id import TRACE_ID_DIGITS, pasted_trace_id
from opsconsole.safe_text import safe_text

SPAN_ID_DIGITS = 16

_HEX = re.compile(r"[0-9a-fA-F]+")


def trace_id(raw: str) -> SafeText:
    """32 lower-case hex digits from hex (leading zeros may lack) or base64, as OTLP JSON is found in both."""
    return _normal(raw, TRACE_ID_DIGITS)


def span_id(raw: str) -> SafeText:
    """16 lower-case hex digits from hex or base64."""
    return _normal(raw, SPAN_ID_DIGITS)


def asked_trace_id(text: str) -> SafeText | None:
    """The trace id that is looked up for `text`, however it is spelt and whatever it stands in; None for no id."""
    wanted = trace_id(text)
    return wanted if is_trace_id(wanted) else pasted_trace_id(text)


def is_trace_id(text: str) -> bool:
    """Whether `text` is a normalised trace id that can stand in a path."""
    return len(text) == TRACE_ID_DIGITS and _HEX.fullmatch(text) is not None


def _normal(raw: str, digits: int) -> SafeText:
    text = raw.strip()
    if _HEX.fullmatch(text) and len(text) <= digits:
        return SafeText(text.lower().zfill(digits))
    try:
        padded = text + "=" * (-len(text) % 4)
        octets = base64.b64decode(padded, altchars=b"-_" if "-" in text or "_" in text else None, validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    return SafeText(octets.hex()) if len(octets) * 2 == digits else safe_text(raw, 128)
