package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// queryTime is what a look-up costs.
const queryTime = 2 * time.Millisecond

// queryUser looks the user up as a database would be asked: there is none, and the breakage is all that happens to it.
func (s *service) queryUser(ctx context.Context, userID string) error {
	ctx, span := s.tracer.Start(ctx, "SELECT users",
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(
			attribute.String("db.system.name", "postgresql"),
			attribute.String("db.operation.name", "SELECT"),
			attribute.String("db.collection.name", "users"),
			attribute.String("db.query.text", "SELECT name FROM users WHERE id = $1"),
			attribute.String("server.address", s.database)))
	defer span.End()

	time.Sleep(queryTime)
	if err := s.breakage.afflict(ctx); err != nil {
		err = fmt.Errorf("query users at %s: %w", s.database, err)
		fail(span, err)
		inTrace(ctx, s.logger).Error("query failed", zap.String("user_id", userID), zap.Error(err))
		return err
	}
	return nil
}

// askUpstream passes a request on to the service behind this one, in the same trace.
func (s *service) askUpstream(ctx context.Context, target string) error {
	ctx, span := s.tracer.Start(ctx, "HTTP GET",
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(
			attribute.String("http.request.method", http.MethodGet),
			attribute.String("url.full", s.upstream+target)))
	defer span.End()

	status, err := get(ctx, s.upstream+target)
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if err != nil {
		fail(span, err)
	}
	return err
}

// get returns the status of the answer, 0 without one, and an error unless it is below 500.
func get(ctx context.Context, target string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return 0, err
	}
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(request.Header))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusInternalServerError {
		return answer.StatusCode, fmt.Errorf("upstream answered %s", answer.Status)
	}
	return answer.StatusCode, nil
}

// fail marks the span as one that ended in err, with an event that says so.
func fail(span trace.Span, err error) {
	span.RecordError(err)
	span.SetStatus(codes.Error, err.Error())
}
