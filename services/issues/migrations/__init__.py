"""The schema of issues, step by step."""
