"""Access to an API server: where it is, how its certificate is checked, and how we prove who we are."""

from opsconsole.sources.kubernetes.access.cluster_access import ClusterAccess
from opsconsole.sources.kubernetes.access.plugin_credentials import PluginCredentials
from opsconsole.sources.kubernetes.access.reached import LoggedIn, Reached
from opsconsole.sources.kubernetes.access.reaching import reached_by

__all__ = ["ClusterAccess", "LoggedIn", "PluginCredentials", "Reached", "reached_by"]
