package main

import "testing"

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
