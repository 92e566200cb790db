"""Flags that several commands share, and what was really typed."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from opsconsole.cli import completion
from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.cli.parts import Parts
    from opsconsole.config.configuration import Configuration
    from opsconsole.config.layers import Entries


@dataclass(frozen=True)
class Flags:
    """The values of flags as they were typed; None for those that were not."""

    cluster: str | None = None
    namespace: str | None = None
    service: str | None = None
    since: str | None = None
    theme: str | None = None
    ascii: bool | None = None
    write: bool | None = None
    config: Path | None = None

    def over(self, outer: Flags) -> Flags:
        """These flags, and those of the command around where these are not given."""
        typed = {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}
        return replace(outer, **typed)

    def entries(self) -> Entries:
        """The highest layer of the configuration. Raises `ConfigError` for a value that is none."""
        from opsconsole.config.layers import Entry, KeyPath, Layer, Origin  # noqa: PLC0415  - a few ms
        from opsconsole.config.shapes import Leaf, shapes_of  # noqa: PLC0415
        from opsconsole.config.tables import FileTable  # noqa: PLC0415

        shapes = shapes_of(FileTable)
        entries: dict[KeyPath, Entry] = {}
        for flag, key in (
            ("cluster", "default_cluster"), ("namespace",) * 2, ("service",) * 2, ("since",) * 2, ("theme",) * 2,
            ("ascii",) * 2,
        ):  # fmt: skip
            typed, shape = getattr(self, flag), shapes[key]
            if typed is None or not isinstance(shape, Leaf):
                continue
            name = "--no-ascii" if typed is False else f"--{flag}"
            try:
                value = shape.read(str(typed), Path.cwd(), from_text=True)
            except ValueError as error:
                raise ConfigError(f"{name}: {error}") from None
            entries[key,] = Entry(value, Origin(Layer.FLAG, name))
        return entries


@dataclass(frozen=True)
class Invocation:
    """One call of the program: what was typed, and the parts it works with."""

    parts: Parts
    flags: Flags
    loaded: list[Configuration] = field(default_factory=list, compare=False, repr=False)
    """What was read, for whoever must keep its secrets out of the report of a crash."""

    def configuration(self) -> Configuration:
        """All layers, with the flags on top. Raises `ConfigError` when one is wrong."""
        from opsconsole.actions import with_keymap  # noqa: PLC0415
        from opsconsole.config.configuration import load  # noqa: PLC0415  - 30 ms that --version saves

        flags = self.flags
        configuration = load(os.environ, Path.cwd(), flags.entries(), file=flags.config, write=bool(flags.write))
        self.loaded.append(configuration)
        with_keymap(configuration.keymap())
        return configuration


def invocation_of(ctx: click.Context, flags: Flags) -> Invocation:
    """The invocation that `flags` belong to; flags of the commands around it count where these are silent."""
    outer = ctx.obj
    if not isinstance(outer, Invocation):
        from opsconsole.cli.parts import Parts  # noqa: PLC0415

        outer = Invocation(outer or Parts(), Flags())
    ctx.obj = invocation = Invocation(outer.parts, flags.over(outer.flags), outer.loaded)
    return invocation


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE",
    help="Configuration file instead of the usual one; `opsconsole config path` names it.",
)  # fmt: skip
_CLUSTER = click.option(
    "-c", "--cluster", metavar="NAME", shell_complete=completion.clusters, help="Cluster of the configuration."
)
_VIEW: tuple[Decorator, ...] = (
    click.option("-n", "--namespace", metavar="N", help="Show this namespace."),
    click.option("-s", "--service", metavar="S", help="Show this service."),
    click.option("--since", metavar="DURATION", help="First time range, such as 15m, 1h30m or 7d.  [default: 1h]"),
    click.option("--theme", metavar="T", shell_complete=completion.themes,
                 help="dark, light, high-contrast or ansi (the terminal's own 16 colours)."),
    click.option("--ascii/--no-ascii", "ascii", default=None, help="Draw with ASCII characters alone."),
)  # fmt: skip
_WRITE = click.option("--write", is_flag=True, default=None, help="Allow actions that change the cluster.")


def _gathering(*options: Decorator) -> Decorator:
    """A decorator that adds `options` and hands their values over as one `flags`."""
    names = {one.name for one in fields(Flags)}

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def gathered(*args: Any, **typed: Any) -> Any:
            flags = Flags(**{name: typed.pop(name) for name in names & typed.keys()})
            return function(*args, flags=flags, **typed)

        decorated: Callable[..., Any] = gathered
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


screen_flags = _gathering(_CLUSTER, *_VIEW, _WRITE, _CONFIG)
"""Everything that opens the console on a cluster."""

demo_flags = _gathering(*_VIEW, _WRITE, _CONFIG)
"""The same without a cluster."""

picture_flags = _gathering(_CLUSTER, *_VIEW, _CONFIG)
"""The same for one picture, which writes nothing."""

operation_flags = _gathering(
    _CLUSTER, click.option("-n", "--namespace", metavar="N", help="Namespace of the target."), _CONFIG
)
"""Where an operation's target is."""

walk_flags = _gathering(
    _CLUSTER,
    click.option("-n", "--namespace", metavar="N", help="Namespace of what the runbook is about."),
    click.option("-s", "--service", metavar="S", help="The service it is about."),
    _WRITE,
    _CONFIG,
)
"""Where a runbook is walked, and whether it may change anything."""

cluster_flags = _gathering(_CLUSTER, _CONFIG)
"""Only which cluster."""

file_flags = _gathering(_CONFIG)
"""Only which file."""
