"""The keys that lead to the plan of a rolling restart."""

from __future__ import annotations

from links.terminals import Console

QUESTION = "y does it, Esc does not"
ARGUMENTS = ("--config", "c.toml", "--write", "-n", "shop", "-s", "checkout")
_END = b"\x1b[F"


def plan_a_restart(console: Console) -> None:
    """From the panes to the question of the plan, each key when what it is for can be seen."""
    console.shows("checkout-", "WRITE")
    # Once: typed again, they would narrow the list, and a second Enter would be on Cancel.
    console.terminal.type(b"5r")
    console.shows("restart all pods of the workload")
    console.types(_END, "Restart all pods of deployment shop/checkout")
    console.terminal.type(b"\r")
    console.shows(QUESTION)
