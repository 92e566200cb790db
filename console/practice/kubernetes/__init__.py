"""The API server's HTTP API over the shop."""
