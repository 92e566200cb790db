"""What each key of the configuration is for, in the words of the reference.

`{choices}` stands for the values that the key can have. The second text says what holds where nothing is
written and the settings have no value of their own to tell. Links are those of `docs/configuration.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

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
    SourceTable,
    Table,
    ThresholdTable,
    YAxisTable,
)

REQUIRED = "required"
_AUTHORITIES = "the system's authorities"
_WHOLE_NAMES = "; a list of whole names"

WORDS: Mapping[type[Table], Mapping[str, tuple[str, str]]] = {
    FileTable: {
        "default_cluster": ("the cluster opened without `--cluster`", "the only cluster"),
        "namespace": ("namespace shown first, where the cluster has none of its own", "all"),
        "service": ("service shown first, where the cluster has none of its own", "all"),
        "since": ("first time range, `1m` to `30d`", ""),
        "theme": ("{choices}; `ansi` is the terminal's own 16 colours", ""),
        "ascii": ("true draws with ASCII characters alone", ""),
        "refresh": ("time between two questions to a server, `1s` to `1h`", ""),
        "time_zone": ("`local`, `UTC` or a name such as `Europe/Berlin`", ""),
        "keys": ("a table of action ids and keys, see [keys.md](keys.md)", "as on that page"),
        "panels": ("charts shown for every cluster, see [Panels](#panels)", "none"),
        "incidents": ("a table: how [incidents](#incidents) are kept, and who is told of them", "as there"),
        "runbooks": (
            "list of folders with the team's [runbooks](runbooks.md), before those that come with the console",
            "none",
        ),
        "clusters": ("a table of [clusters](#clusters) by name", "none"),
    },
    ClusterTable: {
        "environment": ("`production`, `prod` and `live` ask for the target's name before anything is changed", "none"),
        "namespace": ("namespace shown first", "all"),
        "service": ("service shown first", "all"),
        "prometheus": ("[source](#sources) of metrics", "not configured"),
        "alertmanager": ("source of alerts and silences", "not configured"),
        "elasticsearch": ("source of logs", "not configured"),
        "jaeger": ("source of traces", "not configured"),
        "kubernetes": ("source of pods and probes", "not configured"),
        "panels": ("charts of this cluster, see [Panels](#panels)", "none"),
        "log_levels": ("where services let their [log level](#log-levels) be set", "nowhere"),
        "incidents": ("where the team's [incidents](#incidents) of this cluster are", "on this machine alone"),
    },
    SourceTable: {
        "url": (
            "the server's address, `http` or `https`, without credentials",
            "required; Kubernetes can have a `kubeconfig` instead",
        ),
        "base_path": ("path below the address, such as `/prometheus`", "none"),
        "auth": ("[credentials](#secrets)", "none"),
        "ca": ("file with the authority that signed the server's certificate", _AUTHORITIES),
        "client_certificate": ("file with our certificate", "none"),
        "client_key": ("file with its key", "in the certificate's file"),
        "headers": ("table of headers sent with every request", "none"),
        "tenant": ("sent as `X-Scope-OrgID`; as `x-tenant` to Jaeger", "none"),
        "timeout": ("wall time of one request, 0.1 seconds to `10m`", ""),
        "proxy": (
            "`http`, `https` or `socks5` proxy, without credentials",
            "none; proxy variables of the environment are not used",
        ),
    },
    ElasticsearchTable: {
        "index": ("index, alias, data stream or pattern", ""),
        "fields": ("[names of fields](#fields-of-log-lines) by what they hold", "those that are known"),
        "kibana": ("Kibana's address, for links to the same search", "no links"),
        "kibana_data_view": ("the id of the data view there that shows the index", "Kibana's default"),
        "kibana_space": ("the id of the space there", "the default space"),
    },
    KubernetesTable: {
        "kubeconfig": ("instead of `url`: the kubeconfig file", "`$KUBECONFIG`, then `~/.kube/config`"),
        "context": ("the context of the kubeconfig", "its current context"),
        "namespaces": ("list of the namespaces to look at", "all"),
        "exec_plugins": (
            "list of [credential programs](#signing-in-to-kubernetes) of the kubeconfig that may be run",
            "the well-known ones",
        ),
    },
    FieldsTable: {
        "service": (f"the service that logged{_WHOLE_NAMES}", "`service.name`, `service` …"),
        "namespace": ("its namespace", "`kubernetes.namespace` …"),
        "pod": ("its pod", "`kubernetes.pod.name` …"),
        "container": ("its container", "`kubernetes.container.name` …"),
        "level": ("the severity, a name or a number", "`log.level`, `severity_text`, `severity_number`, `level` …"),
        "message": ("the line itself", "`message`, `body.text`, `msg` …"),
        "trace": ("the trace id", "`trace.id`, `trace_id` …"),
        "span": ("the span id", "`span.id`, `span_id` …"),
    },
    AuthTable: {
        "kind": ("{choices}", "follows from the other keys"),
        "username": ("for `basic`, plain", "none"),
        "password": ("for `basic`: where it is, `env:NAME` or `file:PATH`", "none"),
        "token": ("for `bearer`: where it is", "none"),
        "key": ("for `api_key` (Elasticsearch): where it is", "none"),
    },
    PanelTable: {
        "title": ("heading", REQUIRED),
        "query": (
            "PromQL; `$service`, `$namespace`, `$pod`, `$interval` and `$__rate_interval` are filled in",
            REQUIRED,
        ),
        "unit": ("{choices}; a ratio is from 0 to 1", ""),
        "layer": ("{choices}: where it stands", ""),
        "thresholds": ("list of levels that mean trouble", "none"),
        "legend": ("template over labels, such as `{{pod}}`", "the labels that differ"),
        "y_axis": ("scale of the axis", "linear, from 0"),
    },
    ThresholdTable: {
        "value": ("the level", REQUIRED),
        "severity": ("{choices}", ""),
        "above": ("false when it is values below that mean trouble", ""),
    },
    YAxisTable: {
        "logarithmic": ("true for a logarithmic axis", ""),
        "minimum": ("lower end", "follows the values"),
        "maximum": ("upper end", "follows the values"),
    },
    LogLevelsTable: {
        "path": ("path of the handler in each pod, reached through the API server", "none: only `urls` are used"),
        "port": ("its port, a number or the name that a container gives it", "the first port of the pod's containers"),
        "urls": (
            "table of addresses by workload, for those reached directly; `{pod}`, `{ip}`, `{namespace}` are filled in",
            "none",
        ),
    },
    IncidentsTable: {
        "store": ("the file", "`incidents.db` in the user's state folder"),
        "notifications": ("list of ways to tell somebody", "none"),
    },
    SharedIncidentsTable: {
        "index": ("the index's own name, of no other cluster there; it is made when it is not there", REQUIRED),
        "server": ("the Elasticsearch it is in, a [source](#sources)", "the cluster's `elasticsearch`"),
    },
    NotificationTable: {
        "name": ("what you call it; stands in the incident's timeline", REQUIRED),
        "kind": ("{choices}: a group robot, an incoming webhook, mail", REQUIRED),
        "url": (
            "webhooks: where the address is, `env:NAME` or `file:PATH`; it is a secret, for whoever has it may write",
            REQUIRED,
        ),
        "host": ("mail: the server", REQUIRED),
        "port": (
            "mail: its port; 465 speaks TLS from the first byte, any other has to offer STARTTLS",
            "",
        ),
        "plain": ("mail: true for a server without encryption; port 25 of this machine needs no such word", ""),
        "sender": ("mail: the address it comes from", REQUIRED),
        "recipients": ("mail: list of addresses", REQUIRED),
        "username": ("mail: for a server that wants a log-in", "none"),
        "password": ("mail: where its password is, `env:NAME` or `file:PATH`", "none"),
        "ca": ("file with the authority that signed the server's certificate", _AUTHORITIES),
        "owners": ("list of names that it is for: offered first for incidents they own", "everybody"),
        "timeout": ("wall time of one attempt, 0.1 seconds to `10m`", ""),
    },
}
"""By table and key. A table that extends another has its own keys alone."""
