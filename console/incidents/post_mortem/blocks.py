"""What a written record is made of, whatever it is written as: headings, paragraphs, lists, tables, pictures."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from opsconsole.domain.evidence import ChartEvidence


class Tone(enum.Enum):
    """How a run of text is set. CODE is as it stands; MUTED a remark of the console's own."""

    PLAIN = "plain"
    STRONG = "strong"
    CODE = "code"
    MUTED = "muted"


class Run(msgspec.Struct, frozen=True):
    """Some text in one tone. Whatever it says, it is text: the writers escape it."""

    text: str
    tone: Tone = Tone.PLAIN


Words = tuple[Run, ...]


class Heading(msgspec.Struct, frozen=True):
    """`level` 1 for the title."""

    level: int
    words: Words


class Paragraph(msgspec.Struct, frozen=True):
    """One paragraph; a `warned` one stands out."""

    words: Words
    warned: bool = False


class Bullets(msgspec.Struct, frozen=True):
    """A list."""

    items: tuple[Words, ...]


class Table(msgspec.Struct, frozen=True):
    """`head` over `rows` of as many cells."""

    head: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]


class Lines(msgspec.Struct, frozen=True):
    """Lines as they stand, in letters of one width."""

    lines: tuple[str, ...]


class Chart(msgspec.Struct, frozen=True):
    """A chart with its samples."""

    evidence: ChartEvidence


Block = Heading | Paragraph | Bullets | Table | Lines | Chart


def words(*parts: Run | str) -> Words:
    """Runs of `parts`; plain where they are strings, empty ones left out."""
    runs = (Run(one) if isinstance(one, str) else one for one in parts)
    return tuple(one for one in runs if one.text)


def strong(text: str) -> Run:
    """Text that is seen first."""
    return Run(text, Tone.STRONG)


def code(text: str) -> Run:
    """Text as it stands: a name, a query, an id."""
    return Run(text, Tone.CODE)


def muted(text: str) -> Run:
    """A remark of ours."""
    return Run(text, Tone.MUTED)


def facts(pairs: Iterable[tuple[str, Run | str]]) -> Bullets | None:
    """`name: value` for each pair with a value; None for none."""
    items = tuple(
        words(strong(f"{name}: "), value) for name, value in pairs if (value if isinstance(value, str) else value.text)
    )
    return Bullets(items) if items else None
