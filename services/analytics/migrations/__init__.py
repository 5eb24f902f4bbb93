"""The history of analytics' database schema."""
