"""What a secret looks like: by the name beside it, or by its own shape.

Passwords belong into Secrets, but are found in environment variables, log lines and URLs all the same. What is shown
to several people, or leaves the console as a file, passes here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from opsconsole.domain.known_secrets import HIDDEN, NOTHING_KNOWN, KnownSecrets

__all__ = ["HIDDEN", "looks_secret", "secret_variables", "without_passwords", "without_secrets"]

# Bounded on both sides, so that a long word costs no more than a short one.
_NAME = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|credential"
    r"|cookie|session[_.-]?id|signature"
)
_SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|credential", re.IGNORECASE
)
_SECRET_VARIABLE = re.compile(r"key|auth|cookie|database_url|dsn|passw", re.IGNORECASE)
"""Names of variables of our own environment whose values are hidden besides: there, too much costs nothing."""
_USER_INFO = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,30}://)(?P<user>[^/\s:@]*:(?=[^/\s@])|(?=[^/\s:@]{20}))[^/\s@]+@"
)
"""A password, or a user so long that it must be a token."""

Rule = tuple[tuple[str, ...], re.Pattern[str]]
"""A shape, and words of which one is in every text that has it, in small letters: looking for those costs next to
nothing, and most lines have none."""

_SHAPES: tuple[Rule, ...] = tuple(
    (words, re.compile(shape, re.DOTALL))
    for words, shape in (
        # PEM (RFC 7468); a text may be one line whose line ends are pictures, and may end too early.
        (("private key",), r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)"),
        # The same in base64, as a kubeconfig holds it; what begins a certificate is left.
        (("ls0tls1crudjtib",), r"LS0tLS1CRUdJTiB(?!DRVJU)[\w+/-]{20,}={0,2}"),
        # A JSON Web Token (RFC 7519): its header is an object, and `{"` is `eyJ` in base64.
        (("eyj",), r"\beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){0,3}"),
        # AWS access key ids; the second part of such a pair has a name beside it.
        (("akia", "asia", "abia", "acca"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
        # Tokens that say whose they are: GitHub, GitLab, Slack, EKS, Google, Stripe, npm.
        (("gh", "glpat-"), r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,})"),
        (("xox", "k8s-aws-v1"), r"\b(?:xox[abeoprs]-[\w-]{10,}|k8s-aws-v1\.[\w-]{8,})"),
        (("aiza", "ya29."), r"\b(?:AIza[\w-]{35}|ya29\.[\w.-]{16,})"),
        (("k_live_", "k_test_", "npm_"), r"\b(?:[sr]k_(?:live|test)_\w{16,}|npm_[A-Za-z0-9]{30,})"),
    )
)
_WEBHOOK = re.compile(r"(?P<kept>https?://hooks\.slack\.com/[a-z]+/)[\w/-]+")
_WEBHOOK_KEY = re.compile(r"(?P<kept>/webhook/send\?(?:[^\s#]*&)?key=)[\w-]+")
# A credential of these schemes has a digit, a sign or mixed letters; `basic authentication` is not one.
_SCHEME = re.compile(
    r"(?P<kept>\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Nn]egotiate|[Aa]pi[Kk]ey)\s+)"
    r"(?=[^\s\"',;]*(?:[0-9+/=._~]|[a-z][^\s\"',;]*[A-Z]))[^\s\"',;]{8,}"
)
_QUOTED = r"\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?"
_HEADER = re.compile(
    r"(?P<kept>\b(?:proxy-)?authorization\"?'?\s*[:=]\s*[\"']?(?:(?:bearer|basic|digest|negotiate|apikey)\s+)?)[^\s\"',;]+",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    rf"(?P<kept>(?:{_NAME})[\w.-]{{0,40}}(?:\\?[\"'])?\s{{0,8}}(?:=>|[:=])\s{{0,8}})"
    rf"(?:\\\"[^\"\\]*\\\"|{_QUOTED}|[^\s\"'&,;}})\]]+)",
    re.IGNORECASE,
)
_FLAG = re.compile(
    rf"(?P<kept>(?:^|\s)--?[\w.-]{{0,40}}(?:{_NAME})[\w.-]{{0,40}}\s{{1,8}})(?!-)(?:{_QUOTED}|[^\s\"']+)", re.IGNORECASE
)

_NAMED = (
    "passw", "passphrase", "pwd", "secret", "token", "key", "credential", "cookie", "session", "signature",
)  # fmt: skip
_KEPT: tuple[Rule, ...] = (
    (("hooks.slack.com",), _WEBHOOK),
    (("/webhook/send",), _WEBHOOK_KEY),
    (("bearer", "basic", "negotiate", "apikey"), _SCHEME),
    (("authorization",), _HEADER),
    (_NAMED, _FLAG),
    (_NAMED, _ASSIGNED),
)
"""What is hidden behind something that stays."""


def looks_secret(name: str) -> bool:
    """Whether a variable, label or flag of that name is likely to hold a secret."""
    return _SECRET_NAME.search(name) is not None


def without_passwords(text: str) -> str:
    """`text` with the passwords of its URLs taken out."""
    return _USER_INFO.sub(rf"\g<scheme>\g<user>{HIDDEN}@", text)


def secret_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of those variables of `environ` whose names say that they may be secret."""
    return tuple(value for name, value in environ.items() if looks_secret(name) or _SECRET_VARIABLE.search(name))


def without_secrets(text: str, known: KnownSecrets = NOTHING_KNOWN) -> str:
    """`text` with everything in it that is one of `known`, or has the shape of a secret, hidden.

    Rather too much than too little: what follows `token:` is hidden whatever it is.
    """
    text = known.hidden_in(text)
    # Casefolding lengthens some letters and loses none of these words' own.
    folded = text.casefold()
    for words, shape in _SHAPES:
        if any(word in folded for word in words):
            text = shape.sub(HIDDEN, text)
    if "://" in text:
        text = without_passwords(text)
    for words, kept in _KEPT:
        if any(word in folded for word in words):
            text = kept.sub(rf"\g<kept>{HIDDEN}", text)
    return text
