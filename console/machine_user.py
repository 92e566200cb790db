"""Who uses this machine."""

from __future__ import annotations

import os
import platform
import pwd

from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text


def operator() -> SafeText:
    """The user of this machine, `name@host`, as the system knows them whatever the environment says."""
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:  # a container may run under a number that no one has
        name = f"uid {user}"
    return safe_text(f"{name}@{platform.node()}", 200)
