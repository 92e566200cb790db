"""Reads `uv.lock`: what is installed, where from, and what of it a user gets."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.markers import Marker, default_environment

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "opsconsole"

Package = Mapping[str, Any]


@cache
def packages() -> tuple[Package, ...]:
    """Every package of the lock, the project among them."""
    return tuple(tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"])


def runtime(python: str = "3.13", platform: str = "linux") -> dict[str, Package]:
    """What the project and its dependencies need on one kind of machine, by name; without the project."""
    found: dict[str, Package] = {}
    environment: dict[str, Any] = {
        **default_environment(),
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": platform,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[platform],
    }
    waiting = [(_project(), frozenset[str]())]
    while waiting:
        package, extras = waiting.pop()
        edges = [*package.get("dependencies", ())]
        for extra in extras:
            edges += package.get("optional-dependencies", {}).get(extra, ())
        for target, wanted in _followed(edges, environment):
            if target["name"] not in found or wanted:
                found[target["name"]] = target
                waiting.append((target, wanted))
    return found


def _project() -> Package:
    return next(one for one in packages() if one["name"] == PROJECT)


def _followed(
    edges: list[Mapping[str, Any]], environment: Mapping[str, Any]
) -> Iterator[tuple[Package, frozenset[str]]]:
    for edge in edges:
        if "marker" in edge and not Marker(edge["marker"]).evaluate(environment):
            continue
        named = [one for one in packages() if one["name"] == edge["name"]]
        (target,) = [one for one in named if edge.get("version") in (None, one["version"])]
        yield target, frozenset(edge.get("extra", ()))
