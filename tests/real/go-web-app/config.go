package main

import (
	"cmp"
	"net/url"
	"os"
)

// config is read once at the start: each value is its environment variable, else its default.
type config struct {
	Host        string // HOST: the address to listen on, empty for all
	Port        string // PORT
	ServiceName string // SERVICE_NAME: in logs and traces
	Version     string // VERSION: in metrics, logs and traces
	DatabaseURL string // DATABASE_URL: only its host is ever logged
	LogLevel    string // LOG_LEVEL: debug, info, warn or error
	LogFile     string // LOG_FILE: a path, or stdout
	OTLP        string // OTEL_EXPORTER_OTLP_ENDPOINT: no traces are sent when empty
}

func configFromEnvironment() config {
	return config{
		Host:        environmentOr("HOST", ""),
		Port:        environmentOr("PORT", "8080"),
		ServiceName: environmentOr("SERVICE_NAME", "go-web-app"),
		Version:     environmentOr("VERSION", "dev"),
		DatabaseURL: environmentOr("DATABASE_URL", "postgres://db-host:5432/app"),
		LogLevel:    environmentOr("LOG_LEVEL", "info"),
		LogFile:     environmentOr("LOG_FILE", "stdout"),
		OTLP:        environmentOr("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
	}
}

func environmentOr(name, fallback string) string {
	return cmp.Or(os.Getenv(name), fallback)
}

// redactedDatabase is the host of the database, without user and password.
func (c config) redactedDatabase() string {
	database, err := url.Parse(c.DatabaseURL)
	if err != nil {
		return "invalid DATABASE_URL"
	}
	return database.Host
}
