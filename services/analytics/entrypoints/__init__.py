"""Where records, ticks and requests come in."""
