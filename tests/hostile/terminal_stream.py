"""What a program sends to a terminal, token by token (ECMA-48), and which tokens the console itself sends."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])"
    rb"|\x1b\](?P<osc>[^\x07\x1b\x9c]*)(?:\x07|\x1b\\)"
    rb"|\x1b(?P<string>[PX^_].*?)(?:\x1b\\|\x07|\Z)"
    rb"|\x1b(?P<escape>[ -/]*[0-~])"
    rb"|(?P<control>[\x00-\x1f\x7f])"
    rb"|(?P<text>[^\x00-\x1f\x7f]+)",
    re.DOTALL,
)
_HIDDEN = re.compile("[\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\udc80-\udcff\U000e0000-\U000e0fff]")


class Token(NamedTuple):
    """One thing sent: its name, such as `CSI m`, `CSI ? 25 h`, `OSC 52`, `CR` or `text`, and what it carries."""

    name: str
    body: str


ALLOWED: dict[str, str] = {
    "text": "what is read",
    "CR": "back to the beginning of the line",
    "LF": "to the next line",
    "CSI H": "put the cursor somewhere",
    "CSI m": "colours and type",
    "CSI ? 7 l": "lines do not wrap by themselves",
    "CSI ? 7 h": "they do again, at the end",
    "CSI ? 25 h": "show the cursor",
    "CSI ? 25 l": "hide the cursor",
    "CSI ? 1000 h": "tell of mouse buttons",
    "CSI ? 1000 l": "no longer",
    "CSI ? 1003 h": "tell of mouse moves",
    "CSI ? 1003 l": "no longer",
    "CSI ? 1004 h": "tell when the window gets the keys",
    "CSI ? 1004 l": "no longer",
    "CSI ? 1006 h": "tell of the mouse in decimals",
    "CSI ? 1006 l": "no longer",
    "CSI ? 1015 h": "the same, for older terminals",
    "CSI ? 1015 l": "no longer",
    "CSI ? 1016 h": "tell of the mouse in pixels",
    "CSI ? 1016 l": "no longer",
    "CSI ? 1049 h": "take the second screen, which leaves what was there untouched",
    "CSI ? 1049 l": "give it back",
    "CSI ? 2004 h": "mark what is pasted",
    "CSI ? 2004 l": "no longer",
    "CSI ? 2026 $p": "ask whether whole pictures can be shown at once",
    "CSI ? 2026 h": "a picture begins",
    "CSI ? 2026 l": "a picture ends",
    "CSI ? 2048 $p": "ask whether the size is told by the terminal",
    "CSI ? 2048 h": "tell of the size",
    "CSI ? 2048 l": "no longer",
    "CSI > u": "tell keys apart (kitty's keyboard protocol)",
    "CSI < u": "no longer",
    "OSC 22": "the shape of the mouse pointer",
    "OSC 52": "the clipboard, by the console's own copy key alone",
}
"""Every token that a console may send, and what it is for; docs/safety.md has the same list."""


def tokens_of(sent: bytes) -> Iterator[Token]:
    """`sent` in tokens; nothing of it is left out."""
    at = 0
    while at < len(sent):
        found = _TOKEN.match(sent, at)
        if found is None:  # an escape that leads to nothing
            yield Token("ESC alone", sent[at : at + 40].decode("latin-1"))
            at += 1
            continue
        at = found.end()
        yield _named(found)


def _named(found: re.Match[bytes]) -> Token:
    kind, body = found.lastgroup, found[found.lastgroup or 0].decode("utf-8", "surrogateescape")
    match kind:
        case "csi":
            private, rest = ("", body) if body[0] not in "<=>?" else (f" {body[0]}", body[1:])
            numbers = rest.rstrip("@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ !\"#$%&'()*+,-./")
            named = f" {numbers}" if private == " ?" else ""
            return Token(f"CSI{private}{named} {rest[len(numbers) :]}", body)
        case "osc":
            return Token(f"OSC {body.partition(';')[0]}", body)
        case "control":
            return Token({"\r": "CR", "\n": "LF"}.get(body, f"C0 {ord(body):02X}"), body)
        case "text":
            return Token("hidden character" if _HIDDEN.search(body) else "text", body)
        case _:
            return Token(f"ESC {body[0]}", body)


def foreign(sent: bytes) -> list[Token]:
    """What a console does not send by itself."""
    return [token for token in tokens_of(sent) if token.name not in ALLOWED]


def copies_in(sent: bytes) -> list[str]:
    """The texts that were put on the clipboard."""
    bodies = (token.body for token in tokens_of(sent) if token.name == "OSC 52")
    return [base64.b64decode(body.rpartition(";")[2]).decode() for body in bodies]
