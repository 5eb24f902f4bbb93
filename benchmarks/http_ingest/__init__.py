"""Ingest over HTTP: what a durable answer costs, by batch size and number of senders."""
