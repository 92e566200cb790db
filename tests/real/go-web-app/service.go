package main

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

type service struct {
	logger   *zap.Logger
	level    zap.AtomicLevel
	tracer   trace.Tracer
	metrics  *metrics
	breakage *breakage
	database string // host and port
	upstream string // URL of the service behind this one, empty without one
}

func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.observed("/", s.home))
	mux.HandleFunc("GET /login", s.observed("/login", s.login))
	mux.HandleFunc("GET /healthz", s.probed(false))
	mux.HandleFunc("GET /readyz", s.probed(true))
	mux.HandleFunc("POST /break", s.breakIt)
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.Handle("/level", s.level)
	return mux
}

func (s *service) home(w http.ResponseWriter, r *http.Request) error {
	if err := s.breakage.afflict(r.Context()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "hello")
	return err
}

// login reads the user from the database, or has the service behind this one do it.
func (s *service) login(w http.ResponseWriter, r *http.Request) error {
	userID := cmp.Or(r.URL.Query().Get("user_id"), "12345")
	var err error
	if s.upstream != "" {
		err = s.askUpstream(r.Context(), "/login?user_id="+url.QueryEscape(userID))
	} else {
		err = s.queryUser(r.Context(), userID)
	}
	if err != nil {
		return err
	}
	trace.SpanFromContext(r.Context()).AddEvent("user-authenticated",
		trace.WithAttributes(attribute.String("user_id", userID)))
	inTrace(r.Context(), s.logger).Info("用户登录成功",
		zap.String("user_id", userID),
		zap.String("ip", clientIP(r)))
	_, err = fmt.Fprintln(w, "welcome")
	return err
}

// probed answers what the kubelet asks: 200, or 503 and why.
func (s *service) probed(readiness bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if complaint := s.breakage.complaint(readiness); complaint != "" {
			http.Error(w, complaint, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}

func (s *service) breakIt(w http.ResponseWriter, r *http.Request) {
	m, err := parseMode(r.URL.Query().Get("mode"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.breakage.set(m)
	s.logger.Warn("break switch", zap.String("mode", string(m)))
	fmt.Fprintln(w, m)
}

// observed answers through handle, and records each request as a span, a count, a duration and a log line.
func (s *service) observed(endpoint string, handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := s.tracer.Start(ctx, "process-request",
			trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(
				attribute.String("http.request.method", r.Method),
				attribute.String("http.route", endpoint)))
		defer span.End()
		r = r.WithContext(ctx)

		status := http.StatusOK
		err := handle(w, r)
		if err != nil {
			status = http.StatusInternalServerError
			http.Error(w, "internal server error", status)
		}
		took := time.Since(began)
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		s.metrics.observe(r, endpoint, status, took)
		logger := inTrace(ctx, s.logger).With(
			zap.String("method", r.Method),
			zap.String("endpoint", endpoint),
			zap.Int("status", status),
			zap.Duration("took", took))
		if err != nil {
			fail(span, err)
			logger.Error("request failed", zap.Error(err))
			return
		}
		logger.Debug("request answered")
	}
}

func clientIP(r *http.Request) string {
	if forwarded := r.Header.Get("X-Forwarded-For"); forwarded != "" {
		return forwarded
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
