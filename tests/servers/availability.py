"""What happens when a real server can't be had: a skip at home, a failure in CI."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def in_ci() -> bool:
    """Whether a skipped real tier must fail the run: the variable CI is set and doesn't say no."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}


def unavailable(reason: str) -> NoReturn:
    """End the test: skipped with `reason` on a developer's machine, failed with it in CI."""
    if in_ci():
        pytest.fail(f"real server unavailable in CI: {reason}", pytrace=False)
    pytest.skip(reason)
