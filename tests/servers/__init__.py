"""Real servers for the tests: fetched once into a cache, started on loopback, gone afterwards."""
