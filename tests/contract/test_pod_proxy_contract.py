"""`pods/proxy` and the log level handler behind it, on the practice cluster and a real one."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from servers.kubernetes_stage import Stage


@pytest.fixture
def handler(kubernetes_api: Stage) -> Iterator[str]:
    """The address of the handler in a pod of `orders`, whose level is info before and after."""
    path = f"{kubernetes_api.core}/pods/{kubernetes_api.pod('orders')}/proxy/level"
    yield path
    assert kubernetes_api.api.put(path, json={"level": "info"}).status_code == 200


def first_port(stage: Stage, pod: str) -> int:
    port: int = stage.get(f"{stage.core}/pods/{pod}")["spec"]["containers"][0]["ports"][0]["containerPort"]
    return port


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


def test_a_level_is_told_and_set(kubernetes_api: Stage, handler: str) -> None:
    api = kubernetes_api.api
    told = api.get(handler)
    assert (told.status_code, told.text) == (200, '{"level":"info"}\n')
    assert told.headers["content-type"].startswith("text/plain")
    changed = api.put(handler, json={"level": "debug"})
    assert (changed.status_code, changed.text) == (200, '{"level":"debug"}\n')
    assert api.get(handler).json() == {"level": "debug"}


def test_without_a_port_the_first_of_the_pod_is_meant(kubernetes_api: Stage, handler: str) -> None:
    name = handler.split("/")[-3]
    port = first_port(kubernetes_api, name)
    kubernetes_api.api.put(handler, json={"level": "warn"})
    named = handler.replace(name, f"{name}:{port}")
    assert kubernetes_api.api.get(named).json() == {"level": "warn"}


@pytest.mark.parametrize(
    ("body", "words"), [({"level": "loud"}, 'unrecognized level: "loud"'), ({}, "must specify logging level")]
)
def test_what_is_no_level_is_refused_by_the_process(
    kubernetes_api: Stage, handler: str, body: dict[str, str], words: str
) -> None:
    answer = kubernetes_api.api.put(handler, json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert kubernetes_api.api.get(handler).json() == {"level": "info"}


def test_an_empty_level_is_info(kubernetes_api: Stage, handler: str) -> None:
    kubernetes_api.api.put(handler, json={"level": "warn"})
    assert kubernetes_api.api.put(handler, json={"level": ""}).json() == {"level": "info"}


def test_other_methods_are_refused_by_the_process(kubernetes_api: Stage, handler: str) -> None:
    answer = kubernetes_api.api.delete(handler)
    assert (answer.status_code, answer.json()) == (405, {"error": "Only GET and PUT are supported."})


def test_another_path_is_not_there(kubernetes_api: Stage, handler: str) -> None:
    answer = kubernetes_api.api.get(f"{handler}-of-what")
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


def test_a_port_on_which_nobody_listens_is_an_answer_of_the_server(kubernetes_api: Stage, handler: str) -> None:
    name = handler.split("/")[-3]
    answer = kubernetes_api.api.get(handler.replace(name, f"{name}:9"))
    code, words = said(answer)
    assert (code, answer.json()["kind"], answer.json()["reason"]) == (503, "Status", "ServiceUnavailable")
    assert words.startswith("error trying to reach service: dial tcp ")
    assert words.endswith(":9: connect: connection refused")


def test_a_pod_that_is_not_there_is_not_found(kubernetes_api: Stage) -> None:
    answer = kubernetes_api.api.get(f"{kubernetes_api.core}/pods/nobody:8080/proxy/level")
    assert said(answer) == (404, 'pods "nobody" not found')


@pytest.mark.parametrize(("method", "verb"), [("GET", "get"), ("PUT", "update")])
def test_reading_needs_the_right_to_get_and_setting_to_update(
    kubernetes_api: Stage, handler: str, method: str, verb: str
) -> None:
    name = handler.split("/")[-3]
    answer = kubernetes_api.reader.request(method, handler.replace(name, f"{name}:8080"), json={"level": "debug"})
    code, words = said(answer)
    assert code == 403
    assert words == (
        f'pods "{name}:8080" is forbidden: User "viewer" cannot {verb} resource "pods/proxy" '
        f'in API group "" in the namespace "{kubernetes_api.namespace}"'
    )
