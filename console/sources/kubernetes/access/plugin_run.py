"""Running a credential plugin: by itself, without a terminal and bounded in time; or watched by a person."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from opsconsole.domain.errors import SourceError
from opsconsole.domain.known_secrets import KnownSecrets
from opsconsole.domain.secret_shapes import secret_variables, without_secrets
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.access.plugin import Plugin
from opsconsole.sources.kubernetes.access.refusals import WORDS_LIMIT, unsigned, unusable

TIME_LIMIT = 30.0
"""Seconds a plugin gets when nobody watches it."""

SIGN_IN = "sign in with `opsconsole login`, or with the console's log-in action"


async def run_unwatched(plugin: Plugin, environ: Mapping[str, str], limit: float = TIME_LIMIT) -> bytes:
    """What the plugin prints. It has no terminal: stdin is empty, and it runs in a session of its own.

    Cancelling, or `limit` seconds, kill it with everything it started. Raises `SourceError`.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *plugin.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=plugin.environment(environ, interactive=False),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise _not_started(plugin, error) from error
    try:
        async with asyncio.timeout(limit):
            output, words = await process.communicate()
    except TimeoutError as error:
        raise unsigned(f"the credential program {plugin.name} did not end within {limit:g} s", SIGN_IN) from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        raise _failed(plugin, process.returncode, words)
    return output


def run_watched(plugin: Plugin, environ: Mapping[str, str]) -> bytes:
    """What the plugin prints on stdout, while it has this process' terminal for everything else.

    Blocks until it ends, for as long as a person takes; nothing else may draw meanwhile. Raises `SourceError`.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise unusable("signing in needs a terminal", "run it where stdin and stderr are one (ssh -t)")
    try:
        done = subprocess.run(  # noqa: S603  - on the allow-list, and without a shell
            (plugin.command, *plugin.arguments),
            stdout=subprocess.PIPE,
            env=plugin.environment(environ, interactive=True),
            check=False,
        )
    except (OSError, ValueError) as error:
        raise _not_started(plugin, error) from error
    if done.returncode:
        raise _failed(plugin, done.returncode, b"")
    return done.stdout


def _not_started(plugin: Plugin, error: Exception) -> SourceError:
    words = getattr(error, "strerror", None) or type(error).__name__
    return unusable(f"the credential program {plugin.command} can't be started ({words})", f"check {plugin.command}")


def _failed(plugin: Plugin, status: int, words: bytes) -> SourceError:
    """The error with the end of what the plugin said, where its reason stands."""
    how = f"was ended by signal {-status}" if status < 0 else f"ended with exit code {status}"
    said = " ".join(words.decode("utf-8", "replace").split())
    # No plugin should print what it issues, or what it was given, on stderr; some do.
    said = without_secrets(said, KnownSecrets.of(secret_variables(plugin.variables)))
    kept = said if len(said) <= WORDS_LIMIT - 100 else f"…{said[100 - WORDS_LIMIT :]}"
    return unsigned(f"the credential program {plugin.name} {how}{f': {safe_text(kept)}' if kept else ''}", SIGN_IN)
