"""The rules for what runs with the repository's name on other people's machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
PINNED = re.compile(r"- uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
MAY_BE_WRITTEN = {
    "ci.yml": {},
    "release.yml": {
        "attest": {"attestations", "id-token"},
        "publish": {"id-token"},
        "release": {"contents"},
    },
}
"""Whatever a job may write; the rest reads, or has no right at all."""

every_workflow = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def read(path: Path) -> dict[str, Any]:
    """A workflow; YAML 1.1 reads its key `on` as true."""
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    workflow["on"] = workflow.pop(True)
    return workflow


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def test_there_are_rules_for_each_workflow() -> None:
    assert {path.name for path in FILES} == set(MAY_BE_WRITTEN)


@every_workflow
def test_every_action_is_pinned_to_a_commit_with_its_version_beside(path: Path) -> None:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


@every_workflow
def test_no_job_has_more_rights_than_it_needs(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        writes = {right for right, level in job["permissions"].items() if level == "write"}
        assert writes == MAY_BE_WRITTEN[path.name].get(name, set()), name
        assert set(job["permissions"].values()) <= {"read", "write"}


@every_workflow
def test_no_stranger_starts_it_with_rights_and_no_secret_is_there_to_take(path: Path) -> None:
    workflow = read(path)
    assert set(workflow["on"]) <= {"push", "pull_request"}
    assert "secrets." not in path.read_text(encoding="utf-8")
    assert all(
        step["with"]["persist-credentials"] is False for step in steps(workflow) if "checkout@" in step.get("uses", "")
    )


@every_workflow
def test_nothing_from_outside_is_put_into_a_script(path: Path) -> None:
    """An expression in `run` is pasted before the shell reads it; in `env` it stays a value."""
    assert [step["run"] for step in steps(read(path)) if "${{" in step.get("run", "")] == []


@every_workflow
def test_every_job_has_an_end(path: Path) -> None:
    assert all(0 < job["timeout-minutes"] <= 120 for job in read(path)["jobs"].values())


def test_a_release_is_built_from_the_lock_tried_audited_and_attested_before_it_is_published() -> None:
    jobs = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert [jobs[name].get("needs") for name in ("build", "attest", "publish", "release")] == [
        None, "build", "attest", "publish",
    ]  # fmt: skip
    commands = "\n".join(step.get("run", "") for step in jobs["build"]["steps"])
    wanted = (
        "uv lock --check", "make wheel", "make audit", "--python build/tried --require-hashes", "opsconsole --version",
        "opsconsole snapshot", "sha256sum",
    )  # fmt: skip
    places = [commands.find(one) for one in wanted]
    assert -1 not in places
    assert places == sorted(places)
    assert jobs["publish"]["environment"] == "pypi"
    assert any("attest-build-provenance@" in step.get("uses", "") for step in jobs["attest"]["steps"])
    assert all(
        "enable-cache" not in step.get("with", {}) or step["with"]["enable-cache"] is False
        for step in jobs["build"]["steps"]
    )


def test_the_pull_request_workflow_runs_what_contributing_names() -> None:
    (job,) = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"].values()
    assert any(".ci/run" in step.get("run", "") for step in job["steps"])
