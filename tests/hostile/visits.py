"""The way through views of log lines, traces, incidents and runbooks, by keys, and what each shows of hostile text."""

from __future__ import annotations

import msgspec

EVIL = "␛]52;c;ZXZpbA==␇"
"""How the hostile name reads once it is safe."""

KEYS = {
    "^R": b"\x12",
    "^S": b"\x13",
    "enter": b"\r",
    "escape": b"\x1b",
    "down": b"\x1b[B",
    "home": b"\x1b[H",
    "f2": b"\x1bOQ",
    "space": b" ",
}
"""The bytes by which a terminal sends a key; any other is itself."""


class Visit(msgspec.Struct, frozen=True):
    """Keys, apart by spaces (`=text` is typed), and what is on the screen then and what no more; {} is the name.

    Whatever takes the keys away (a dialog, a box) is waited for, so it is the end of a visit.
    """

    view: str
    keys: str
    shows: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def sent(self) -> tuple[bytes, ...]:
        """The bytes of each key, and of each text."""
        return tuple(KEYS.get(word) or word.removeprefix("=").encode() for word in self.keys.split())

    @property
    def copies(self) -> bool:
        """Whether something is put on the clipboard, at once or with a link."""
        return "y" in self.keys.split() or self.keys == "K"

    def made(self, text: str) -> bool:
        """Whether the screen `text` is the visit's."""
        shown = all(word.replace("{}", EVIL) in text for word in self.shows)
        return shown and not any(word in text for word in self.lacks)


def back(*lacks: str) -> Visit:
    """Esc, and words that are gone then."""
    return Visit("back", "escape", lacks=lacks)


LOGS = (
    Visit("the logs", "3 f", ("3 Logs ·",), ("╭─ 4 Traces",)),
    Visit("the search box", "/", ("Ctrl+R",)),
    Visit("raw", "^R", ("RAW /",)),
    Visit(
        "lines",
        "=caller:hostile enter",
        ("RAW /caller:hostile  F changes", "following evil {}"),
        ("readiness check", "request failed"),
    ),
    Visit("lines of no time", "home", ("no time", "lost time 7", "hostile ␛]0;owned␇title", "[/foo] [ERROR] [None]")),
    Visit("a line opened and wrapped", "z o", ("[@click=app.quit]x[/]", "├ evil0  evil {}")),
    Visit("jumps", "x", ("Go to, from this log", "its trace evil ␛]5")),
    back("Go to, from"),
    Visit("a trace that is none", "v", ("there is no trace id in", "{}")),
    Visit("its pane", "escape", ("4 Traces · trace evil ␛]5",)),
    Visit("the way back", "escape", ("RAW /caller:hostile", "├ evil0  evil {}")),
    Visit("context", "c", ("Context of checkout", "hostile evil", "{}")),
    back("Context of"),
    Visit("copied", "space y", ("1 marked line copied",)),
    Visit("ways to save", "^S", ("Save log lines",)),
    Visit("saved", "enter", ("saved in",)),
    Visit("chips", "F", ("What narrows the log lines",)),
    Visit("fields", "a", ("Narrow by",)),
    Visit("values of a field", "=trace_id enter", ("Lines whose trace_id is", "evil", "{}")),
    back("Lines whose"),
    Visit("fields", "a", ("Narrow by",)),
    Visit("values that can't be read", "=error enter", ("Lines whose error is", "its values are not known")),
    back("Lines whose"),
    back("What narrows"),
    Visit("a field included", "down down down down I", ("RAW /caller:hostile  +1", "no log line of this")),
    Visit("chips", "F", ("What narrows the log lines", "trace_id evil", "{}")),
    back("What narrows"),
    Visit("saved searches", "S", ("Saved searches", "none yet")),
    Visit("a name", "a", ("Save this search as",)),
    Visit("a search saved", "=evil enter", ("Saved searches", "evil  RAW /caller:hostile", "{}")),
    back("Saved searches"),
    Visit("a link", "K", ("This search in Kibana", "kibana.example")),
    back("This search"),
    back("RAW /caller:hostile  +1"),
    Visit("patterns", "P", ("Patterns", "following evil ␛]<*>;c;ZXZpbA==␇", "lost time <*>")),
    Visit("a pattern", "o", ("╭─ Pattern", "first seen")),
    back("first seen"),
    Visit("patterns copied", "y", ("copied,",)),
    back("Enter its lines"),
    Visit("the box again", "/", ("RAW /",), ("F changes",)),
    Visit("a server's own words", "=( enter", ("refused", "{}")),
    back("refused the"),
    back("RAW /"),
    Visit("containers", "O", ("by containers", "lines · containers")),
    Visit("their box", "/", ("Ctrl+R",)),
    Visit("their lines", "=evil enter", ("/evil", "following evil", "{}")),
    back("/evil"),
    back("by containers"),
)
"""In the logs pane, from any other one."""

