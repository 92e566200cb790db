from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from servers.debian import binary

pytestmark = pytest.mark.real

RULES = Path(__file__).resolve().parents[2] / "docs" / "rules"
RULE_TESTS = Path(__file__).parent / "rules"


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([binary("promtool"), *arguments], capture_output=True, text=True, check=False)


def test_prometheus_accepts_the_shipped_rules() -> None:
    checked = promtool("check", "rules", *sorted(RULES.glob("*.rules.yml")))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("rules", sorted(RULES.glob("*.rules.yml")), ids=lambda path: path.name)
def test_shipped_rules_fire_when_they_should_and_only_then(rules: Path) -> None:
    told = promtool("test", "rules", RULE_TESTS / rules.name.replace(".rules.", ".test."))
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("rules", sorted(RULES.glob("*.rules.yml")), ids=lambda path: path.name)
def test_each_alert_says_how_bad_what_and_where_to_read_on(rules: Path) -> None:
    for group in yaml.safe_load(rules.read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"critical", "warning", "info"}
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["runbook_url"].startswith("https://")
