"""The published language: what services tell each other and the world. One owning service per file, versioned.

CloudEvents JSON for every topic but two: `readings` and `pane-deltas` carry Arrow blocks (`blocks.py`).
Not here: how records travel (`shared.eventlog`), what a service does with them.
"""
