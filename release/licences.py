"""Hold the licences of a bill of materials (CycloneDX, JSON) against those that go with Apache-2.0.

    python release/licences.py build/release/opsconsole.cdx.json

Ends with 1 and names each component whose licence is not on the list, or is not known.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

COMPATIBLE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "MIT",
        "MPL-2.0",  # its duties end at its own files, which are shipped as they are
        "PSF-2.0",
        "Python-2.0",
        "Zlib",
        # As classifiers have it.
        "License :: OSI Approved :: Apache Software License",
        "License :: OSI Approved :: BSD License",
        "License :: OSI Approved :: ISC License (ISCL)",
        "License :: OSI Approved :: MIT License",
        "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
        "License :: OSI Approved :: Python Software Foundation License",
    }
)
"""Licences of dependencies that may be shipped beside a program under Apache-2.0: SPDX ids, and classifiers."""

READ_BY_A_PERSON: Mapping[str, tuple[str, str]] = {
    "apsw": ("Zlib", "Permission is granted to anyone to use this software for any purpose"),
    "promql-parser": ("MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"),
}
"""Packages whose metadata name no licence: what their licence file is, and a sentence by which it was told."""


def refused(bill: Mapping[str, Any]) -> Iterator[str]:
    """A line for each component of `bill` whose licence is not known to be compatible."""
    for component in bill["components"]:
        name = component["name"].lower().replace("_", "-")
        stated = list(_stated(component))
        if name in READ_BY_A_PERSON:
            stated = [READ_BY_A_PERSON[name][0]]
        if not stated:
            yield f"{name} {component['version']}: no licence is stated"
        yield from (f"{name} {component['version']}: {one}" for one in stated if not is_compatible(one))


def is_compatible(expression: str) -> bool:
    """Whether an SPDX expression, or a classifier, can be met with licences of the list alone.

    One with parentheses is for a person to read.
    """
    if expression in COMPATIBLE:
        return True
    ways = expression.split(" OR ") if "(" not in expression else []
    return any(all(one in COMPATIBLE for one in way.split(" AND ")) for way in ways)


def _stated(component: Mapping[str, Any]) -> Iterator[str]:
    for entry in component.get("licenses") or ():
        licence = entry.get("license") or {}
        yield entry.get("expression") or licence.get("id") or licence.get("name") or ""


def main() -> int:
    """Read the bill named on the command line and say what is refused."""
    bill = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = list(refused(bill))
    sys.stdout.writelines(f"{line}\n" for line in found)
    if not found:
        sys.stdout.write(f"{len(bill['components'])} components, all of them under compatible licences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
