"""Settings in layers: default, file, .env, environment, flag."""
