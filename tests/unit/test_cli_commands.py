"""What each command hands to the parts it starts, and what it prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.commands import opsconsole
from opsconsole.cli.parts import Parts, PictureOrder, PracticeOrder
from opsconsole.cli.scenario_flags import DEFAULT_SCENARIO
from opsconsole.config.settings import Settings, ThemeName
from opsconsole.domain.errors import ConfigError
from opsconsole.practice.scenarios import SCENARIOS

CONFIG = '[clusters.prod]\nprometheus = "http://p:1"\n[clusters.qa]\njaeger = "http://j:1"\n'
TABLE = '[clusters.practice]\nnamespace = "shop"\nservice = "checkout"\nprometheus = "http://127.0.0.1:1"\n'


@dataclass
class Stage:
    """Parts that remember what they were asked for."""

    opened: list[Settings] = field(default_factory=list)
    pictures: list[tuple[Settings, PictureOrder]] = field(default_factory=list)
    practised: list[PracticeOrder] = field(default_factory=list)
    served: list[PracticeOrder] = field(default_factory=list)
    running: int = 0
    prepared: int = 0
    fails: bool = False

    def prepare(self) -> None:
        self.prepared += 1

    def open(self, settings: Settings) -> int:
        self.opened.append(settings)
        if self.fails:
            raise ConfigError("no terminal")
        return 0

    def picture(self, settings: Settings, order: PictureOrder) -> str:
        self.pictures.append((settings, order))
        return "the screen"

    @contextmanager
    def practice(self, order: PracticeOrder) -> Iterator[str]:
        self.practised.append(order)
        self.running += 1
        try:
            yield TABLE
        finally:
            self.running -= 1

    def serve(self, order: PracticeOrder) -> int:
        self.served.append(order)
        return 0

    def parts(self) -> Parts:
        return Parts(
            prepare_screen=self.prepare,
            open_console=self.open,
            take_picture=self.picture,
            practice=self.practice,
            serve_practice=self.serve,
        )


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG)
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(file))
    monkeypatch.chdir(tmp_path)
    return Stage()


def call(stage: Stage, *arguments: str) -> Result:
    return CliRunner().invoke(opsconsole, arguments, obj=stage.parts(), standalone_mode=False)


def test_the_console_opens_on_the_cluster_and_view_that_were_typed(stage: Stage) -> None:
    call(
        stage,
        "--cluster",
        "prod",
        "-n",
        "shop",
        "-s",
        "checkout",
        "--since",
        "3h",
        "--write",
        "--theme",
        "light",
        "--ascii",
    )
    (settings,) = stage.opened
    assert (settings.cluster.name, settings.namespace, settings.service) == ("prod", "shop", "checkout")
    assert (settings.since, settings.theme, settings.ascii_only, settings.write) == (
        10_800.0,
        ThemeName.LIGHT,
        True,
        True,
    )


def test_the_console_is_read_only_unless_asked(stage: Stage) -> None:
    call(stage, "--cluster", "prod")
    assert not stage.opened[0].write


def test_an_unknown_cluster_is_a_configuration_error(stage: Stage) -> None:
    result = call(stage, "--cluster", "prdo")
    assert isinstance(result.exception, ConfigError)
    assert "--cluster: there is no cluster 'prdo'; did you mean \"prod\"?" in str(result.exception)


def test_a_bad_keymap_is_refused_before_the_screen_opens(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[keys]\nfrieze = "space"\n' + CONFIG)
    result = call(stage, "--cluster", "prod")
    assert "keys.frieze" in str(result.exception)
    assert not stage.opened


def test_flags_before_a_command_count_for_it_and_its_own_outrank_them(stage: Stage) -> None:
    call(stage, "--cluster", "qa", "--since", "2h", "snapshot", "--cluster", "prod")
    ((settings, _),) = stage.pictures
    assert (settings.cluster.name, settings.since) == ("prod", 7200.0)


def test_a_snapshot_is_ordered_as_typed_and_printed(stage: Stage) -> None:
    result = call(
        stage, "snapshot", "--cluster", "prod", "--size", "80x24", "--wait", "1m", "--format", "json", "--full", "logs"
    )
    assert stage.pictures[0][1] == PictureOrder((80, 24), 60.0, "json", "logs")
    assert result.output == "the screen\n"


def test_a_snapshot_goes_to_a_private_file(stage: Stage, tmp_path: Path) -> None:
    result = call(stage, "snapshot", "--cluster", "prod", "--output", "screen.txt")
    assert result.output == ""
    assert (tmp_path / "screen.txt").read_text() == "the screen"
    assert (tmp_path / "screen.txt").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--size", "big"), "--size: write columns and rows such as 120x40"),
        (("--size", "0x0"), "--size:"),
        (("--wait", "soon"), "--wait: 'soon' is not a duration"),
        (("--full", "log"), "--full: 'log' is no pane, did you mean \"logs\"?"),
        (("--output", "/nowhere/at/all"), "--output: can't write"),
    ],
)
def test_a_snapshot_that_was_ordered_wrongly_says_what_to_write(
    stage: Stage, arguments: tuple[str, ...], words: str
) -> None:
    assert words in str(call(stage, "snapshot", "--cluster", "prod", *arguments).exception)


def test_the_demo_opens_on_the_practice_cluster_with_its_service_and_ends_it(stage: Stage) -> None:
    call(stage, "demo", "--seed", "7", "--theme", "ansi")
    assert stage.practised == [PracticeOrder("bad-release", 7)]
    (settings,) = stage.opened
    assert (settings.cluster.name, settings.namespace, settings.service) == ("practice", "shop", "checkout")
    assert settings.theme is ThemeName.ANSI
    assert stage.running == 0


def test_the_demo_keeps_its_incidents_beside_the_real_ones(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    call(stage, "demo")
    assert stage.opened[0].incidents.store == tmp_path / "state" / "opsconsole" / "practice" / "incidents.db"


def test_the_demo_ends_its_cluster_when_the_console_fails(stage: Stage) -> None:
    stage.fails = True
    assert isinstance(call(stage, "demo").exception, ConfigError)
    assert stage.running == 0


def test_the_demo_keeps_its_own_service_against_the_file_but_not_against_a_flag(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('service = "mine"\n' + CONFIG)
    call(stage, "demo")
    call(stage, "demo", "--service", "orders")
    assert [settings.service for settings in stage.opened] == ["checkout", "orders"]


def test_the_demo_needs_no_configuration(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPSCONSOLE_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    call(stage, "demo")
    assert stage.opened[0].cluster.name == "practice"


def test_the_demo_refuses_a_cluster_and_names_the_nearest_scenario(stage: Stage) -> None:
    assert "brings its own cluster" in str(call(stage, "--cluster", "prod", "demo").exception)
    assert 'did you mean "gc-surge"?' in str(call(stage, "demo", "--scenario", "gc-sruge").exception)
    assert not stage.practised


def test_practice_serve_hands_its_order_on(stage: Stage) -> None:
    call(stage, "practice", "serve", "--scenario", "healthy", "--seed", "3", "--port-base", "19000")
    assert stage.served == [PracticeOrder("healthy", 3, 19_000)]


def test_practice_list_names_every_scenario_and_keeps_the_truth_back(stage: Stage) -> None:
    plain, spoilt = call(stage, "practice", "list").output, call(stage, "practice", "list", "--spoil").output
    hidden = json.loads(call(stage, "practice", "list", "--json").output)
    told = json.loads(call(stage, "practice", "list", "--json", "--spoil").output)
    assert DEFAULT_SCENARIO in {one.id for one in SCENARIOS}
    assert [one["id"] for one in hidden["scenarios"]] == [one.id for one in SCENARIOS]
    assert all(set(one) == {"id", "title"} for one in hidden["scenarios"])
    for scenario, entry in zip(SCENARIOS, told["scenarios"], strict=True):
        assert re.search(rf"^{scenario.id} ", plain, re.MULTILINE)
        if scenario.truth is not None:
            assert scenario.truth.cause not in plain
            assert scenario.truth.cause in spoilt
            assert entry["truth"]["healing"] == scenario.truth.healing


def test_config_show_names_the_layer_of_every_value(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSCONSOLE_REFRESH", "5")
    output = call(stage, "config", "show", "--since", "3h").output
    assert re.search(r"^since +10800 s +flag +--since$", output, re.MULTILINE)
    assert re.search(r"^refresh +5 s +environment +OPSCONSOLE_REFRESH$", output, re.MULTILINE)
    assert re.search(r"^clusters\.prod\.prometheus\.url +http://p:1 +file +.*config\.toml: ", output, re.MULTILINE)
    assert re.search(r"^theme +dark +default$", output, re.MULTILINE)


def test_config_show_speaks_json_too(stage: Stage) -> None:
    shown = json.loads(call(stage, "config", "show", "--json").output)
    assert shown["schema"] == "opsconsole.config/1"
    assert {"key": "ascii", "value": False, "layer": "default", "place": ""} in shown["values"]


def test_config_path_and_init_follow_the_flag_and_the_variable(stage: Stage, tmp_path: Path) -> None:
    assert call(stage, "config", "path").output == f"{tmp_path}/config.toml\n"
    assert call(stage, "config", "path", "--config", "other.toml").output == f"{tmp_path}/other.toml\n"
    call(stage, "config", "init", "--config", "other.toml")
    assert (tmp_path / "other.toml").stat().st_mode & 0o777 == 0o600
    assert "left as it is" in str(call(stage, "config", "init").exception)
    assert (tmp_path / "config.toml").read_text() == CONFIG


def test_config_path_works_when_the_file_is_broken(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("= broken")
    assert call(stage, "config", "path").output == f"{tmp_path}/config.toml\n"


def every_command(command: click.Command, name: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield name
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from every_command(found, (*name, below))


@pytest.mark.parametrize("name", list(every_command(opsconsole)), ids=" ".join)
def test_every_command_has_help_and_leaves_have_examples(stage: Stage, name: tuple[str, ...]) -> None:
    output = call(stage, *name, "--help").output
    assert output.startswith(f"Usage: {' '.join(('opsconsole', *name))}") or "Usage: " in output
    if name not in {("audit",), ("config",), ("incident",), ("log-level",), ("practice",), ("runbook",)}:
        assert "Examples:" in output
        assert f"opsconsole {' '.join(name)}".strip() in output


def test_short_help_is_whole(stage: Stage) -> None:
    assert "..." not in call(stage, "--help").output.split("Commands:")[1].split("Examples:")[0]
