"""Writes the tables of `docs/troubleshooting.md` anew from the places where the words are written.

    python tests/troubleshooting_page.py

A table holds each message as it reads, with `…` for what changes, and a remark that people write: it is kept as long
as its message is there. New messages get an empty remark.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.text import SafeText
from opsconsole.incidents.store import failure

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "troubleshooting.md"
CONSOLE = ROOT / "console"
CHANGES = "…"
MARK = re.compile(r"(<!-- messages: (\w+) -->\n)((?:\|.*\n)*)")
ROW = re.compile(r"\| (`+ ?)(.*?)( ?`+) \| (.*) \|")
HINT = re.compile(r"(?i)hint$|advice$|^_ASK$|^SIGN_IN$")
FRAME = re.compile("…: …; …$")
"""A frame for words that are written elsewhere, and are on the page by themselves."""
HEAD = "| message | more |\n|---|---|\n"


def template(node: ast.expr) -> str:
    """The text that `node` makes, with `…` for each part that is not known before it runs."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(template(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return template(left) + template(right)
        case ast.Call(func=ast.Name(id="safe_text" | "SafeText"), args=[first, *_]):
            return template(first)
    return CHANGES


def raised(name: str, argument: int, *folders: str) -> Iterator[str]:
    """The messages of all calls of `name` below the folders, or in the files, of the console."""
    for folder in folders:
        place = CONSOLE / folder
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if f"{name}(" not in text:
                continue
            module = ast.parse(text)
            for node in ast.walk(module):
                match node:
                    case ast.Call(func=ast.Name(id=called), args=arguments) if called == name and arguments:
                        yield template(_made_of(arguments[argument], module))


def _made_of(node: ast.expr, module: ast.Module) -> ast.expr:
    """What a function of the module returns, where `node` calls one that makes the message."""
    match node:
        case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)):
            made = (one for one in ast.walk(module) if isinstance(one, ast.FunctionDef) and one.name == called)
            returned = (one.value for function in made for one in ast.walk(function) if isinstance(one, ast.Return))
            return next(returned, None) or node
    return node


def of_sources() -> Iterator[str]:
    """What a pane or a command says when a backend fails."""
    for kind in ErrorKind:
        yield SourceError(kind, "SOURCE", SafeText(CHANGES)).sentence


def of_advice() -> Iterator[str]:
    """What a source says to do where it knows better than the kind of its error."""
    for path in sorted((CONSOLE / "sources").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from (text for one in _hints(node) if (text := template(one)) != CHANGES)


def _hints(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.keyword(arg="hint", value=value):
            yield value
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if HINT.search(name):
            yield value
        case ast.Assign(targets=[ast.Tuple(elts=[_, ast.Name(id="hint")])], value=ast.Tuple(elts=[_, value])):
            yield value
        case ast.Call(func=ast.Name(id="unusable" | "unsigned"), args=[_, value]):
            yield value
        case _:
            pass


def of_configuration() -> Iterator[str]:
    """What is wrong with the file or a variable."""
    yield from raised("ConfigError", 0, "config")
    yield from raised("MisreadError", 1, "config")
    yield from raised("ValueError", 0, "config")


def of_connections() -> Iterator[str]:
    """What shows only when a connection is made: secrets, certificates, addresses."""
    yield from raised("ConfigError", 0, "sources", "operating.py")


def of_commands() -> Iterator[str]:
    """What is wrong with a command line or the `[keys]` of the file."""
    yield from raised("ConfigError", 0, "cli", "actions.py", "practice/process.py")


def of_records() -> Iterator[str]:
    """What keeps the incident record or the audit log from being read or written."""
    for _, what, advice in failure._SENTENCES:
        yield f"the incident record {CHANGES} can't be {CHANGES}: {what}; {advice}"
    for what, advice in failure._OF_NUMBER.values():
        yield f"the incident record {CHANGES} can't be {CHANGES}: {what}; {advice}"
    yield from raised("StoreError", 0, "incidents")
    yield from raised("SafeText", 0, "incidents/store/failure.py")
    yield from raised("AuditError", 0, "operations/audit")


GROUPS: Mapping[str, Callable[[], Iterator[str]]] = {
    "sources": of_sources,
    "advice": of_advice,
    "configuration": of_configuration,
    "connections": of_connections,
    "commands": of_commands,
    "records": of_records,
}


def messages(group: str) -> list[str]:
    """Those of a group that say something by themselves, each once; sources by kind, others by their first words."""
    found = dict.fromkeys(re.sub(r"…(\s*…)+", CHANGES, one) for one in GROUPS[group]())
    if group == "sources":
        return list(found)
    telling = (one for one in found if len(re.findall(r"\w+", one.replace(CHANGES, " "))) > 2 and not FRAME.search(one))
    return sorted(telling, key=_first_words)


def _first_words(message: str) -> tuple[str, str]:
    return re.sub(r"[^\w ]", "", message).strip().lower(), message


def remarks(table: str) -> dict[str, str]:
    """The remark beside each message of a table as it stands on the page."""
    return {found[2]: found[4] for line in table.splitlines() if (found := ROW.fullmatch(line))}


def _row(message: str, remark: str) -> str:
    quoted = f"`` {message} ``" if "`" in message else f"`{message}`"
    return f"| {quoted} | {remark} |\n"


def anew(page: str) -> str:
    """`page` with the table below each mark made of today's messages and the remarks it has."""

    def table(found: re.Match[str]) -> str:
        kept = remarks(found[3])
        return found[1] + HEAD + "".join(_row(one, kept.get(one, "")) for one in messages(found[2]))

    return MARK.sub(table, page)


if __name__ == "__main__":
    PAGE.write_text(anew(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
