"""Issues by itself: through HTTP and its topics."""
