"""A post-mortem as text in one of three forms."""

from __future__ import annotations

import enum
from datetime import tzinfo

import msgspec

from opsconsole.incidents.post_mortem.html import page
from opsconsole.incidents.post_mortem.markdown import markdown
from opsconsole.incidents.post_mortem.moments import Moments
from opsconsole.incidents.post_mortem.post_mortem import PostMortem
from opsconsole.incidents.post_mortem.sections import blocks_of


class Form(enum.Enum):
    """How it is written; the value is the ending of the file, too."""

    MARKDOWN = "md"
    JSON = "json"
    HTML = "html"


def exported(written: PostMortem, form: Form, zone: tzinfo) -> str:
    """`written` in `form`, with times in `zone`; JSON has all values, with times in unix seconds."""
    if form is Form.JSON:
        return msgspec.json.format(msgspec.json.encode(written)).decode() + "\n"
    moments = Moments(zone)
    blocks = blocks_of(written, moments)
    if form is Form.HTML:
        return page(f"{written.incident.name}: {written.incident.title}", blocks, moments)
    return markdown(blocks, moments)
