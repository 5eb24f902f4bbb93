"""What ingest does, one file per command or question."""
