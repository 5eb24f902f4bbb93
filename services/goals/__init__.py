"""Goal sets, broken down and followed; plain Python.

Owns goal sets and goals. Consumes `kpi-values`, `issue-changes` and `definitions`; publishes `goal-changes`. Attainment is always
computed from KPI values, never typed.
"""
