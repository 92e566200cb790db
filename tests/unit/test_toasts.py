"""Toasts: one whose time is over while it is put on the screen does not hang the app."""

from __future__ import annotations

import subprocess
import sys
import time

from textual.message import Message
from textual.notifications import Notify

from opsconsole.app import OpsConsole
from opsconsole.toasts import SHORTEST, Toast, ToastingApp

OVER_AT_ANY_LOOK = """
import asyncio, itertools, time
from textual import notifications
from opsconsole.toasts import ToastingApp

async def told(over_at):
    looks = itertools.count()
    notifications.time = lambda: time.time() + (10 if next(looks) >= over_at else 0)
    async with ToastingApp().run_test(notifications=True) as pilot:
        pilot.app.notify("words", timeout=5)
        await pilot.pause()
        await pilot.pause()
    return next(looks)

over_at = 0
while asyncio.run(told(over_at)) > over_at:
    over_at += 1
assert over_at > 3
"""


def test_its_time_may_be_over_at_any_look_at_the_clock() -> None:
    subprocess.run([sys.executable, "-c", OVER_AT_ANY_LOOK], timeout=60, check=True)


def test_a_toast_on_its_way_to_the_screen_has_some_time_left_also_when_that_is_over() -> None:
    old = Toast("words", timeout=5, raised_at=time.time() - 5)
    assert old.has_expired
    assert old.time_left == SHORTEST
    young = Toast("words", timeout=5)
    assert not young.has_expired
    assert 0 < young.time_left <= 5


async def test_the_console_raises_such_toasts() -> None:
    assert issubclass(OpsConsole, ToastingApp)
    raised: list[Message] = []
    async with ToastingApp().run_test(message_hook=raised.append) as pilot:
        pilot.app.notify("words", title="t", severity="error", timeout=3, markup=False)
        await pilot.pause()
    (told,) = {id(one): one for one in raised if isinstance(one, Notify)}.values()
    toast = told.notification
    assert isinstance(toast, Toast)
    assert (toast.message, toast.title, toast.severity, toast.timeout, toast.markup) == (
        "words",
        "t",
        "error",
        3,
        False,
    )
