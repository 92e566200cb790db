"""`opsconsole incident sync` where there is nothing to exchange with."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from opsconsole.cli.commands import opsconsole
from opsconsole.domain.errors import ConfigError


def test_a_cluster_without_a_team_says_what_to_configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    config = tmp_path / "config.toml"
    config.write_text('[clusters.prod]\nprometheus = "http://127.0.0.1:9"\n')
    arguments = ("incident", "sync", "--config", str(config))
    result = CliRunner().invoke(opsconsole, arguments, standalone_mode=False)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception) == "incidents of prod are not shared; set `index` in [clusters.prod.incidents]"
    assert list(tmp_path.glob("**/*.db")) == []
