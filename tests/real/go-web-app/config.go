package main

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"time"
)

// config is read once at the start: each value is its environment variable, else its default.
type config struct {
	Host        string // HOST: the address to listen on, empty for all
	Port        string // PORT
	ServiceName string // SERVICE_NAME: in logs and traces
	Version     string // VERSION: in metrics, logs and traces
	DatabaseURL string // DATABASE_URL: only its host is ever logged
	Upstream    string // UPSTREAM_URL: the service that logins are passed on to, none when empty
	LogLevel    string // LOG_LEVEL: debug, info, warn or error
	LogFile     string // LOG_FILE: a path, or stdout
	OTLP        string // OTEL_EXPORTER_OTLP_ENDPOINT: no traces are sent when empty
	StartDelay  string // START_DELAY: it listens only so long after its start, as in 5s
	Break       string // BREAK: a mode to start in
	Stubborn    bool   // IGNORE_SIGTERM: not empty: it ends by SIGKILL only
}

func configFromEnvironment() config {
	return config{
		Host:        environmentOr("HOST", ""),
		Port:        environmentOr("PORT", "8080"),
		ServiceName: environmentOr("SERVICE_NAME", "go-web-app"),
		Version:     environmentOr("VERSION", "dev"),
		DatabaseURL: environmentOr("DATABASE_URL", "postgres://db-host:5432/app"),
		Upstream:    environmentOr("UPSTREAM_URL", ""),
		LogLevel:    environmentOr("LOG_LEVEL", "info"),
		LogFile:     environmentOr("LOG_FILE", "stdout"),
		OTLP:        environmentOr("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
		StartDelay:  environmentOr("START_DELAY", "0s"),
		Break:       environmentOr("BREAK", string(off)),
		Stubborn:    os.Getenv("IGNORE_SIGTERM") != "",
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

// beginning is how the service starts: after which delay, and in which mode.
func (c config) beginning() (time.Duration, mode, error) {
	delay, err := time.ParseDuration(c.StartDelay)
	if err != nil {
		return 0, off, fmt.Errorf("START_DELAY: %w", err)
	}
	m, err := parseMode(c.Break)
	if err != nil {
		return 0, off, fmt.Errorf("BREAK: %w", err)
	}
	return delay, m, nil
}
