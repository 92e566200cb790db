"""Log lines from Elasticsearch 8 and 9."""
