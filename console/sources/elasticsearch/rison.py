"""Rison, the notation for JSON in URLs that Kibana keeps its state in (`kbn-rison`)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

# What may stand without quotes: no blank, none of the signs of the notation and of URLs, and no number's beginning.
_PLAIN = re.compile(r"[^\s'!:(),*@$;&=+#%/?0-9-][^\s'!:(),*@$;&=+#%?]*")

_UNTOUCHED = "!():,*@/"
"""Signs that stay as they are in the fragment of a URL; quotes don't, for programs that look for the URL's end."""


def rison(value: Any) -> str:
    """A JSON value in Rison: `(a:!t,b:!('x y',2))`. Keys stay in their order."""
    match value:
        case None:
            return "!n"
        case bool():
            return "!t" if value else "!f"
        case int() | float():
            return f"{value}".replace("+", "")
        case str():
            return value if _PLAIN.fullmatch(value) else "'" + re.sub(r"([!'])", r"!\1", value) + "'"
        case dict():
            return "(" + ",".join(f"{rison(str(key))}:{rison(inner)}" for key, inner in value.items()) + ")"
    return "!(" + ",".join(rison(inner) for inner in value) + ")"


def encoded(value: Any) -> str:
    """A JSON value in Rison as it stands in a URL."""
    return quote(rison(value), safe=_UNTOUCHED)
