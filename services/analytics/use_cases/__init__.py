"""What analytics does, one file per command or question."""
