"""Issues: domain functions by tables of examples and by properties."""
