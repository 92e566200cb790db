package main

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// newTracer sends spans over OTLP/HTTP to the endpoint of the config. Without one, spans still have
// ids, so that logs and exemplars carry them. The returned function sends what is left.
func newTracer(ctx context.Context, config config) (trace.Tracer, func() error, error) {
	options := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", config.ServiceName),
			attribute.String("service.version", config.Version))),
	}
	if config.OTLP != "" {
		exporter, err := otlptracehttp.New(ctx) // reads the standard OTEL_EXPORTER_OTLP_… variables itself
		if err != nil {
			return nil, nil, err
		}
		options = append(options, sdktrace.WithBatcher(exporter))
	}
	provider := sdktrace.NewTracerProvider(options...)
	stop := func() error {
		flush, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		return provider.Shutdown(flush)
	}
	return provider.Tracer("go-web-app"), stop, nil
}
