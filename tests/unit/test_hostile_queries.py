"""What a label or a name may hold reaches each backend's language as one string, and nothing else of a query."""

from __future__ import annotations

import promql_parser
import pytest

from hostile.corpus import EVERY
from opsconsole.panels.template import Variables, promql_string, render
from opsconsole.safe_text import safe_text

SHORT = tuple(text for text in EVERY if len(text) < 20_000)


@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_a_hostile_label_stays_one_string_of_the_query(quote: str) -> None:
    for text in SHORT:
        for value in (text.encode(errors="replace").decode(), safe_text(text)):
            selector = promql_parser.parse(render(f"up{{job={quote}$service{quote}}}", Variables(service=value or "x")))
            assert [(one.name, one.value) for one in selector.matchers.matchers] == [("job", value or "x")]
            assert promql_parser.parse(f"up{{job={promql_string(value)}}}").matchers.matchers[0].value == value
