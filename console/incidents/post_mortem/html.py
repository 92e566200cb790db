"""Blocks as one HTML page: no script, nothing fetched, light and dark, charts as SVG."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

from opsconsole.incidents.post_mortem.blocks import Block, Bullets, Chart, Heading, Lines, Paragraph, Table
from opsconsole.incidents.post_mortem.moments import Moments
from opsconsole.incidents.post_mortem.svg_chart import picture_of
from opsconsole.safe_text import safe_text

if TYPE_CHECKING:
    from markupsafe import Markup

_LINE_END = "\N{SYMBOL FOR LINE FEED}"


def page(title: str, blocks: Iterable[Block], moments: Moments) -> str:
    """The page. Every text in it is escaped by the template engine; no text becomes a link."""
    import jinja2  # noqa: PLC0415 - only for this

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False)
    environment.filters["lines"] = _with_line_ends
    template = environment.from_string(files(__package__).joinpath("page.html").read_text("utf-8"))
    shown = template.render(title=safe_text(title), blocks=[_block(block, moments) for block in blocks])
    return shown if shown.endswith("\n") else f"{shown}\n"


def _block(block: Block, moments: Moments) -> dict[str, object]:
    match block:
        case Heading(level, words):
            return {"kind": "heading", "level": level, "words": words}
        case Paragraph(words, warned):
            return {"kind": "paragraph", "words": words, "warned": warned}
        case Bullets(items):
            return {"kind": "bullets", "items": items}
        case Table(head, rows):
            return {"kind": "table", "head": head, "rows": rows}
        case Lines(lines):
            return {"kind": "lines", "lines": lines}
        case Chart(evidence):
            return {"kind": "chart", "picture": picture_of(evidence, moments)}


def _with_line_ends(text: str) -> Markup:
    """`text` escaped, with the line ends that `safe_text` made pictures of as breaks."""
    from markupsafe import Markup, escape  # noqa: PLC0415

    return Markup("<br>").join(escape(line) for line in text.split(_LINE_END))
