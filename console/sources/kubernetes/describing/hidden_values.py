"""What is left out of a specification before it is shown.

A screen is shared in an incident, copied into a record, read over a shoulder. Passwords belong into Secrets, but are
found in plain values all the same: in environment variables, in arguments, in URLs, and once more in the copy of the
specification that `kubectl apply` leaves in an annotation.
"""

from __future__ import annotations

import re

from opsconsole.domain.secret_shapes import HIDDEN, looks_secret, without_passwords

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_FLAG = re.compile(r"(?P<flag>-{1,2}[\w.-]+)(?P<rest>=.*)?", re.DOTALL)


def plain_value(name: str, value: str) -> str:
    """`value` of the variable `name`, or what stands in for it; passwords in URLs are taken out in any case."""
    if value and looks_secret(name):
        return HIDDEN
    return without_passwords(value)


def plain_arguments(arguments: list[str]) -> list[str]:
    """A command line with the values of secret-looking flags hidden, in either form: `--token=x`, `--token x`."""
    shown: list[str] = []
    hides_next = False
    for argument in arguments:
        if hides_next and not argument.startswith("-"):
            shown.append(HIDDEN)
            hides_next = False
            continue
        found = _FLAG.fullmatch(argument)
        hides_next = found is not None and found["rest"] is None and looks_secret(found["flag"])
        if found is not None and found["rest"] and looks_secret(found["flag"]):
            shown.append(f"{found['flag']}={HIDDEN}")
        else:
            shown.append(plain_value("", argument))
    return shown


def without_secrets(value: object) -> object:
    """A copy of a specification (decoded JSON) without what `plain_value` and `plain_arguments` hide.

    The value of `last-applied-configuration` is hidden as a whole: it repeats all of it in one string.
    """
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {key: without_secrets(item) for key, item in value.items()}
    name, plain = value.get("name"), value.get("value")
    if isinstance(name, str) and isinstance(plain, str):
        shown["value"] = plain_value(name, plain)
    for key in ("command", "args"):
        arguments = value.get(key)
        if isinstance(arguments, list) and all(isinstance(one, str) for one in arguments):
            shown[key] = plain_arguments(arguments)
    if LAST_APPLIED in value:
        shown[LAST_APPLIED] = HIDDEN
    return shown
