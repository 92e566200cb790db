"""One value shown whole: functions from domain values to lines, and the view that scrolls them."""

from opsconsole.widgets.details.alert_detail import alert_detail
from opsconsole.widgets.details.detail_view import DetailView
from opsconsole.widgets.details.log_detail import log_detail
from opsconsole.widgets.details.pod_detail import pod_detail
from opsconsole.widgets.details.trace_detail import trace_detail

__all__ = ["DetailView", "alert_detail", "log_detail", "pod_detail", "trace_detail"]
