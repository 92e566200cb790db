"""What a secret looks like: by the name beside it, or by its own shape.

Passwords belong into Secrets, but are found in environment variables, log lines and URLs all the same. What is shown
to several people, or leaves the console as a file, passes here.
"""

from __future__ import annotations

import re

HIDDEN = "⟨hidden⟩"

# Bounded on both sides, so that a long word costs no more than a short one.
_NAME = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|credential"
    r"|cookie|session[_.-]?id|signature"
)
_SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|pwd|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|credential", re.IGNORECASE
)
_USER_INFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^/\s:@]*:)[^/\s@]+@")

_SHAPES = tuple(
    re.compile(shape, re.DOTALL)
    for shape in (
        # PEM (RFC 7468); a text may be one line whose line ends are pictures, and may end too early.
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)",
        # A JSON Web Token (RFC 7519): its header is an object, and `{"` is `eyJ` in base64.
        r"\beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){0,3}",
        # AWS access key ids; the second part of such a pair has a name beside it.
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
        # Tokens that say whose they are: GitHub, GitLab, Slack, Google, Stripe, npm.
        r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,})",
        r"\b(?:AIza[\w-]{35}|[sr]k_(?:live|test)_\w{16,}|npm_[A-Za-z0-9]{30,})",
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


def looks_secret(name: str) -> bool:
    """Whether a variable, label or flag of that name is likely to hold a secret."""
    return _SECRET_NAME.search(name) is not None


def without_passwords(text: str) -> str:
    """`text` with the passwords of its URLs taken out."""
    return _USER_INFO.sub(rf"\g<scheme>{HIDDEN}@", text)


def without_secrets(text: str) -> str:
    """`text` with everything in it that has the shape of a secret hidden.

    Rather too much than too little: what follows `token:` is hidden whatever it is.
    """
    for shape in _SHAPES:
        text = shape.sub(HIDDEN, text)
    text = without_passwords(text)
    for kept in (_WEBHOOK, _WEBHOOK_KEY, _SCHEME, _HEADER, _FLAG, _ASSIGNED):
        text = kept.sub(rf"\g<kept>{HIDDEN}", text)
    return text
