"""Text that is inert in Markdown: it reads as it stands, whatever it holds, in any viewer.

After CommonMark 0.31 and the extensions that are common (tables, links made of addresses, mentions, formulas).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from opsconsole.safe_text import safe_text

_LINE_END = "\N{SYMBOL FOR LINE FEED}"
_LONGEST = 200_000

_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|@|mailto:|xmpp:|www\.|[\w-]\.[a-z]{2,}", re.IGNORECASE)
"""What viewers make a link, or a mention, of: a backslash before it would not stop them all, a code span does."""
_AROUND = "([{<\"'.,;:!?)]}>"
"""Signs at either end of an address that belong to the sentence."""
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~&$^#!]")
_LEADING = re.compile(r"[+\-#>=@:.)]|\d+(?=[.)])")
_TICKS = re.compile(r"`+")


def plain(text: str, *, begins: bool = True) -> str:
    """`text` as prose: every character that means something is escaped, addresses stand in code spans.

    `begins` says that it begins a line, where more characters mean something.
    """
    lines = safe_text(text, _LONGEST).split(_LINE_END)
    written = [_line(line, begins=begins or place > 0, spanned=span) for place, line in enumerate(lines)]
    return "\\\n".join(line for line in written if line)


def one_line(text: str, *, begins: bool = True) -> str:
    """`text` as prose that stays on its line: in a heading, or a row of a table."""
    words = safe_text(text, _LONGEST).replace(_LINE_END, " ")
    return _line(words, begins=begins, spanned=cell_span)


def span(text: str) -> str:
    """`text` as a code span: nothing within is read."""
    shown = safe_text(text, _LONGEST)
    if not shown.strip():
        return ""
    longest = max((len(run) for run in _TICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    room = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{room}{shown}{room}{fence}"


def cell_span(text: str) -> str:
    """A code span within a row of a table, where a pipe would end the cell."""
    return span(text).replace("|", "\\|")


def fenced(lines: tuple[str, ...], info: str = "text") -> str:
    """`lines` as a block of code, behind a fence longer than any within."""
    shown = [safe_text(line, _LONGEST) for line in lines]
    longest = max((len(run) for line in shown for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}{info}", *shown, fence))


def _line(text: str, *, begins: bool, spanned: Callable[[str], str]) -> str:
    out: list[str] = []
    stripped, place = text.strip(), 0
    for found in _WORD.finditer(stripped):
        word = found.group()
        address = word.strip(_AROUND)
        if _ADDRESS.search(address) is not None:
            start = found.start() + word.index(address)
            if word.partition(address)[2].startswith("()"):
                address += "()"  # a function of a package, which looks like a host
            out += [_escaped(stripped[place:start], begins=begins and not place), spanned(address)]
            place = start + len(address)
    out.append(_escaped(stripped[place:], begins=begins and not place))
    return "".join(out)


def _escaped(text: str, *, begins: bool) -> str:
    """At the beginning of a line signs and numbers may begin a list, a heading, or a formula of a spreadsheet."""
    escaped = _SPECIAL.sub(lambda found: f"\\{found.group()}", text)
    if begins and (leading := _LEADING.match(escaped)):
        sign = leading.group()
        escaped = f"{sign}\\{escaped[len(sign) :]}" if sign.isdigit() else f"\\{escaped}"
    return escaped
