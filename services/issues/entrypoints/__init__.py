"""Ways into issues: HTTP, topics and the deadline timer."""
