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
	if len(lines) != 1 || len(spans) != 2 {
		t.Fatalf("%d lines, %d spans; want one line, the request and its query", len(lines), len(spans))
	}
	query, request := spans[0], spans[1] // in the order in which they ended
	if got := lines[0].ContextMap()["user_id"]; got != "12345" {
		t.Errorf("user_id = %v", got)
	}
	if got, want := lines[0].ContextMap()["trace_id"], request.SpanContext().TraceID().String(); got != want {
		t.Errorf("trace_id of the line = %v, of the span %v", got, want)
	}
	if request.Name() != "process-request" || request.Events()[0].Name != "user-authenticated" {
		t.Errorf("span %q with events %v", request.Name(), request.Events())
	}
	if query.Name() != "SELECT users" || query.Parent().SpanID() != request.SpanContext().SpanID() {
		t.Errorf("span %q is not the query of the request", query.Name())
	}
}

func TestFailedQueryIsTheErrorFurthestIn(t *testing.T) {
	f := newFixture(t)
	f.do("POST", "/break?mode=errors", "")
	if got := f.do("GET", "/login", "").Code; got != http.StatusInternalServerError {
		t.Errorf("status = %d", got)
	}
	spans := f.spans.Ended()
	for _, span := range spans {
		if span.Status().Code != codes.Error || span.Events()[0].Name != "exception" {
			t.Errorf("span %q has status %v and events %v", span.Name(), span.Status(), span.Events())
		}
	}
	line := f.logs.FilterMessage("query failed").All()[0]
	if got, want := line.ContextMap()["span_id"], spans[0].SpanContext().SpanID().String(); got != want {
		t.Errorf("span_id of the line = %v, of the query %v", got, want)
	}
	if f.logs.FilterMessage("用户登录成功").Len() != 0 {
		t.Error("a failed login was logged as one that succeeded")
	}
}

func TestLoginIsPassedOnInTheSameTrace(t *testing.T) {
	behind := newFixture(t)
	server := httptest.NewServer(behind.handler)
	defer server.Close()
	front := newFixture(t)
	front.service.upstream = server.URL

	if got := front.do("GET", "/login", "").Code; got != http.StatusOK {
		t.Errorf("status = %d", got)
	}
	call, request := front.spans.Ended()[0], behind.spans.Ended()[1]
	if request.Parent().SpanID() != call.SpanContext().SpanID() ||
		request.SpanContext().TraceID() != call.SpanContext().TraceID() {
		t.Errorf("parent of the request is %v, the call is %v", request.Parent(), call.SpanContext())
	}
	behind.service.breakage.set(failing)
	if got := front.do("GET", "/login", "").Code; got != http.StatusInternalServerError {
		t.Errorf("status with a broken service behind = %d", got)
	}
	if got := front.spans.Ended()[2].Status(); got.Code != codes.Error {
		t.Errorf("status of the call = %v", got)
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

func TestProbesFailAsTheModeSays(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		mode          string
		health, ready int
	}{{"off", 200, 200}, {"not-ready", 200, 503}, {"unhealthy", 503, 503}, {"errors", 200, 200}} {
		f.do("POST", "/break?mode="+c.mode, "")
		if health, ready := f.do("GET", "/healthz", "").Code, f.do("GET", "/readyz", "").Code; health != c.health || ready != c.ready {
			t.Errorf("mode %s: health %d, ready %d; want %d, %d", c.mode, health, ready, c.health, c.ready)
		}
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
