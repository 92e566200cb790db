"""What the shell offers for a flag's value."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem


def _starting(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def clusters(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Clusters of the configuration; none when it can't be read, for a prompt is no place to complain."""
    from opsconsole.config.configuration import load  # noqa: PLC0415
    from opsconsole.domain.errors import ConfigError  # noqa: PLC0415

    file = ctx.params.get("config")
    try:
        found = load(os.environ, Path.cwd(), file=Path(file) if file else None).clusters
    except ConfigError:
        return []
    return _starting(incomplete, sorted(found))


def themes(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The themes."""
    from opsconsole.config.settings import ThemeName  # noqa: PLC0415

    return _starting(incomplete, (theme.value for theme in ThemeName))


def panes(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The panes."""
    from opsconsole.actions import LIVE_PANES  # noqa: PLC0415

    return _starting(incomplete, (pane.value for pane in LIVE_PANES))


def scenarios(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The practice cluster's scenarios with their titles, which zsh and fish show."""
    from opsconsole.practice.scenarios import SCENARIOS  # noqa: PLC0415

    return [CompletionItem(one.id, help=one.title) for one in SCENARIOS if one.id.startswith(incomplete)]
