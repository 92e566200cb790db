"""One line of a container, drawn."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import msgspec
from textual.content import Content

from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.text import SafeText
from opsconsole.widgets.log_levels import LEVEL_CELLS, LEVEL_STYLES, is_loud, level_word
from opsconsole.widgets.marking import marked


class LineLook(msgspec.Struct, frozen=True):
    """How lines are drawn. `raw` shows JSON as it was written; `marked` are words to underline, casefolded."""

    zone: tzinfo = UTC
    wrapped: bool = True
    timed: bool = False
    named: bool = False
    """Whether each line names its container, because several are shown."""
    raw: bool = False
    marked: tuple[str, ...] = ()


def drawn_line(line: ContainerLine, look: LineLook) -> Content:
    """`14:11:03.120 app ERROR pool wait timeout  user=12345`: level and message first, other fields muted."""
    pieces: list[tuple[str, str]] = []
    if look.timed:
        pieces.append((f"{_time(line.time, look.zone)} ", "$muted"))
    if look.named:
        pieces.append((f"{line.container} ", "$primary"))
    loud = "$level-error" if is_loud(line.level) else ""
    if look.raw or not line.raw:
        pieces.append((line.whole, loud))
    else:
        pieces.append((f"{level_word(line.level):<{LEVEL_CELLS}} ", LEVEL_STYLES[line.level]))
        pieces.append((line.message, loud))
        pieces.append((f"{'  ' if line.message else ''}{line.rest}", "$muted"))
    content = Content.assemble(*pieces)
    return marked(content, look.marked) if look.marked else content


def _time(moment: float | None, zone: tzinfo) -> SafeText:
    if moment is None:
        return SafeText(f"{'no time':<12}")
    shown = datetime.fromtimestamp(moment, UTC).astimezone(zone)
    return SafeText(f"{shown:%H:%M:%S}.{shown.microsecond // 1000:03d}")
