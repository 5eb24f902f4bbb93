"""The schema of ingest, step by step."""
