"""Strings that a service can log or a label can hold, and that must do nothing but be read."""

from __future__ import annotations

HOSTILE: tuple[str, ...] = (
    "\x1b[2J\x1b[Hwiped",
    "\x1b]0;owned\x07title",
    "\x1b]52;c;cm0gLXJmIC8=\x07clip",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP1$r unterminated",
    "\x9b31mC1 red\x9b0m \x90dcs",
    "over\rwritten\x08\x08\x7f",
    "nul\x00 bell\x07 tab\t line\nfeed",
    "abc\u202egnp.exe\u202c \u2066iso\u2069 zero\u200bwidth \ufeffbom",
    "tag \U000e0041\U000e0042 characters",
    "marks " + "e" + "\u0301" * 500 + " end",
    "[@click=app.boom]press[/] [link=http://evil.example]x[/link]",
    "[/foo] [ERROR] [None] arr[i] = 3 [b]bold",
    "[$severity-critical]x[/] {{ braces }} %s $HOME `id`",
    "surrogate \ud800 alone",
    "用户登录成功 ｆｕｌｌ 👩‍👩‍👧 ❤️",
    "x" * 20_000,
    "",
    " ",
)
