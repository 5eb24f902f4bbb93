"""The soak: half of what an installation can take, for minutes, with an eye on memory, lag, outboxes and files.

`python -m crash.soak --help`.
"""
