"""Names of fields and the place of Kibana, as they are configured for a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.cli.flags import Flags
from opsconsole.config.configuration import Configuration, load
from opsconsole.config.inventory import values_in_force
from opsconsole.config.settings import ElasticsearchSettings
from opsconsole.domain.errors import ConfigError

BASE = '[clusters.prod.elasticsearch]\nurl = "http://es:9200"\n'


def loaded(folder: Path, more: str = "", environ: dict[str, str] | None = None, dotenv: str = "") -> Configuration:
    file = folder / "config.toml"
    file.write_text(BASE + more)
    (folder / ".env").write_text(dotenv)
    return load(environ or {}, folder, Flags().entries(), file=file)


def settings(configuration: Configuration) -> ElasticsearchSettings:
    made = configuration.settings().cluster.elasticsearch
    assert made is not None
    return made


def test_nothing_has_to_be_configured(tmp_path: Path) -> None:
    made = settings(loaded(tmp_path))
    assert (made.fields, made.kibana, made.kibana_data_view, made.kibana_space) == ({}, None, "", "")


def test_names_of_fields_are_lists_by_what_they_hold(tmp_path: Path) -> None:
    made = settings(
        loaded(tmp_path, '[clusters.prod.elasticsearch.fields]\nservice = ["svc.name", "app"]\nlevel = ["l"]\n')
    )
    assert made.fields == {"service": ("svc.name", "app"), "level": ("l",)}


def test_a_variable_sets_them_too_and_the_list_of_values_shows_them(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, environ={"OPSCONSOLE_CLUSTERS__PROD__ELASTICSEARCH__FIELDS__POD": "k8s.pod,pod"})
    assert settings(configuration).fields == {"pod": ("k8s.pod", "pod")}
    rows = {row.key: row for row in values_in_force(configuration)}
    assert rows["clusters.prod.elasticsearch.fields.pod"].shown == "k8s.pod, pod"


@pytest.mark.parametrize("name", ["svc.*", "a,b", "a b", "", "a^2", "a\\u0007"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"fields\.service.*names no field"):
        loaded(tmp_path, f'[clusters.prod.elasticsearch.fields]\nservice = ["{name}"]\n').settings()


def test_what_no_field_can_hold_is_refused_with_the_nearest_that_can(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="servce"):
        loaded(tmp_path, '[clusters.prod.elasticsearch.fields]\nservce = ["a"]\n').settings()


def test_kibana_is_an_address_with_a_data_view_and_a_space(tmp_path: Path) -> None:
    made = settings(loaded(tmp_path, 'kibana = "https://kibana/base/"\nkibana_data_view = "v"\nkibana_space = "s"\n'))
    assert (made.kibana, made.kibana_data_view, made.kibana_space) == ("https://kibana/base", "v", "s")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://kibana", "kibana", "https://u:p@kibana", "https://k/?a=b"]
)
def test_a_link_leads_nowhere_but_to_a_web_address_without_credentials(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="kibana"):
        loaded(tmp_path, f'kibana = "{url}"\n').settings()


def test_the_env_file_of_a_foreign_folder_leads_no_link_astray(tmp_path: Path) -> None:
    line = "OPSCONSOLE_CLUSTERS__PROD__ELASTICSEARCH__KIBANA=https://evil.test\n"
    with pytest.raises(ConfigError, match=r"is not read from a \.env file"):
        loaded(tmp_path, dotenv=line)
