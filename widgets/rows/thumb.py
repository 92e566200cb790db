"""Where the sign of the scroll position stands."""

from __future__ import annotations


def thumb_on(y: int, *, top: int, height: int, total: int) -> bool:
    """Whether line `y` of a view of `height` lines, scrolled to `top` of `total`, bears the thumb.

    Its length is the share of the lines in view; there is none when all of them are.
    """
    if total <= height or height <= 0:
        return False
    size = max(1, height * height // total)
    start = round(top / (total - height) * (height - size))
    return start <= y < start + size
