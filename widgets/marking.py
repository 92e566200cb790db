"""Words found in a line."""

from __future__ import annotations

from textual.content import Content

_STYLE = "underline bold"


def marked(content: Content, words: tuple[str, ...]) -> Content:
    """`content` with every place of each of `words` (casefolded) underlined."""
    folded = content.plain.casefold()
    if len(folded) != len(content.plain):
        return content  # letters that fold to several would shift the marks
    for word in words:
        start = folded.find(word)
        while start >= 0:
            content = content.stylize(_STYLE, start, start + len(word))
            start = folded.find(word, start + len(word))
    return content
