"""The file that `opsconsole config init` writes."""

from __future__ import annotations

import os
from pathlib import Path

from opsconsole.config.files import shown_path
from opsconsole.domain.errors import ConfigError
from opsconsole.file_writing import open_new, private_folder

STARTER = """\
# Configuration of opsconsole. Every key is described in docs/configuration.md.
# Values here are outranked by a .env file in the working folder, by OPSCONSOLE_... variables, and by flags.
# `opsconsole config show` tells what is in force and where each value came from.

# default_cluster = "prod"     # opened without --cluster
# since = "1h"                 # first time range: 1m to 30d
# theme = "dark"               # dark, light, high-contrast, ansi (the terminal's own 16 colours)
# ascii = false                # true draws with ASCII characters alone
# refresh = "10s"              # time between two questions to a server
# time_zone = "local"          # local, UTC, or a name such as "Europe/Berlin"
# runbooks = ["~/runbooks"]    # folders with the team's runbooks

# [keys]                       # other keys for an action; ids stand in docs/keys.md
# freeze = "f8"

# A cluster. Leave out a source that you do not have: its pane says so, the others work.
[clusters.prod]
environment = "production"     # "production" asks for the strictest confirmations
prometheus = "http://127.0.0.1:9090"
# alertmanager = "http://127.0.0.1:9093"
# elasticsearch = "http://127.0.0.1:9200"
# jaeger = "http://127.0.0.1:16686"
# kubernetes = { kubeconfig = "~/.kube/config", context = "prod", namespaces = ["shop"] }

# A source in full. Secrets are never written here: env:NAME is read from the environment,
# file:PATH from a file with mode 600.
# [clusters.staging.elasticsearch]
# url = "https://search.staging.example.net"
# auth = { kind = "api_key", key = "env:STAGING_SEARCH_KEY" }
# ca = "staging-ca.pem"        # relative to this file
# index = "logs-*"
# timeout = "15s"

# Who is told of an incident, when you say so. The address of a webhook is a secret as well.
# [[incidents.notifications]]
# name = "on-call"
# kind = "slack"               # slack, wecom, email
# url = "env:ON_CALL_WEBHOOK"

# A chart of your own, beside the usual ones.
# [[clusters.prod.panels]]
# title = "Orders per second"
# query = 'sum(rate(orders_total{service="$service"}[$__rate_interval]))'
# unit = "per_second"
# thresholds = [{ value = 100, severity = "warning", above = false }]
"""


def write_starter(path: Path) -> None:
    """Write the commented file, readable by its owner alone.

    Raises `ConfigError` when there is a file already, or it can't be written.
    """
    try:
        private_folder(path.parent)
        descriptor = open_new(path)
    except FileExistsError:
        raise ConfigError(f"{shown_path(path)} exists and is left as it is; edit it, or move it away first") from None
    except OSError as error:
        raise ConfigError(
            f"can't write {shown_path(path)} ({error.strerror}); name another file with --config"
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(STARTER)
