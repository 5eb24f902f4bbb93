"""Time, identity, life cycle and settings: what every process needs and nothing more.

Not here: logging and metrics (`shared.telemetry`), anything that talks to a disk or a network.
"""
