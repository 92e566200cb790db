"""Signing in from the screen: the credential program gets the terminal, then the panes fill."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from opsconsole.practice.process import PracticeProcess
from tmux_screen import OPSCONSOLE, tmux

pytestmark = [pytest.mark.terminal, pytest.mark.xdist_group("terminal")]

_PROGRAM = """#!{python}
import json, sys
print("one-time word: ", end="", file=sys.stderr, flush=True)
word = input()
token = "practice" if word == "sesame" else ""
print(json.dumps({{
    "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {{"token": token}},
}}))
"""


def _kubeconfig(folder: Path, server: str) -> Path:
    """A kubeconfig whose user signs in by a program that asks a person."""
    program = folder / "ask-me"
    program.write_text(_PROGRAM.format(python=sys.executable))
    program.chmod(0o700)
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(program),
        "interactiveMode": "Always",
    }
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "shop",
                "contexts": [{"name": "shop", "context": {"cluster": "shop", "user": "me"}}],
                "clusters": [{"name": "shop", "cluster": {"server": server}}],
                "users": [{"name": "me", "user": {"exec": plugin}}],
            }
        )
    )
    return path


def test_a_program_that_asks_a_person_gets_the_terminal_and_the_pods_appear(tmp_path: Path) -> None:
    with PracticeProcess("healthy", seed=1) as table:
        (cluster,) = tomllib.loads(table)["clusters"].values()
        told = cluster["kubernetes"]
        server = told if isinstance(told, str) else told["url"]
        with tmux(_command(tmp_path, _kubeconfig(tmp_path, server)), 120, 40) as screen:
            screen.shows("5 Pods", "sign")
            screen.press("L")
            screen.shows("one-time word:")
            screen.press("sesame", "Enter")
            screen.shows("checkout-", "S✔")


def test_a_program_that_fails_gives_the_terminal_back_and_the_console_says_so(tmp_path: Path) -> None:
    with tmux(_command(tmp_path, _kubeconfig(tmp_path, "http://127.0.0.1:1")), 120, 40) as screen:
        screen.shows("5 Pods", "sign")
        screen.press("L")
        screen.shows("one-time word:")
        screen.press("wrong", "Enter")
        screen.shows("5 Pods", "ask-me")
        screen.press("?")
        screen.shows("Everywhere")


def test_where_there_is_nothing_to_sign_in_to_the_key_says_so_and_the_next_key_is_answered(tmp_path: Path) -> None:
    with tmux(f"env HOME={tmp_path} LANG=C.UTF-8 {OPSCONSOLE} demo --scenario healthy", 120, 40) as screen:
        screen.shows("5 Pods", "checkout-")
        screen.press("L")
        screen.shows("credentials")
        screen.press("?")
        screen.shows("Everywhere")


def _command(folder: Path, kubeconfig: Path) -> str:
    config = folder / "config.toml"
    config.write_text(
        f'[clusters.shop.kubernetes]\nkubeconfig = "{kubeconfig}"\nexec_plugins = ["{folder / "ask-me"}"]\n'
    )
    config.chmod(0o600)
    return f"env HOME={folder} LANG=C.UTF-8 OPSCONSOLE_CONFIG={config} {OPSCONSOLE}"
