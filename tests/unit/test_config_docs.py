"""`docs/configuration.md` against the code: its examples load, and it knows every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opsconsole.actions import with_keymap
from opsconsole.cli.flags import Flags
from opsconsole.config.configuration import load
from opsconsole.config.environment import entries_of_variables
from opsconsole.config.layers import Layer
from opsconsole.config.settings import PRODUCTION
from opsconsole.config.shapes import shapes_of
from opsconsole.config.tables import (
    AuthTable,
    ClusterTable,
    ElasticsearchTable,
    FieldsTable,
    FileTable,
    IncidentsTable,
    KubernetesTable,
    LogLevelsTable,
    NotificationTable,
    PanelTable,
    SharedIncidentsTable,
    Table,
    ThresholdTable,
    YAxisTable,
)

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_example_loads(tmp_path: Path, block: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(block, encoding="utf-8")
    configuration = load({}, tmp_path, Flags().entries(), file=file)
    assert configuration.settings().cluster.name in ("prod", "staging")
    with_keymap(configuration.keymap())


def keys_in(heading: str, first_column: str = "key") -> set[str]:
    """The keys of the table below `heading` whose first column is called `first_column`."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = section.split(f"| {first_column} |")[1].split("\n\n")[0].splitlines()[2:]
    return {match[1] for row in rows if (match := re.match(r"\| `(\w+)`", row))}


@pytest.mark.parametrize(
    ("documented", "tables"),
    [
        (keys_in("General keys"), (FileTable,)),
        (keys_in("Clusters"), (ClusterTable,)),
        (keys_in("Sources"), (ElasticsearchTable, KubernetesTable)),
        (keys_in("Fields of log lines", "key of `fields`"), (FieldsTable,)),
        (keys_in("Secrets", "key of `auth`"), (AuthTable,)),
        (keys_in("Panels"), (PanelTable,)),
        (keys_in("Log levels"), (LogLevelsTable,)),
        (keys_in("Incidents"), (IncidentsTable,)),
        (keys_in("Incidents", "key of a cluster's `incidents`"), (SharedIncidentsTable,)),
        (keys_in("Incidents", "key of a notification"), (NotificationTable,)),
        (keys_in("Panels", "key of a threshold"), (ThresholdTable,)),
        (keys_in("Panels", "key of `y_axis`"), (YAxisTable,)),
    ],
)
def test_the_page_lists_exactly_the_keys_there_are(documented: set[str], tables: tuple[type[Table], ...]) -> None:
    assert documented == {key for table in tables for key in shapes_of(table)}


def test_the_variables_on_the_page_are_read(tmp_path: Path) -> None:
    block = re.findall(r"```sh\n(OPSCONSOLE.*?)```", PAGE, re.DOTALL)[0]
    variables = dict(line.split("=", 1) for line in block.splitlines())
    entries = entries_of_variables(variables, Layer.ENVIRONMENT, ["eu-west"], tmp_path)
    assert entries["clusters", "eu-west", "kubernetes", "namespaces"].value == ("shop", "payments")
    assert len(entries) == len(variables)


def test_every_key_stands_in_some_example() -> None:
    examples = "\n".join(BLOCKS)
    tables = (
        ElasticsearchTable,
        FieldsTable,
        KubernetesTable,
        LogLevelsTable,
        PanelTable,
        ThresholdTable,
        YAxisTable,
        IncidentsTable,
        SharedIncidentsTable,
        NotificationTable,
    )
    for table in (FileTable, ClusterTable, *tables):
        for key in shapes_of(table):
            assert re.search(rf"\b{key}\b", examples), key


def test_the_page_names_every_environment_in_which_the_name_is_typed() -> None:
    (line,) = (line for line in PAGE.splitlines() if line.startswith("| `environment` |"))
    assert set(re.findall(r"`(\w+)`", line)) - {"environment"} == PRODUCTION
