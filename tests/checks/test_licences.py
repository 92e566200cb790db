"""The licences of what is shipped go with Apache-2.0; `release/licences.py` refuses the others."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locked_packages import ROOT, runtime

SCRIPT = ROOT / "release" / "licences.py"
INSTALLED = [
    pytest.param(importlib.metadata.distribution(name), id=name)
    for name in sorted(runtime(f"{sys.version_info[0]}.{sys.version_info[1]}", sys.platform))
]


def component(name: str, *licences: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "licenses": list(licences)}


def judged(tmp_path: Path, *components: dict[str, Any]) -> tuple[int, str]:
    """The exit code and the words of the script for a bill of these components."""
    bill = tmp_path / "bill.cdx.json"
    bill.write_text(json.dumps({"bomFormat": "CycloneDX", "components": components}), encoding="utf-8")
    done = subprocess.run([sys.executable, SCRIPT, bill], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def licences_of(one: importlib.metadata.Distribution) -> list[dict[str, Any]]:
    """What a package says of its licence, in the shape of CycloneDX."""
    for expression in one.metadata.get_all("License-Expression") or ():
        return [{"expression": expression}]
    named = [text for text in one.metadata.get_all("Classifier") or () if text.startswith("License ::")]
    if not named:
        named = one.metadata.get_all("License") or []
    return [{"license": {"name": text}} for text in named]


def test_all_that_is_shipped_may_be_shipped(tmp_path: Path) -> None:
    components = [component(param.values[0].name, *licences_of(param.values[0])) for param in INSTALLED]
    assert judged(tmp_path, *components) == (
        0,
        f"{len(components)} components, all of them under compatible licences\n",
    )


def test_others_are_refused_by_name(tmp_path: Path) -> None:
    code, words = judged(
        tmp_path,
        component("fine", {"expression": "MIT OR GPL-3.0-only"}),
        component("copyleft", {"license": {"id": "GPL-3.0-only"}}),
        component("both", {"expression": "MIT AND AGPL-3.0-only"}),
        component("nested", {"expression": "GPL-2.0-only AND (ISC OR MIT OR Zlib)"}),
        component("one-of-two", {"license": {"id": "MIT"}}, {"license": {"name": "Proprietary"}}),
        component("silent"),
    )
    assert code == 1
    assert words.splitlines() == [
        "copyleft 1.0: GPL-3.0-only",
        "both 1.0: MIT AND AGPL-3.0-only",
        "nested 1.0: GPL-2.0-only AND (ISC OR MIT OR Zlib)",
        "one-of-two 1.0: Proprietary",
        "silent 1.0: no licence is stated",
    ]


@pytest.mark.parametrize("name", ["apsw", "promql-parser"])
def test_a_licence_that_a_person_read_still_stands_in_the_package(name: str) -> None:
    known: dict[str, Any] = {}
    exec(compile(SCRIPT.read_text(encoding="utf-8"), SCRIPT, "exec"), known)  # noqa: S102  - a script beside the tests
    sentence = known["READ_BY_A_PERSON"][name][1]
    found = [file for file in importlib.metadata.files(name) or () if file.name == "LICENSE"]
    assert any(sentence in " ".join(file.read_text().split()) for file in found)
