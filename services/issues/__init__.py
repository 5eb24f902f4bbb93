"""Anomalies in, tracked corrective action out; plain Python.

Owns issues with their actions, causes and history, the routing table, and the policy. Consumes `anomalies`, `goal-changes` and
`definitions`; publishes `issue-changes`. The workflow is a table (`domain/workflow.py`), and `advance` is the only way through it.
"""
