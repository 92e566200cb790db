"""Log lines as documents: their fields, types and source."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from opsconsole.practice.shop.log_lines import LogLine

PREFIX = "logs-shop-"
TIMESTAMP = "@timestamp"

_TEXT = "text"
_EXTRA_TYPES = {
    **dict.fromkeys(
        ("status", "user_id", "active", "max", "waiting", "goroutines", "ihop", "version", "panics"), "long"
    ),
    **dict.fromkeys(("duration_ms", "hit_ratio", "old_gen_ratio"), "float"),
    "age_seconds": "long",
    **dict.fromkeys(("ip", "method", "path", "error", "stacktrace", "peer", "cache", "image", "node"), _TEXT),
}
_READERS: dict[str, Callable[[LogLine], Any]] = {
    "service": lambda line: line.pod.service.name,
    "level": lambda line: line.level,
    "message": lambda line: line.message,
    "caller": lambda line: line.caller or None,
    "trace_id": lambda line: line.trace_id or None,
    "span_id": lambda line: line.span_id or None,
    "kubernetes.namespace": lambda line: line.pod.namespace,
    "kubernetes.pod.name": lambda line: line.pod.name,
    "kubernetes.pod.uid": lambda line: line.pod.uid,
    "kubernetes.node.name": lambda line: f"node-{line.pod.node + 1}",
    "kubernetes.container.name": lambda line: line.pod.service.name,
}
TYPES: dict[str, str] = {TIMESTAMP: "date", **dict.fromkeys(_READERS, _TEXT), **_EXTRA_TYPES}
"""Fields of the mapping; every text field has a `.keyword` beside it, as dynamic mapping makes it."""

# Letters joined by a colon, dot or apostrophe are one word, and so are digits joined by what stands inside numbers.
_TOKEN = re.compile(
    r"\w+(?:(?:(?<=[^\W\d_])[:.'\u00b7\u2019\u2024\u2027](?=[^\W\d_])|(?<=\d)[.,;'](?=\d))\w+)*", re.UNICODE
)
_IDEOGRAPH = re.compile(r"([\u3040-\u30ff\u3400-\u9fff])")


def base_field(name: str) -> str:
    """The field without `.keyword`."""
    return name.removesuffix(".keyword")


def is_exact(name: str) -> bool:
    """Whether values of this field are matched whole: a keyword, number or date."""
    return name.endswith(".keyword") or TYPES.get(name, _TEXT) != _TEXT


def is_known(name: str) -> bool:
    """Whether the mapping has the field."""
    base = base_field(name)
    return base in TYPES and (base == name or TYPES[base] == _TEXT)


def is_keyword(name: str) -> bool:
    """Whether values of this field are text that is matched whole."""
    return name.endswith(".keyword") and is_known(name)


def every_field() -> list[str]:
    """All fields of the mapping, keywords beside texts among them."""
    return [*TYPES, *(f"{field}.keyword" for field, kind in TYPES.items() if kind == _TEXT)]


def value_of(line: LogLine, field: str) -> Any:
    """The value of a field, or None. `@timestamp` is milliseconds since the epoch."""
    return reader_of(field)(line)


@lru_cache(maxsize=1_000)
def reader_of(field: str) -> Callable[[LogLine], Any]:
    """What tells the value of `field` of a line; a query asks it of thousands."""
    base = base_field(field)
    if base == TIMESTAMP:
        return lambda line: int(line.time * 1000)
    return _READERS.get(base) or (lambda line: line.extra.get(base))


@lru_cache(maxsize=50_000)
def tokens(text: str) -> list[str]:
    """The words the standard analyzer makes of `text`: lower case, ideographs one by one (Unicode UAX 29)."""
    return _TOKEN.findall(_IDEOGRAPH.sub(r" \1 ", text.lower()))


def index_of(line: LogLine) -> str:
    """The day's index."""
    return PREFIX + datetime.fromtimestamp(line.time, UTC).strftime("%Y.%m.%d")


def iso(milliseconds: float) -> str:
    """As `strict_date_optional_time` prints it."""
    return (
        datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{int(milliseconds) % 1000:03d}Z"
    )


def source(line: LogLine) -> dict[str, Any]:
    """The document as it was indexed."""
    made: dict[str, Any] = {TIMESTAMP: iso(line.time * 1000)}
    for field, reader in _READERS.items():
        value = reader(line)
        if value is None:
            continue
        at = made
        *parents, last = field.split(".")
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = value
    return {**made, **line.extra}
