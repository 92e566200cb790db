"""What a person is told when the server refuses the question."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.sources.elasticsearch.query import Restriction

REASON_LIMIT = 160
"""Characters of the server's reason that are shown."""

RAW_HINT = "correct it (field:value, AND, OR, NOT, parentheses, quotes), or search for plain words"


@contextlib.contextmanager
def explained(restriction: Restriction) -> Iterator[None]:
    """Whatever a query in the store's own language is refused for is BAD_QUERY, with what to do about it."""
    try:
        yield
    except SourceError as error:
        if not restriction.raw or error.kind is not ErrorKind.BAD_QUERY:
            raise
        reason = SafeText(error.detail[:REASON_LIMIT])
        raise SourceError(error.kind, error.source, reason, hint=RAW_HINT, status=error.status) from error
