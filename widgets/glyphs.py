"""The signs of the screen, in a Unicode and an ASCII set.

Every sign is one cell wide, so a layout does not depend on the set. State is always told by a
sign or a word; colour only repeats it.
"""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText


class Glyphs(msgspec.Struct, frozen=True):
    """One set of signs, handed to widgets when they are made.

    Each is one cell wide; `more` is up to three, `levels` are eight signs of rising height.
    """

    # How fresh a source is.
    live: SafeText
    stale: SafeText
    partial: SafeText
    down: SafeText
    no_access: SafeText
    paused: SafeText
    unset: SafeText
    # What an alert does.
    firing: SafeText
    pending: SafeText
    silenced: SafeText
    inhibited: SafeText
    # What a probe says.
    passing: SafeText
    failing: SafeText
    suspended: SafeText
    unknown: SafeText
    # Marks.
    error: SafeText
    path: SafeText
    above: SafeText
    below: SafeText
    marker: SafeText
    cut: SafeText
    more: SafeText
    times: SafeText
    micro: SafeText
    dot: SafeText
    dash: SafeText
    restarts: SafeText
    about: SafeText
    # Lists.
    cursor: SafeText
    cursor_blurred: SafeText
    folded: SafeText
    unfolded: SafeText
    thumb: SafeText
    # Bars and trees.
    bar: SafeText
    bar_thin: SafeText
    bar_empty: SafeText
    levels: SafeText
    branch: SafeText
    branch_last: SafeText
    trunk: SafeText
    # Spans on a time axis.
    span_line: SafeText
    event: SafeText
    earlier: SafeText
    later: SafeText


UNICODE = Glyphs(
    live=SafeText("●"),
    stale=SafeText("◐"),
    partial=SafeText("◔"),
    down=SafeText("✘"),
    no_access=SafeText("⚿"),
    paused=SafeText("‖"),
    unset=SafeText("·"),
    firing=SafeText("●"),
    pending=SafeText("◔"),
    silenced=SafeText("○"),
    inhibited=SafeText("◌"),
    passing=SafeText("✔"),
    failing=SafeText("✘"),
    suspended=SafeText("–"),
    unknown=SafeText("?"),
    error=SafeText("✘"),
    path=SafeText("▸"),
    above=SafeText("▲"),
    below=SafeText("▼"),
    marker=SafeText("┊"),
    cut=SafeText("…"),
    more=SafeText("…"),
    times=SafeText("×"),
    micro=SafeText("µ"),
    dot=SafeText("·"),
    dash=SafeText("–"),
    restarts=SafeText("↻"),
    about=SafeText("≈"),
    cursor=SafeText("▌"),
    cursor_blurred=SafeText("▏"),
    folded=SafeText("▸"),
    unfolded=SafeText("▾"),
    thumb=SafeText("┃"),
    bar=SafeText("█"),
    bar_thin=SafeText("▁"),
    bar_empty=SafeText("·"),
    levels=SafeText("▁▂▃▄▅▆▇█"),
    branch=SafeText("├"),
    branch_last=SafeText("└"),
    trunk=SafeText("│"),
    span_line=SafeText("━"),
    event=SafeText("◆"),
    earlier=SafeText("‹"),
    later=SafeText("›"),
)

ASCII = Glyphs(
    live=SafeText("*"),
    stale=SafeText("~"),
    partial=SafeText("%"),
    down=SafeText("X"),
    no_access=SafeText("!"),
    paused=SafeText("="),
    unset=SafeText("."),
    firing=SafeText("*"),
    pending=SafeText("%"),
    silenced=SafeText("o"),
    inhibited=SafeText("i"),
    passing=SafeText("+"),
    failing=SafeText("X"),
    suspended=SafeText("-"),
    unknown=SafeText("?"),
    error=SafeText("X"),
    path=SafeText(">"),
    above=SafeText("^"),
    below=SafeText("v"),
    marker=SafeText(":"),
    cut=SafeText("~"),
    more=SafeText("..."),
    times=SafeText("x"),
    micro=SafeText("u"),
    dot=SafeText("|"),
    dash=SafeText("-"),
    restarts=SafeText("r"),
    about=SafeText("~"),
    cursor=SafeText(">"),
    cursor_blurred=SafeText("|"),
    folded=SafeText("+"),
    unfolded=SafeText("-"),
    thumb=SafeText("#"),
    bar=SafeText("#"),
    bar_thin=SafeText("_"),
    bar_empty=SafeText("."),
    levels=SafeText("_.:-=+*#"),
    branch=SafeText("|"),
    branch_last=SafeText("`"),
    trunk=SafeText("|"),
    span_line=SafeText("="),
    event=SafeText("*"),
    earlier=SafeText("<"),
    later=SafeText(">"),
)
