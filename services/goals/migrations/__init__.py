"""The schema of goals, step by step."""
