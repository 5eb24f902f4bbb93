"""The commands against a running Andon."""
