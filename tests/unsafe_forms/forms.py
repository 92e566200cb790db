"""The forms, one question of a node each."""

from __future__ import annotations

import ast

from unsafe_forms.reading import DRAWN_TYPES, Module, is_literal, keyword, meant_by, name_of, said_in, says

READ_MARKUP = frozenset(
    {"Static", "Label", "Button", "Option", "Link", "Tooltip", "Collapsible", "TabPane", "Checkbox"}
)
"""Widgets of Textual that read markup in a string they are given first."""

MARKUP_ATTRIBUTES = frozenset({"border_title", "border_subtitle", "tooltip"})
CLIENTS = frozenset({"Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport", "create_ssl_context"})
STARTERS = frozenset(
    {"fork", "forkpty", "posix_spawn", "posix_spawnp", "create_subprocess_exec", "create_subprocess_shell"}
)
LANGUAGES = frozenset({"query", "promql", "match[]", "query_string", "simple_query_string", "script", "q"})
"""Names under which a backend takes something in a language of its own."""

UNSAFE_TYPES = frozenset({"Path", "str", "OSError", "ValueError", "Exception", "KeyError", "UnicodeError"})


def markup_from_values(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """`Content.from_markup(words)`, `Text.from_ansi(words)`, `Content.from_text(words)` that reads markup."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr == "from_text":
        return not says(keyword(node, "markup"), wanted=False)
    return node.func.attr in {"from_markup", "from_ansi", "highlight"} and not all(is_literal(one) for one in node.args)


def markup_switched_on(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """`markup=` anything but False."""
    return (
        isinstance(node, ast.Call) and (value := keyword(node, "markup")) is not None and not says(value, wanted=False)
    )


def toast_with_markup(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """`notify(words)` without `markup=False`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "notify":
        return False
    return bool(node.args) and not says(keyword(node, "markup"), wanted=False)


def string_in_a_widget(node: ast.AST, function: ast.AST, module: Module) -> bool:
    """A widget, its border's title or its tooltip given what is neither a literal nor known not to be a string."""
    match node:
        case ast.Call(func=func, args=[first, *_]) if name_of(func) in READ_MARKUP & module.of_textual:
            given = None if says(keyword(node, "markup"), wanted=False) else first
        case ast.Assign(targets=[ast.Attribute(attr=attribute)], value=value) if attribute in MARKUP_ATTRIBUTES:
            given = value
        case _:
            return False
    if given is None or is_literal(given) or isinstance(given, ast.Starred):
        return False
    types = meant_by(given, function, module)
    return not types or not types <= DRAWN_TYPES | {"None"}


def string_for_an_update(node: ast.AST, function: ast.AST, module: Module) -> bool:
    """`update()` of a widget with what is known to be a string."""
    match node:
        case ast.Call(func=ast.Attribute(attr="update"), args=[given]) if not is_literal(given):
            return bool(meant_by(given, function, module) & {"str", "SafeText"})
        case _:
            return False


def redirects(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """`follow_redirects` or `allow_redirects` that is not False."""
    return isinstance(node, ast.Call) and any(
        one.arg in {"follow_redirects", "allow_redirects"} and not says(one.value, wanted=False)
        for one in node.keywords
    )


def trusting_environment(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """A client of httpx without `trust_env=False`, or `trust_env` set to anything else."""
    match node:
        case ast.Call(func=ast.Attribute(attr=attr, value=ast.Name(id="httpx"))) if attr in CLIENTS:
            return not says(keyword(node, "trust_env"), wanted=False)
        case ast.Call():
            return (value := keyword(node, "trust_env")) is not None and not says(value, wanted=False)
        case ast.Assign(targets=[ast.Attribute(attr="trust_env")], value=value):
            return not says(value, wanted=False)
        case _:
            return False


def unverified(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """Anything that takes less than the whole check of a certificate."""
    match node:
        case ast.Call(keywords=keywords):
            return any(
                one.arg in {"verify", "check_hostname", "verify_ssl"} and says(one.value, wanted=False)
                for one in keywords
            )
        case ast.Attribute(attr=attr):
            return attr in {"CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "disable_warnings"}
        case ast.Assign(targets=[ast.Attribute(attr=attr)], value=value):
            return attr in {"check_hostname", "verify", "verify_ssl"} and says(value, wanted=False)
        case _:
            return False


def query_put_together(node: ast.AST, _: ast.AST, module: Module) -> bool:
    """A source that puts a query together from a string and values without a quoter."""
    if "/sources/" not in module.path:
        return False
    match node:
        case ast.Call(keywords=keywords):
            given = [(one.arg, one.value) for one in keywords]
        case ast.Dict(keys=keys, values=values):
            given = [(name_of(key) if key is not None else "", value) for key, value in zip(keys, values, strict=True)]
        case ast.Assign(targets=[target], value=value):
            key = target.slice if isinstance(target, ast.Subscript) else target
            given = [(name_of(key), value)]
        case _:
            return False
    return any(name in LANGUAGES and _spliced(value) for name, value in given)


def _spliced(value: ast.expr) -> bool:
    match value:
        case ast.JoinedStr(values=values):
            parts = [one.value for one in values if isinstance(one, ast.FormattedValue)]
            return any(not (isinstance(one, ast.Call) and "promql" in name_of(one.func)) for one in parts)
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            return any(isinstance(one, ast.Constant | ast.JoinedStr) for one in (left, right))
        case ast.Call(func=ast.Attribute(attr="format")):
            return True
        case _:
            return False


def unsafe_print(node: ast.AST, function: ast.AST, module: Module) -> bool:
    """`print`, a stream written to, or `click.echo` of a path, a string of nobody's or a system's error in it."""
    match node:
        case ast.Call(func=ast.Name(id="print")):
            return True
        case ast.Call(func=ast.Attribute(attr="write" | "writelines", value=stream)):
            return name_of(stream) in {"stdout", "stderr", "__stdout__", "__stderr__"}
        case ast.Call(func=ast.Attribute(attr="echo" | "secho", value=ast.Name(id="click")), args=[first, *_]):
            values = [one.value for one in ast.walk(first) if isinstance(one, ast.FormattedValue)]
            return any(_is_outside(one, function, module) for one in values)
        case _:
            return False


def _is_outside(value: ast.expr, function: ast.AST, module: Module) -> bool:
    """Whether it is a name, or `str` of one, that is annotated, made or caught as an unsafe type."""
    match value:
        case ast.Call(func=ast.Name(id="str"), args=[first]):
            return _is_outside(first, function, module)
        case ast.Name(id=name):
            said = said_in(function, module).get(name, ())
            kinds = (one if isinstance(one, frozenset) else _of_call(one, module) for one in said)
            return any(one & UNSAFE_TYPES for one in kinds)
        case ast.Call():
            return bool(_of_call(value, module) & UNSAFE_TYPES - {"str"})
        case _:
            return False


def _of_call(value: ast.expr, module: Module) -> frozenset[str]:
    return (
        module.returns.get(name_of(value.func), frozenset()) - {"str"} if isinstance(value, ast.Call) else frozenset()
    )


def file_of_its_own(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """A file opened for writing other than by `file_writing`."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="write_text" | "write_bytes" | "touch" | "symlink_to" | "mkstemp" | "mktemp")
        ):
            return True
        case ast.Call(func=ast.Name(id="open"), args=[_, ast.Constant(value=str(mode)), *_]):
            return bool(set(mode) & set("wax+"))
        case ast.Call(func=ast.Attribute(attr="open", value=value), args=[ast.Constant(value=str(mode)), *_]):
            return name_of(value) != "os" and bool(set(mode) & set("wax+"))
        case ast.Attribute(attr="O_CREAT" | "O_TRUNC"):
            return True
        case _:
            return False


def program_started(node: ast.AST, _: ast.AST, __: Module) -> bool:
    """A module that can start programs, or does."""
    match node:
        case ast.Import(names=names):
            return any(one.name in {"subprocess", "multiprocessing", "pty", "webbrowser"} for one in names)
        case ast.ImportFrom(module=str(source)):
            return source in {"subprocess", "multiprocessing", "pty", "webbrowser"}
        case ast.Call(func=ast.Attribute(attr=attr, value=value)):
            return attr in STARTERS or (
                name_of(value) == "os" and attr.startswith(("exec", "spawn", "popen", "system"))
            )
        case _:
            return False
