"""What the source says: names, types, and where they are said."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

DRAWN_TYPES = frozenset({"Content", "Text", "Panes", "VisualType", "RenderableType"})
"""What a widget of Textual may be given: types that are never read as markup."""

MAKE_STRINGS = frozenset({"str", "SafeText", "safe_text", "format", "strip", "upper", "lower"})

Types = Mapping[str, frozenset[str]]
Names = dict[ast.AST, dict[str, list[ast.expr | frozenset[str]]]]


class Module(NamedTuple):
    """A module of the console, with what its names are: those imported from Textual, and the types said of others.

    What the module says itself goes before what others say of the same name.
    """

    path: str
    of_textual: frozenset[str]
    returns: Types
    attributes: Types
    names: Names


def name_of(node: ast.AST) -> str:
    """The last name of what is called or meant: `fork` of `os.fork`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str(name)):
            return name.rpartition(".")[2]
        case ast.Call(func=func):
            return name_of(func)
        case ast.Subscript(value=value):
            return name_of(value)
        case _:
            return ""


def owner_of(node: ast.AST) -> str:
    """What stands before the last name of a call: `os` of `os.fork()`, and `Content` of `Content.assemble()`."""
    return name_of(node.value) if isinstance(node, ast.Attribute) else ""


def keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in node.keywords if one.arg == name), None)


def says(value: ast.expr | None, wanted: object) -> bool:
    return isinstance(value, ast.Constant) and value.value is wanted


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def types_in(annotation: ast.expr | None) -> frozenset[str]:
    """The names of a union of types."""
    if annotation is None:
        return frozenset()
    if isinstance(annotation, ast.BinOp):
        return types_in(annotation.left) | types_in(annotation.right)
    return frozenset({name_of(annotation)})


def meant_by(node: ast.expr, function: ast.AST, module: Module) -> frozenset[str]:
    """The types that an expression may have, as far as the source says; none where it does not."""
    match node:
        case ast.Call(func=func):
            return _made_by(func, function, module)
        case ast.IfExp(body=body, orelse=other):
            return meant_by(body, function, module) | meant_by(other, function, module)
        case ast.BinOp(left=left):
            return meant_by(left, function, module)
        case ast.Name(id=name):
            return _type_of_name(name, function, module)
        case ast.Attribute(attr=name):
            return module.attributes.get(name, frozenset())
        case _:
            return frozenset({"str"}) if isinstance(node, ast.JoinedStr) or is_literal(node) else frozenset()


def _made_by(func: ast.expr, function: ast.AST, module: Module) -> frozenset[str]:
    if {owner_of(func), name_of(func)} & DRAWN_TYPES:
        return frozenset({"Content"})
    if isinstance(func, ast.Attribute) and func.attr == "join":
        return meant_by(func.value, function, module)
    return frozenset({"str"}) if name_of(func) in MAKE_STRINGS else module.returns.get(name_of(func), frozenset())


def _type_of_name(name: str, function: ast.AST, module: Module) -> frozenset[str]:
    """By the annotations and the assignments in the function."""
    found: frozenset[str] = frozenset()
    for one in said_in(function, module).get(name, ()):
        found |= one if isinstance(one, frozenset) else meant_by(one, function, module)
    return found


def said_in(function: ast.AST, module: Module) -> dict[str, list[ast.expr | frozenset[str]]]:
    """What is annotated of each name of the function, or assigned to it without the name itself."""
    if function not in module.names:
        found: dict[str, list[ast.expr | frozenset[str]]] = {}
        for one in ast.walk(function):
            match one:
                case ast.arg(arg=name, annotation=kind) | ast.AnnAssign(target=ast.Name(id=name), annotation=kind):
                    found.setdefault(name, []).append(types_in(kind))
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in _names(value):
                    found.setdefault(name, []).append(value)
                case ast.ExceptHandler(name=str(name), type=ast.expr() as kind):
                    kinds = kind.elts if isinstance(kind, ast.Tuple) else (kind,)
                    found.setdefault(name, []).append(frozenset(map(name_of, kinds)))
                case _:
                    pass
        module.names[function] = found
    return module.names[function]


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def said_in_module(tree: ast.Module) -> tuple[Types, Types]:
    """The types that functions, and names and attributes, are said to have where they are defined."""
    functions: dict[str, frozenset[str]] = {}
    attributes: dict[str, frozenset[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name, returns=kind) | ast.AsyncFunctionDef(name=name, returns=kind):
                functions[name] = functions.get(name, frozenset()) | (types_in(kind) or {"?"})
                if any(name_of(one) in {"property", "cached_property"} for one in node.decorator_list):
                    attributes[name] = attributes.get(name, frozenset()) | types_in(kind)
            case ast.AnnAssign(target=ast.Attribute(attr=name) | ast.Name(id=name), annotation=kind):
                attributes[name] = attributes.get(name, frozenset()) | types_in(kind)
            case _:
                pass
    return functions, attributes


def united(every: Iterable[Types]) -> dict[str, frozenset[str]]:
    """What all modules say of each name."""
    found: dict[str, frozenset[str]] = {}
    for types in every:
        for name, kinds in types.items():
            found[name] = found.get(name, frozenset()) | kinds
    return found


def of_textual(tree: ast.Module) -> frozenset[str]:
    """The names that a module imports from Textual."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return frozenset(name.name for node in imports if (node.module or "").startswith("textual") for name in node.names)


def functions_and_nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Each node with the innermost function around it."""
    rest: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
    while rest:
        function, node = rest.pop()
        inside = node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
        for child in ast.iter_child_nodes(node):
            yield inside, child
            rest.append((inside, child))


def trees_of(root: Path, *folders: str) -> dict[str, ast.Module]:
    """Every module below `folders`, by its path from `root`."""
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return {str(path.relative_to(root)): ast.parse(path.read_text("utf-8")) for path in paths}
