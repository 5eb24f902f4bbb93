"""What the use cases of analytics need of the world, one file per concern."""
