"""Takes a webhook's address, or a password, out of what a server or a library says."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from opsconsole.domain.known_secrets import HIDDEN, KnownSecrets
from opsconsole.domain.secret_shapes import without_secrets
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

WORDS_LIMIT = 200
"""Characters kept of somebody else's words."""

_SHORTEST = 4
"""Characters from which on a part of a secret is hidden; shorter ones are in too many words."""


def hiding(words: object, secrets: Iterable[str]) -> SafeText:
    """`words` made safe, without any of `secrets`, in whatever encoding: a log-in is answered in its own base64."""
    spelled = {one for secret in secrets for one in (secret, unquote(secret))}
    text = str(words)
    for one in sorted(spelled, key=len, reverse=True):
        if len(one) >= _SHORTEST:
            text = text.replace(one, HIDDEN)
    return safe_text(without_secrets(text, KnownSecrets.of(spelled)), WORDS_LIMIT)
