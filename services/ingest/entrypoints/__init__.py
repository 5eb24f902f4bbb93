"""Ways into ingest: HTTP and the raw topics."""
