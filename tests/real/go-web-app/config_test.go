package main

import (
	"testing"
	"time"
)

func TestEnvironmentWinsOverDefault(t *testing.T) {
	t.Setenv("PORT", "9000")
	t.Setenv("VERSION", "")
	got := configFromEnvironment()
	if got.Port != "9000" || got.Version != "dev" {
		t.Errorf("port %q, version %q", got.Port, got.Version)
	}
}

func TestPasswordOfTheDatabaseIsNotLogged(t *testing.T) {
	c := config{DatabaseURL: "postgres://app:secret@db-host:5432/app"}
	if got := c.redactedDatabase(); got != "db-host:5432" {
		t.Errorf("got %q", got)
	}
}

func TestStartCanBeLateAndBroken(t *testing.T) {
	t.Setenv("START_DELAY", "5s")
	t.Setenv("BREAK", "not-ready")
	delay, first, err := configFromEnvironment().beginning()
	if delay != 5*time.Second || first != notReady || err != nil {
		t.Errorf("delay %v, mode %q, error %v", delay, first, err)
	}
	t.Setenv("BREAK", "everything")
	if _, _, err := configFromEnvironment().beginning(); err == nil {
		t.Error("an unknown mode was taken")
	}
}