TRACES = (
    Visit("traces", "4", ("4 Traces ·", "gateway POST")),
    Visit("suggestions", "/", ("Search traces", "evil", "{}")),
    back("Search traces"),
    Visit("a trace", "home o", ("warnings", "{}", "✘checkout ␛P1$r")),
    Visit("its links", "L", ("Follow a link", "{}")),
    back("Follow a link"),
    Visit("jumps from a span", "x", ("Go to, from this span",)),
    back("Go to, from"),
    Visit("the list", "escape", ("4 Traces ·",)),
    Visit("two traces", "space down V", ("Two traces", "checkout ␛P1$r unterminated")),
    back("Two traces"),
    Visit("the map", "M", ("Who calls whom", "evil {}")),
    Visit("the map copied", "y", ("copied,",)),
    back("Who calls whom"),
    Visit("what changed", "h", ("What changed in checkout", "1.15.0: evil", "{}")),
    Visit("what changed, copied", "y", ("copied,",)),
    back("What changed in"),
    Visit("pods", "5", ("5 Pods and probes ·",)),
    Visit("log levels", "D", ("Log level of deployment",)),
    Visit("what that would do", "enter", ("Look before you act", "READ-ONLY: W")),
)
"""In the traces pane and where it leads to, after `LOGS`."""

INCIDENTS = (
    Visit("the header", "", ("READ-ONLY  INC-7kq4",)),
    Visit("an incident", "i", ("INC-7kq4  evil", "cause     evil {}", "written by    evil {}")),
    Visit("its newest event", "home enter", ("╭─ INC-7kq4: incident", "known as      evil {}")),
    back("╭─ INC-7kq4: incident"),
    Visit("roles", "r", ("INC-7kq4: roles", "evil {}")),
    back("INC-7kq4: roles"),
    Visit("what is to be done", "a", ("INC-7kq4: afterwards", "evil {}")),
    back("INC-7kq4: afterwards"),
    Visit("texts", "t", ("INC-7kq4: write",)),
    back("INC-7kq4: write"),
    Visit("those like it", "m", ("Like INC-7kq4  evil {}",)),
    back("Like INC-7kq4"),
    Visit("all incidents", "f2", ("of practice", "1 found", "healed by: evil {}")),
    Visit("all of them searched", "/", ("Enter",)),
    Visit("found", "=owned enter", ("1 found", "healed by: evil {}")),
    Visit("the incident again", "escape escape", ("cause     evil {}",), ("1 found",)),
    Visit("the panes", "escape", ("╭─ 1 Alerts", "READ-ONLY  INC-7kq4")),
)
"""From the panes, while an incident is worked on in which every text is hostile."""

MARKUP = "evil [@click=app.quit]x[/]"

RUNBOOKS = (
    Visit("runbooks", "1 w", ("Runbooks for", "broken.md line 2: U+001B in column 10", "resume evil {}", MARKUP)),
    Visit("one that is hostile", "down", ("╭─ Runbooks for", "Run $evil  act")),
    Visit("its inputs", "enter", ("╭─ " + MARKUP, "namespace    shop")),
    Visit("its first step", "enter", ("Runbook · step 1 of 3", "1 " + MARKUP, "<script>alert(1)</script>", "1 [/b]")),
    Visit("its act", "1", ("Runbook · step 2 of 3", "echo '$(reboot)' '; reboot' '[/b]'", "    [/b] ")),
    Visit("its plan", "enter", ("╭─ Look before you act", "echo '$(reboot)' '; reboot' '[/b]'", "READ-ONLY: W")),
    back("╭─ Look before"),
    Visit("why it is skipped", "s", ("Why is this skipped",)),
    Visit("its end", "=[/b]no enter", ("Runbook · step 3 of 3", "[/b]no")),
    Visit("its cause", "enter", ("Found: evil [@click=app.quit]x[/] {{ 7",)),
    Visit("the walk put away", "X", lacks=("6 Runbook",)),
    Visit("the logs", "3 f", ("3 Logs ·",), ("╭─ 4 Traces",)),
    Visit("the search box", "/", ("Ctrl+R",)),
    Visit("raw", "^R", ("RAW /",)),
    Visit("lines", "=caller:hostile enter", ("RAW /caller:hostile  F changes", "following evil {}")),
    Visit("a line kept", "home e", ("kept in INC-7kq4: ERROR checkout", "hostile evil")),
    Visit("the incident", "i", ("evidence", "hostile evil {}")),
    Visit("what was kept", "home enter", ("╭─ INC-7kq4: evidence", "hostile evil {}")),
    back("╭─ INC-7kq4: evidence"),
)
"""After `INCIDENTS`, with runbooks whose author means harm."""

HOSTILE_RUNBOOK = """\
---
title: "evil [@click=app.quit]x[/] [/b] 'a'"
summary: "evil [@click=app.quit]x[/] {{ 7 }}"
matches:
  alerts: [ErrorRateHigh]
  services: [checkout]
---

## evil [@click=app.quit]x[/]

<script>alert(1)</script> ![i](http://evil.example) [/b]

```ask
question: "evil [@click=app.quit]x[/]?"
choices: ["[/b]", "no"]
```

## Run $evil

```act
argv: [echo, "$(reboot)", "; reboot", "[/b]"]
changes: "[@click=app.quit]x[/]"
```

## The end of evil

```note
verdict: cause
cause: "evil [@click=app.quit]x[/] {{ 7 }}"
```
"""

REFUSED_RUNBOOK = b"---\ntitle: x \x1b]52;c;ZXZpbA==\x07\n---\n"
