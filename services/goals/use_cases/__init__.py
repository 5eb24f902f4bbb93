"""What goals does, one file per command or question."""
