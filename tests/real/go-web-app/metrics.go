package main

import (
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/trace"
)

type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests answered.",
		}, []string{"method", "endpoint", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time to answer a request.",
			Buckets: prometheus.DefBuckets,
		}, []string{"method", "endpoint"}),
	}
	m.registry.MustRegister(
		m.requests,
		m.duration,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "app_goroutines",
			Help: "Number of goroutines in the application.",
		}, func() float64 { return float64(runtime.NumGoroutine()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name:        "app_build_info",
			Help:        "1, with the version of the application as label.",
			ConstLabels: prometheus.Labels{"version": version},
		}, func() float64 { return 1 }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	return m
}

// observe counts one answered request; the trace of r becomes the exemplar of its duration.
func (m *metrics) observe(r *http.Request, endpoint string, status int, took time.Duration) {
	m.requests.WithLabelValues(r.Method, endpoint, strconv.Itoa(status)).Inc()
	duration := m.duration.WithLabelValues(r.Method, endpoint).(prometheus.ExemplarObserver)
	traceID := trace.SpanContextFromContext(r.Context()).TraceID().String()
	duration.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": traceID})
}

// handler serves the metrics; exemplars are only part of the OpenMetrics format.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}
