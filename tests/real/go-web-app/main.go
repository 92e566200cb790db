// Command go-web-app is a small web service in the manner of the services opsconsole watches:
// Prometheus metrics, structured logs whose level changes at run time, OTLP traces, a health
// endpoint, and a switch that breaks it in a chosen way.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.uber.org/zap"
)

const shutdownTimeout = 5 * time.Second

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "go-web-app:", err)
		os.Exit(1)
	}
}

func run() error {
	config := configFromEnvironment()
	ctx, cancel := untilTold(config)
	defer cancel()

	delay, first, err := config.beginning()
	if err != nil {
		return err
	}
	logger, level, err := newLogger(config)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	tracer, stopTracing, err := newTracer(ctx, config)
	if err != nil {
		return fmt.Errorf("set up tracing: %w", err)
	}
	service := &service{
		logger:   logger,
		level:    level,
		tracer:   tracer,
		metrics:  newMetrics(config.Version),
		breakage: newBreakage(),
		database: config.redactedDatabase(),
		upstream: config.Upstream,
	}
	service.breakage.set(first)
	server := &http.Server{
		Addr:              config.Host + ":" + config.Port,
		Handler:           service.routes(),
		ReadHeaderTimeout: 5 * time.Second,
	}
	logger.Info("service starts",
		zap.String("address", server.Addr),
		zap.String("version", config.Version),
		zap.String("database", config.redactedDatabase()))
	select {
	case <-time.After(delay):
	case <-ctx.Done():
	}
	err = serve(ctx, server)
	service.breakage.set(off)
	logger.Info("service ends", zap.Error(err))
	return errors.Join(err, stopTracing())
}

// untilTold ends by SIGINT or SIGTERM, unless the service is told to ignore them.
func untilTold(c config) (context.Context, context.CancelFunc) {
	if c.Stubborn {
		signal.Ignore(os.Interrupt, syscall.SIGTERM)
		return context.WithCancel(context.Background())
	}
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// serve answers requests until ctx ends, then lets running requests finish within shutdownTimeout.
func serve(ctx context.Context, server *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}
