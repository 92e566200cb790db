"""What webhooks are sent: the lines of a notification in the form each takes, with nothing in them that commands."""

from __future__ import annotations

from collections.abc import Sequence

WECOM_LIMIT = 4096
"""Bytes of UTF-8 that a WeCom robot takes as the content of a markdown message."""

_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""The three characters of Slack's own syntax: `<!channel>` wakes everybody, `<http://…|name>` hides a link."""

_WECOM = str.maketrans({"<": "＜", ">": "＞", "[": "［", "]": "］", "`": "＇", "*": "＊"})
"""WeCom's markdown knows no escape, so signs that would mention somebody or hide a link become their wide forms."""


def slack_body(lines: Sequence[str]) -> dict[str, object]:
    """The JSON for an incoming webhook."""
    return {"text": "\n".join(lines).translate(_SLACK)}


def wecom_body(lines: Sequence[str]) -> dict[str, object]:
    """The JSON for a group robot; the headline stands out."""
    headline, *rest = (line.translate(_WECOM) for line in lines)
    content = "\n".join((f"**{headline}**", *(f"> {line}" for line in rest)))
    return {"msgtype": "markdown", "markdown": {"content": cut(content, WECOM_LIMIT)}}


def cut(text: str, limit: int) -> str:
    """As much of `text` as `limit` bytes of UTF-8 hold, whole characters, with an ellipsis where some is missing."""
    whole = text.encode()
    if len(whole) <= limit:
        return text
    ellipsis = "…"
    return whole[: limit - len(ellipsis.encode())].decode(errors="ignore") + ellipsis
