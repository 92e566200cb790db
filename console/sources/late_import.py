"""Importing the backends' client packages when they are first needed, one at a time.

They take a tenth to a quarter of a second each, so start-up must not pay for them. Threads that
import packages with common parts at once can meet in a deadlock of Python's import locks.
"""

from __future__ import annotations

import threading
from importlib import import_module
from types import ModuleType

_ONE_AT_A_TIME = threading.Lock()


def late_import(module: str) -> ModuleType:
    """The module called `module`, imported now if nobody has yet."""
    with _ONE_AT_A_TIME:
        return import_module(module)
