"""How pod templates are compared, and what of them is never shown."""

from __future__ import annotations

from typing import Any

import pytest

from opsconsole.operations.template_diff import CHANGES_KEPT, images_of, same_template, template_changes, without_hash


def template(*, labels: dict[str, str] | None = None, annotations: Any = None, **container: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"labels": {"app": "checkout", **(labels or {})}}
    if annotations is not None:
        metadata["annotations"] = annotations
    return {"metadata": metadata, "spec": {"containers": [{"name": "app", "image": "checkout:1", **container}]}}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(str(one.path), str(one.before), str(one.after)) for one in template_changes(before, after)]


def env(**values: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, **(value if isinstance(value, dict) else {"value": value})} for name, value in values.items()
    ]


def test_equal_templates_differ_in_nothing_whatever_their_hash() -> None:
    before, after = template(labels={"pod-template-hash": "a"}), template(labels={"pod-template-hash": "b"})
    assert same_template(before, after)
    assert told(before, after) == []
    assert without_hash(before) == template()
    assert not same_template(before, template(image="checkout:2"))


def test_nulls_and_empty_parts_of_an_older_server_are_no_difference() -> None:
    older = template(resources={})
    older["metadata"]["creationTimestamp"] = None
    assert same_template({"$patch": "replace", **older}, template())


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"image": "a:1"}, {"image": "a:2"}, ("containers[app].image", "a:1", "a:2")),
        (
            {"resources": {"limits": {"memory": "128Mi"}}},
            {"resources": {"limits": {"memory": "64Mi"}}},
            ("containers[app].resources.limits.memory", "128Mi", "64Mi"),
        ),
        ({"env": env(LEVEL="info")}, {"env": env(LEVEL="debug")}, ("containers[app].env[LEVEL]", "info", "debug")),
        ({"env": env(LEVEL="info")}, {}, ("containers[app].env[LEVEL]", "info", "")),
        (
            {"readinessProbe": {"httpGet": {"path": "/a", "port": 80}}},
            {"readinessProbe": {"httpGet": {"path": "/b", "port": 80}}},
            ("containers[app].readinessProbe.httpGet.path", "/a", "/b"),
        ),
        ({"command": ["run", "-v"]}, {"command": ["run"]}, ("containers[app].command", "run -v", "run")),
        (
            {"env": env(A={"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}})},
            {"env": env(A={"valueFrom": {"configMapKeyRef": {"name": "d", "key": "k"}}})},
            ("containers[app].env[A]", "from config map c, key k", "from config map d, key k"),
        ),
    ],
)
def test_a_change_is_told_by_the_path_of_its_field(
    before: dict[str, Any], after: dict[str, Any], change: tuple[str, str, str]
) -> None:
    assert told(template(**before), template(**after)) == [change]


def test_members_are_compared_by_name_not_by_place() -> None:
    before, after = template(env=env(A="1", B="2")), template(env=env(B="2", A="1"))
    assert told(before, after) == []


def test_volumes_annotations_and_whole_containers_are_told_by_name() -> None:
    before, after = template(annotations={"a/b": "1"}), template(annotations={"a/b": "2"})
    before["spec"]["volumes"] = [{"name": "cache", "emptyDir": {}}]
    after["spec"]["containers"].append({"name": "sidecar", "image": "proxy:1"})
    assert told(before, after) == [
        ("containers[sidecar].image", "", "proxy:1"),
        ("volumes[cache].emptyDir", "{}", ""),
        ("annotations[a/b]", "1", "2"),
    ]


@pytest.mark.parametrize("name", ["DB_PASSWORD", "API_KEY", "apiToken", "SENTRY_DSN", "AUTH", "client_secret", "PWD"])
def test_a_value_whose_name_looks_secret_is_never_shown(name: str) -> None:
    changes = told(template(env=env(**{name: "hunter2"})), template(env=env(**{name: "hunter3"})))
    assert [path for path, _, _ in changes] == [f"containers[app].env[{name}]"]
    assert "hunter" not in repr(changes)
    assert changes[0][1] != changes[0][2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"env": env(URL="postgres://u:hunter2@db/shop")}, {"env": env(URL="postgres://u:hunter3@db/shop")}),
        ({"args": ["--token=hunter2"]}, {"args": ["--token=hunter3"]}),
        ({"args": ["--password", "hunter2"]}, {"args": ["--password", "hunter3"]}),
        ({"command": ["curl", "-H", "Authorization: Bearer hunter2"]}, {"command": ["curl"]}),
        (
            {"livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "hunter2"}]}}},
            {"livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "hunter3"}]}}},
        ),
    ],
)
def test_secrets_inside_other_values_are_not_shown(before: dict[str, Any], after: dict[str, Any]) -> None:
    changes = told(template(**before), template(**after))
    assert len(changes) == 1
    assert "hunter" not in repr(changes)
    assert changes[0][1] != changes[0][2]


def test_where_a_secret_comes_from_is_shown() -> None:
    reference = {"valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    changes = told(template(env=env(DB_PASSWORD="hunter2")), template(env=env(DB_PASSWORD=reference)))  # noqa: S106
    assert changes == [("containers[app].env[DB_PASSWORD]", "(hidden)", "from secret db, key password")]


def test_images_come_first_and_a_flood_of_changes_is_counted() -> None:
    many = {f"V{number}": str(number) for number in range(200)}
    changes = told(template(env=env(**many)), template(image="checkout:2"))
    assert changes[0][0] == "containers[app].image"
    assert len(changes) == CHANGES_KEPT + 1
    assert changes[-1][0] == f"… and {201 - CHANGES_KEPT} more fields"


def test_text_from_the_cluster_is_made_safe() -> None:
    assert told(template(), template(image="a\x1b[2J"))[0][2] == "a␛[2J"
    assert images_of(template(image="a\nb"))[0][1] == "a␊b"
