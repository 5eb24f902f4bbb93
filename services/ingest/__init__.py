"""Metric events in, readings out; keeps no memory of events.

Owns sources, reading types and the quarantine. Consumes HTTP requests and `raw.<source>`; publishes `readings` and
`reading-types`.

An event is decoded by the structure generated from its source's mapping, one by one and with an exact reason for what is wrong;
from there on everything is columns. Quarantine rows are durable first, then the readings, then the answer.
"""
