"""Why there is no access, in words."""

from __future__ import annotations

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.safe_text import safe_text

SOURCE = "kubernetes"
WORDS_LIMIT = 300
"""Characters of words from outside."""


def unusable(detail: str, hint: str) -> SourceError:
    """The error for a kubeconfig, or a setting, that must be corrected."""
    return SourceError(ErrorKind.CONFIGURATION, SOURCE, safe_text(detail, WORDS_LIMIT), hint=hint, sent=False)


def unsigned(detail: str, hint: str) -> SourceError:
    """The error for credentials that can't be had without a person, or not now."""
    return SourceError(ErrorKind.SIGN_IN, SOURCE, safe_text(detail, WORDS_LIMIT), hint=hint, sent=False)
