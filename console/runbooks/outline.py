"""The Markdown of a runbook cut into its parts: front matter, and steps with prose and one block each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind
from opsconsole.runbooks.faults import Faults, quoted, unknown
from opsconsole.safe_text import safe_text

if TYPE_CHECKING:
    from markdown_it.token import Token

MOST_STEPS = 200

_KINDS = {kind.value: kind for kind in StepKind}
_NOT_IN_NAMES = re.compile(r"[^\w]+")
_BULLET = {"bullet_list_open": "• ", "ordered_list_open": ""}


class Block(msgspec.Struct, frozen=True):
    """A fenced block; `line` is that of its first line of YAML."""

    kind: StepKind
    source: str
    line: int


class Section(msgspec.Struct):
    """A heading with what stands below it. `prose` has one text for each paragraph or entry of a list."""

    title: SafeText
    name: str
    line: int
    prose: list[SafeText] = []
    block: Block | None = None


class Outline(msgspec.Struct, frozen=True):
    """`front` is the front matter's YAML, which begins at line 2."""

    front: str
    sections: tuple[Section, ...]


def step_name(title: str) -> str:
    """What other steps call the one with this heading: `Was there a rollout?` is `was-there-a-rollout`."""
    return _NOT_IN_NAMES.sub("-", title.lower()).strip("-")


def outline(text: str, faults: Faults) -> Outline | None:
    """The parts of `text`; None where it has no front matter, which is a fault."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - a console without runbooks in view does not pay for it
    from mdit_py_plugins.front_matter import front_matter_plugin  # noqa: PLC0415

    if not text.startswith("---\n"):
        faults.add(1, "a runbook begins with front matter: a line `---`, then `title: …`, then a line `---`")
        return None
    markdown = MarkdownIt("commonmark", {"html": False}).use(front_matter_plugin)
    # A line of dashes below a paragraph is a rule here, not a heading; what is within a line is shown as it stands.
    tokens = markdown.disable(["lheading", "inline", "html_block", "reference"]).parse(text)
    if not tokens or tokens[0].type != "front_matter":
        faults.add(1, "the front matter has no end; put a line `---` after it")
        return None
    cutter = _Cutter(text.split("\n"), faults)
    cutter.cut(tokens[1:])
    if not cutter.sections:
        faults.add(1, "there is no step; each begins with a heading `## …`")
    return Outline(tokens[0].content, tuple(cutter.sections))


class _Cutter:
    def __init__(self, lines: Sequence[str], faults: Faults) -> None:
        self.sections: list[Section] = []
        self._lines = lines
        self._faults = faults
        self._names: dict[str, int] = {}

    def cut(self, tokens: Sequence[Token]) -> None:
        bullet = ""
        for at, token in enumerate(tokens):
            line = token.map[0] + 1 if token.map else 1
            bullet = _BULLET.get(token.type, bullet)
            if token.type == "heading_open" and token.tag == "h2" and token.level == 0:
                if not self._begin(tokens[at + 1].content, line):
                    return
            elif token.type == "inline":
                before = tokens[at - 1]
                if not (before.type == "heading_open" and before.tag == "h2" and before.level == 0):
                    self._tell(token.content, bullet if token.level > 1 else "")
            elif token.type == "fence":
                self._fence(token, line)
            elif token.type == "code_block":
                self._tell(token.content, "")

    def _begin(self, title: str, line: int) -> bool:
        """A new step; False when there are too many, and the rest is not looked at."""
        if len(self.sections) == MOST_STEPS:
            self._faults.add(line, f"more than {MOST_STEPS} steps; make several runbooks of them")
            return False
        name = step_name(title)
        if not name:
            self._faults.add(line, "a step's heading has words")
        elif name in self._names:
            self._faults.add(line, f"another step (line {self._names[name]}) is called {quoted(name)}; rename one")
        self._names.setdefault(name, line)
        self.sections.append(Section(safe_text(title, 200), name, line))
        return True

    def _tell(self, content: str, bullet: str) -> None:
        if self.sections and content.strip():
            words = " ".join(content.split())
            self.sections[-1].prose.append(safe_text(f"{bullet}{words}", 4000))

    def _fence(self, token: Token, line: int) -> None:
        word = token.info.strip()
        if token.map and not self._lines[token.map[1] - 1].strip(" \t>").startswith(token.markup):
            self._faults.add(line, f"the block has no end; put a line `{token.markup[:3]}` after it")
        if not word:  # an example in the prose
            for written in token.content.splitlines()[:100]:
                if self.sections and written.strip():
                    self.sections[-1].prose.append(safe_text(f"    {written}", 4000))
            return
        kind = _KINDS.get(word)
        if kind is None:
            self._faults.add(line, f"{quoted(word)} is no kind of block; {unknown(word, _KINDS)}, or no word for prose")
        elif token.level > 0:
            self._faults.add(line, "the block stands within a list or a quotation; move it to the left margin")
        elif not self.sections:
            self._faults.add(line, "a block belongs below a heading `## …`")
        elif self.sections[-1].block is not None:
            self._faults.add(line, "a step has one block; put a heading `## …` before this one")
        else:
            self.sections[-1].block = Block(kind, token.content, line + 1)
