"""Which forms are looked for, and where one may stand nevertheless."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from unsafe_forms import forms
from unsafe_forms.reading import Module, functions_and_nodes, of_textual, said_in_module, united


class Form(NamedTuple):
    """One unsafe form: whether a node is one, and where it may stand nevertheless, and why that is safe."""

    name: str
    found: Callable[[ast.AST, ast.AST, Module], bool]
    allowed: Mapping[str, str] = {}


PROGRAMS = {
    "console/sources/kubernetes/access/plugin_run.py": "credential programs of the allow-list",
    "console/operations/programs.py": "programs of runbooks, by the engine",
    "console/operations/program_keeper.py": "the same, in the process that ends them",
    "console/level_watch.py": "our own module, which puts a log level back",
    "console/level_watch_process.py": "that module, out of its parent's session",
    "console/practice/process.py": "our own practice cluster",
}
FILES = {
    "console/file_writing.py": "the one way to write an export",
    "console/cli/snapshot.py": "a picture drawn over by the next one; no link is followed",
    "console/config/reference.py": "the tables of a page of the documentation, in the repository alone",
    "console/config/saved_searches.py": "replaced whole; the name is chosen by the system",
    "console/incidents/attachment.py": "a mark in the state folder, new and then put in place",
    "console/incidents/process_marks.py": "a locked mark in the state folder",
    "console/incidents/store/copying.py": "a copy of the record, new",
    "console/incidents/store/place.py": "the record itself, new",
    "console/incidents/store/unwritten.py": "lines that the full disk kept back, only appended",
    "console/operations/audit/log.py": "the audit log, only appended",
}

PRINTED = {
    "console/cli/drill.py": "the id of an incident that the drill made itself",
    "console/actions.py": "the page of keys, which is our own",
    "console/practice/serve.py": "the practice cluster's table, for the console that started it",
}

FORMS: tuple[Form, ...] = (
    Form("markup read from values", forms.markup_from_values),
    Form("markup switched on", forms.markup_switched_on),
    Form("a toast that reads markup", forms.toast_with_markup),
    Form("a string in a widget that reads markup", forms.string_in_a_widget),
    Form("a string for an update", forms.string_for_an_update),
    Form("redirects", forms.redirects),
    Form("the environment trusted", forms.trusting_environment),
    Form(
        "TLS not verified",
        forms.unverified,
        {"console/sources/wire/tls.py": "looks at a certificate to say what is wrong with it"},
    ),
    Form("a query put together", forms.query_put_together),
    Form("outside text printed", forms.unsafe_print, PRINTED),
    Form("a file written by itself", forms.file_of_its_own, FILES),
    Form("a program started", forms.program_started, PROGRAMS),
)


LOOKED_AT = (ast.Call, ast.Assign, ast.Attribute, ast.Dict, ast.Import, ast.ImportFrom)


def unsafe_forms(trees: Mapping[str, ast.Module], *, leave: bool = True) -> Iterator[tuple[str, str]]:
    """`console/x.py:7` and the form that stands there without leave, over all of `trees` by their paths."""
    said = {path: said_in_module(tree) for path, tree in trees.items()}
    functions, attributes = united(one for one, _ in said.values()), united(one for _, one in said.values())
    for path, tree in trees.items():
        mine = said[path]
        module = Module(path, of_textual(tree), {**functions, **mine[0]}, {**attributes, **mine[1]}, {})
        for function, node in functions_and_nodes(tree):
            if isinstance(node, LOOKED_AT):
                found = (
                    form
                    for form in FORMS
                    if not (leave and path in form.allowed) and form.found(node, function, module)
                )
                yield from ((f"{path}:{getattr(node, 'lineno', 0)}", form.name) for form in found)
