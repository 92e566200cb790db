"""Runbooks for tests, made of few words."""

from __future__ import annotations

from opsconsole.domain.runbook import Runbook
from opsconsole.runbooks.file_reading import text_file
from opsconsole.runbooks.parsing import Parsed, parse

FRONT = """\
---
title: A case
inputs:
  - name: service
    label: service
---
"""

CHECK = """
## Is it so

```check
promql: up{service="$service"}
expect: above 0
```
"""

DECIDE = """
## Then

```decide
of: is-it-so
holds: yes-it-is
fails: no
```
"""

ENDS = """
## Yes it is

```note
verdict: cause
cause: it is so
```

## No

```note
verdict: not this
```
"""

WHOLE = FRONT + CHECK + DECIDE + ENDS
"""A runbook without a fault."""


def parsed(text: str) -> Parsed:
    """`text` as the file `case.md`."""
    return parse(text_file("case.md", text.encode()))


def runbook(text: str = WHOLE) -> Runbook:
    """A runbook that has to be without a fault."""
    found = parsed(text)
    assert found.runbook is not None, found.faults
    return found.runbook


def faults(text: str) -> list[tuple[int, str]]:
    """Lines and words of what is wrong with `text`."""
    return [(fault.line, str(fault.words)) for fault in parsed(text).faults]


def step(block: str, kind: str = "check", title: str = "Is it so") -> str:
    """One step with its block."""
    return f"\n## {title}\n\n```{kind}\n{block}\n```\n"
