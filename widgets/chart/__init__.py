"""Charts drawn in characters: a metric's lines, a log histogram, a sparkline."""

from opsconsole.widgets.chart.histogram import HistogramStrip
from opsconsole.widgets.chart.metric_chart import MetricChart
from opsconsole.widgets.chart.sparkline import sparkline
from opsconsole.widgets.chart.units import format_value
from opsconsole.widgets.chart.view import ChartView

__all__ = ["ChartView", "HistogramStrip", "MetricChart", "format_value", "sparkline"]
