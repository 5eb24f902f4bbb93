"""Goals on SQL and on the outbox."""
