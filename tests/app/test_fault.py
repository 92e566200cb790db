"""A fault inside the screen reaches whoever opened it, and nothing of it the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from console_case import SETTINGS

from opsconsole.app import OpsConsole
from opsconsole.screens.headless import look
from opsconsole.sources.protocols import Sources

SECRET = "s3cr3t-in-a-local"  # noqa: S105  - looked for on the terminal


def failing() -> Sources:
    held = SECRET
    raise RuntimeError("it broke", len(held))


async def test_an_error_that_nobody_caught_ends_the_screen_and_is_raised_afterwards(
    capfd: pytest.CaptureFixture[str],
) -> None:
    app = OpsConsole(SETTINGS, failing)
    await app.run_async(headless=True, size=(120, 40))
    with pytest.raises(RuntimeError, match="it broke"):
        app.raise_fault()
    assert "".join(capfd.readouterr()) == ""


async def test_a_screen_that_was_left_has_no_fault() -> None:
    app = OpsConsole(SETTINGS, Sources)
    await app.run_async(headless=True, size=(120, 40), auto_pilot=lambda pilot: pilot.press("q"))
    app.raise_fault()


async def test_a_picture_that_can_not_be_taken_says_why() -> None:
    class Unready(Sources, frozen=True):
        def configured(self) -> tuple[()]:
            raise RuntimeError("not ready")

    with pytest.raises(RuntimeError, match="not ready"):
        await look(SETTINGS, Unready(), size=(120, 40), wait=1.0)


PROGRAM = f"""
import sys
import msgspec
from opsconsole.app import run
from opsconsole.cli.entry import main
from opsconsole.cli.parts import Parts

def opened(settings):
    wrong = msgspec.structs.replace(settings.cluster.jaeger, url="{SECRET}")
    cluster = msgspec.structs.replace(settings.cluster, jaeger=wrong)
    return run(msgspec.structs.replace(settings, cluster=cluster))

sys.exit(main(["--config", "c.toml"], Parts(open_console=opened)))
"""


@pytest.mark.parametrize("size", [(40, 120), (0, 0)], ids=["a usual terminal", "one that knows no size"])
def test_a_terminal_gets_one_sentence_and_no_local_variables(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "c.toml").write_text('[clusters.a]\njaeger = "http://127.0.0.1:9"\n')
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    with subprocess.Popen(
        (sys.executable, "-c", PROGRAM),
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm-256color"},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65_536):
                shown += part
        except OSError:  # the terminal's other end has closed
            pass
        os.close(ours)
    assert process.returncode == 2
    text = shown.decode()
    assert text.rstrip().splitlines()[-1].endswith("opsconsole: jaeger: its `url` is no URL; write http://host:port")
    assert SECRET not in text
    assert "Traceback" not in text
