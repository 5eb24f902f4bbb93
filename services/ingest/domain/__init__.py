"""What sources, reading types and quarantine are, and how events become readings."""
