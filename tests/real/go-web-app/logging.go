package main

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger writes JSON lines to the file the config names. The returned level is changed at run
// time through its own HTTP handler: GET shows it, PUT {"level":"debug"} sets it.
func newLogger(config config) (*zap.Logger, zap.AtomicLevel, error) {
	level, err := zap.ParseAtomicLevel(config.LogLevel)
	if err != nil {
		return nil, level, err
	}
	settings := zap.NewProductionConfig()
	settings.Level = level
	settings.OutputPaths = []string{config.LogFile}
	settings.Sampling = nil // an incident console is tested with every line
	settings.DisableStacktrace = true
	settings.EncoderConfig.TimeKey = "@timestamp"
	settings.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	settings.EncoderConfig.MessageKey = "message"
	settings.InitialFields = map[string]any{"service": config.ServiceName, "version": config.Version}
	logger, err := settings.Build()
	return logger, level, err
}

// inTrace adds the ids by which a log line is found from its trace and the other way round.
func inTrace(ctx context.Context, logger *zap.Logger) *zap.Logger {
	span := trace.SpanContextFromContext(ctx)
	return logger.With(
		zap.String("trace_id", span.TraceID().String()),
		zap.String("span_id", span.SpanID().String()))
}
