"""What issues does, one file per command or question."""
