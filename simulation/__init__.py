"""Deterministic simulation: all four services, the event log, relays and timers in one thread, driven by a seed.

The seed chooses which step runs next, what people and senders do, how far the clock moves, what is delivered late or twice, which
partitions move, which call to log or database fails, and where a process dies. At the end the system settles, and everything it
holds and has published is compared with a reference of its own. `python -m simulation --seed 7` replays one seed with its trace.

Not here: benchmarks (nothing is timed), real servers (`tests/integration`), and any import from `simulation` in the product.
"""
