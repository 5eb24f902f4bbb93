"""Issues on SQL and on the outbox."""
