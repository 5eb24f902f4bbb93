"""The event log behind one port: append records, consume them in order per partition, from any offset.

Not here: what a record means (`shared.events`), where offsets are kept with the state they produced (`shared.database`).
"""
