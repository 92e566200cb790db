"""Text from outside is text in Markdown: read back by a parser it is what it was, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hostile.corpus import HOSTILE
from opsconsole.incidents.post_mortem.markdown_text import fenced, one_line, plain, span
from opsconsole.safe_text import safe_text

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
INERT = {"text", "code_inline", "softbreak", "hardbreak"}

TRICKS = (
    "| a pipe || in a row |",
    "`code` ``more`` ``` ticks `",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "<!-- comment --> &lt;b&gt; &#60;",
    "[a link](https://evil.example) ![picture](https://evil.example/x.png)",
    "[ref]: https://evil.example",
    "[^1] footnote, ==marked==, ~~struck~~, ^up^, $x^2$",
    "https://evil.example/?a=1&b=2 and www.evil.example, evil.example/path.",
    "<https://evil.example> ops@evil.example mailto:x@y.example @everyone",
    "# heading", "## heading ##", "===", "---", "* * *", "___", "- item", "+ item", "* item", "1. one", "17) two",
    "> quoted", "    indented code", "\tindented code", "```", "~~~ fence", ": definition", "| --- |",
    '=HYPERLINK("http://evil")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1",
    "**bold** __bold__ *it* _it_ ***", "\\", "\\`", "ends in \\", "\x1b[31mred\x1b[0m \x9b2J \x07", "a\u202eb",
    "line␊# heading␊- item␊    code␊```", "␊␊", "", " ", "#", "store.(*Orders).Close(0x0)", "Orders.Close() never",
    "(ada@laptop, 14:08)", "a|b@c.example|d",
)  # fmt: skip


def inline(markdown: str) -> list[Token]:
    """The parts of the one paragraph that `markdown` is."""
    tokens = PARSER.parse(markdown)
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    return [part for token in tokens for part in token.children or ()]


def read(parts: list[Token]) -> str:
    return "".join("\n" if part.type in ("softbreak", "hardbreak") else part.content for part in parts)


def normal(text: str) -> str:
    """Without the space at the ends of lines, and without empty lines, which a paragraph can't have."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


@pytest.mark.parametrize("text", [*TRICKS, *HOSTILE])
def test_text_reads_as_it_stands_and_does_nothing(text: str) -> None:
    parts = inline(plain(text))
    assert {part.type for part in parts} <= INERT
    assert normal(read(parts)) == normal(safe_text(text, 200_000).replace("␊", "\n"))


@given(st.text(max_size=60))
@example("a\\\n")
def test_any_text_reads_as_it_stands(text: str) -> None:
    parts = inline(plain(text))
    assert {part.type for part in parts} <= INERT
    assert normal(read(parts)) == normal(safe_text(text).replace("␊", "\n"))


@given(st.text(alphabet="`*_[]()<>|~&$^#!\\-+=1.:@/a \n", max_size=40))
def test_any_heap_of_signs_reads_as_it_stands(text: str) -> None:
    parts = inline(plain(text))
    assert {part.type for part in parts} <= INERT
    assert normal(read(parts)) == normal(safe_text(text).replace("␊", "\n"))


@pytest.mark.parametrize("text", TRICKS)
def test_a_row_of_a_table_stays_one_row_of_two_cells(text: str) -> None:
    tokens = PARSER.parse(f"| a | b |\n| --- | --- |\n| x | {one_line(text)} |\n")
    assert sum(token.type == "tr_open" for token in tokens) == 2
    cells = [tokens[place + 1] for place, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 2
    parts = cells[1].children or []
    assert {part.type for part in parts} <= INERT
    # GitHub's rule for tables takes the backslash before a pipe away in code, too.
    assert normal(read(parts)) == normal(safe_text(text).replace("␊", " "))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_cell_begins_with_no_formula(text: str) -> None:
    assert not one_line(text).startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("text", [*TRICKS, *HOSTILE])
def test_a_code_span_holds_it_whole(text: str) -> None:
    shown = safe_text(text, 200_000)
    parts = inline(span(text))
    if shown.strip():
        assert [part.type for part in parts] == ["code_inline"]
        assert parts[0].content == shown
    else:
        assert parts == []


@given(st.lists(st.text(alphabet="`~ a\n<", max_size=12), max_size=5))
def test_a_block_of_code_ends_where_it_should(lines: list[str]) -> None:
    tokens = PARSER.parse(fenced(tuple(lines)))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content == "".join(f"{safe_text(line)}\n" for line in lines)


@pytest.mark.parametrize("text", [text for text in TRICKS if "evil" in text and "example" in text])
def test_what_viewers_make_links_of_stands_in_code(text: str) -> None:
    """No parser makes a link of what is code, whichever addresses it looks for."""
    outside = "".join(part.content for part in inline(plain(text)) if part.type == "text")
    assert re.search(r"://|@|www\.|\.example", outside) is None


@given(st.text(alphabet="htps:/w.com@evil-exmpl?# (),<>", max_size=40))
@example("evil.example/path. and ops@evil.example")
@example("see www.evil.example")
def test_not_even_a_parser_that_looks_for_addresses_finds_one(text: str) -> None:
    """`gfm-like` is markdown-it's own preset that makes links of bare addresses, hosts without a scheme too."""
    tokens = MarkdownIt("gfm-like").parse(plain(text))
    assert "link_open" not in {part.type for token in tokens for part in token.children or ()}


def test_no_byte_that_a_terminal_obeys_is_left() -> None:
    for text in (*TRICKS, *HOSTILE):
        for written in (plain(text), one_line(text), span(text), fenced((text,))):
            assert not set(written) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("blocks in Connection.close()", "blocks in `Connection.close()`"),
        ("blocks in Connection.close(), so it waits", "blocks in `Connection.close()`, so it waits"),
        ("(Connection.close()): it waits", "(`Connection.close()`): it waits"),
        ("see (a.example)", "see (`a.example`)"),
    ],
)
def test_a_call_stays_in_one_piece_whatever_follows_it(text: str, written: str) -> None:
    assert plain(text) == written
