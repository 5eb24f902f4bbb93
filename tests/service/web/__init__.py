"""shared.web by itself, with a made-up service."""
