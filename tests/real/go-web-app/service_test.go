package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

type fixture struct {
	handler http.Handler
	service *service
	spans   *tracetest.SpanRecorder
	logs    *observer.ObservedLogs
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	level := zap.NewAtomicLevel()
	core, logs := observer.New(level)
	s := &service{
		logger:   zap.New(core),
		level:    level,
		tracer:   sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test"),
		metrics:  newMetrics("test"),
		breakage: newBreakage(),
	}
	t.Cleanup(func() { s.breakage.set(off) })
	return fixture{handler: s.routes(), service: s, spans: spans, logs: logs}
}

func (f fixture) do(method, target string, body string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	f.handler.ServeHTTP(answer, httptest.NewRequest(method, target, strings.NewReader(body)))
	return answer
}

func TestLoginIsLoggedAndTracedUnderOneID(t *testing.T) {
	f := newFixture(t)
	f.do("GET", "/login?user_id=12345", "")

	lines := f.logs.FilterMessage("用户登录成功").All()
	spans := f.spans.Ended()
	if len(lines) != 1 || len(spans) != 1 {
		t.Fatalf("%d lines, %d spans; want one of each", len(lines), len(spans))
	}
	if got := lines[0].ContextMap()["user_id"]; got != "12345" {
		t.Errorf("user_id = %v", got)
	}
	if got, want := lines[0].ContextMap()["trace_id"], spans[0].SpanContext().TraceID().String(); got != want {
		t.Errorf("trace_id of the line = %v, of the span %v", got, want)
	}
	if spans[0].Name() != "process-request" || spans[0].Events()[0].Name != "user-authenticated" {
		t.Errorf("span %q with events %v", spans[0].Name(), spans[0].Events())
	}
}

func TestBrokenRequestsAreErrorsEverywhere(t *testing.T) {
	f := newFixture(t)
	f.do("POST", "/break?mode=errors", "")

	if got := f.do("GET", "/", "").Code; got != http.StatusInternalServerError {
		t.Errorf("status = %d", got)
	}
	if got := f.spans.Ended()[0].Status().Code; got != codes.Error {
		t.Errorf("span status = %v", got)
	}
	if f.logs.FilterMessage("request failed").Len() != 1 {
		t.Error("no error was logged")
	}
	want := `http_requests_total{endpoint="/",method="GET",status="500"} 1`
	if metrics := f.do("GET", "/metrics", "").Body.String(); !strings.Contains(metrics, want) {
		t.Errorf("metrics lack %s", want)
	}
	f.do("POST", "/break?mode=off", "")
	if got := f.do("GET", "/", "").Code; got != http.StatusOK {
		t.Errorf("status after the switch is off = %d", got)
	}
}

func TestDeadlockHoldsHealthUntilItIsLifted(t *testing.T) {
	f := newFixture(t)
	f.service.breakage.set(deadlock)
	answered := make(chan int, 1)
	go func() { answered <- f.do("GET", "/healthz", "").Code }()

	select {
	case <-answered:
		t.Fatal("answered while deadlocked")
	case <-time.After(50 * time.Millisecond):
	}
	f.service.breakage.set(off)
	if got := <-answered; got != http.StatusOK {
		t.Errorf("status = %d", got)
	}
}

func TestLevelChangesAtRunTime(t *testing.T) {
	f := newFixture(t)
	f.do("GET", "/", "")
	f.do("PUT", "/level", `{"level":"debug"}`)
	f.do("GET", "/", "")

	if got := f.logs.FilterMessage("request answered").Len(); got != 1 {
		t.Errorf("%d debug lines; want the one after the level was lowered", got)
	}
}

func TestUnknownModeIsRefused(t *testing.T) {
	f := newFixture(t)
	if got := f.do("POST", "/break?mode=everything", "").Code; got != http.StatusBadRequest {
		t.Errorf("status = %d", got)
	}
}
