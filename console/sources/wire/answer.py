"""What came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from opsconsole.sources.lenient_json import decode_body

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """One HTTP response, whole and decoded from its transfer encodings.

    `headers` have lower-case names. `latency` is seconds from the request's leave to the body's
    last byte; `clock_skew` seconds the server's clock is ahead (from `Date`, whose resolution is
    one second), None without a usable one.
    """

    source: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    latency: float
    clock_skew: float | None

    @property
    def content_type(self) -> str:
        """The media type without its parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def decode(self, kind: type[T]) -> T:
        """The JSON body as `kind`. Raises `SourceError` of kind MALFORMED when it is something else.

        Bytes that are no UTF-8 and lone surrogates are replaced; deeper nesting than the decoder
        follows, integers of thousands of digits and bare NaN are malformed.
        """
        return decode_body(self.body, msgspec.json.Decoder(kind), self.source)
