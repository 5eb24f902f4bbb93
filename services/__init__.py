"""The four services of Andon, side by side, and the wiring that runs them.

`ingest`, `analytics`, `issues` and `goals` have the same shape and never import one another; what they tell each other is
in `shared/events`. Beside them stands nothing but wiring: `targets.py` (which components a process runs) and `cli.py`.
"""
