"""Ingest on SQL and on the event log."""
