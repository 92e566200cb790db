"""Blocks as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opsconsole.incidents.post_mortem import markdown_text
from opsconsole.incidents.post_mortem.blocks import (
    Block,
    Bullets,
    Chart,
    Heading,
    Lines,
    Paragraph,
    Run,
    Table,
    Tone,
    Words,
)
from opsconsole.incidents.post_mortem.moments import Moments
from opsconsole.incidents.post_mortem.text_chart import text_chart

_MARKS: Mapping[Tone, str] = {Tone.PLAIN: "", Tone.STRONG: "**", Tone.CODE: "", Tone.MUTED: "*"}


def markdown(blocks: Iterable[Block], moments: Moments) -> str:
    """`blocks` with an empty line between them. Text from outside is text in it, in any viewer."""
    return "\n\n".join(_block(block, moments) for block in blocks) + "\n"


def _block(block: Block, moments: Moments) -> str:
    match block:
        case Heading(level, words):
            return f"{'#' * level} {_inline(words, begins=False, stays=True)}"
        case Paragraph(words, warned):
            return f"> ⚠ {_inline(words, begins=False)}" if warned else _inline(words)
        case Bullets(items):
            return "\n".join(f"- {_inline(item)}" for item in items)
        case Table():
            return _table(block)
        case Lines(lines):
            return markdown_text.fenced(lines)
        case Chart(evidence):
            return markdown_text.fenced(text_chart(evidence, moments))


def _table(table: Table) -> str:
    head = f"| {' | '.join(table.head)} |"
    rows = [f"| {' | '.join(_inline(cell, stays=True) for cell in row)} |" for row in table.rows]
    return "\n".join((head, f"|{' --- |' * len(table.head)}", *rows))


def _inline(words: Words, *, begins: bool = True, stays: bool = False) -> str:
    """Runs one after the other. `begins` says that they begin a line, `stays` that they must not leave it."""
    written = [_run(run, begins=begins and place == 0, stays=stays) for place, run in enumerate(words)]
    return "".join(written).strip()


def _run(run: Run, *, begins: bool, stays: bool) -> str:
    text = run.text
    if run.tone is Tone.CODE:
        return (markdown_text.cell_span if stays else markdown_text.span)(text)
    write = markdown_text.one_line if stays else markdown_text.plain
    inner = write(text.strip(), begins=begins)
    if not inner:
        return " " if text else ""
    # Marks stand at the words themselves: with a space between they would be asterisks.
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    mark = _MARKS[run.tone]
    return f"{before}{mark}{inner}{mark}{after}"
