"""Takes a webhook's address, or a password, out of what a server or a library says."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

from opsconsole.domain.secret_shapes import HIDDEN, without_secrets
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

WORDS_LIMIT = 200
"""Characters kept of somebody else's words."""

_SHORTEST = 4
"""Characters from which on a part of a secret is hidden; shorter ones are in too many words."""


def hiding(words: object, secrets: Iterable[str]) -> SafeText:
    """`words` made safe, without any of `secrets`, in whatever encoding of URLs."""
    text = str(words)
    spelled = {one for secret in secrets for one in (secret, quote(secret, safe=""), quote(secret), unquote(secret))}
    for secret in sorted(spelled, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return safe_text(without_secrets(text), WORDS_LIMIT)
