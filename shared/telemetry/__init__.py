"""How a process is watched: structured log lines and Prometheus metrics.

Not here: what is worth counting (each service's `metrics.py`), alerting rules (`deploy/prometheus`).
"""
