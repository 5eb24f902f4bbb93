"""One relational database per service, SQLite or PostgreSQL, and what exactly-once needs inside its transactions.

Engines, the only commit, the outbox and its relay, the inbox, stored positions, compare-and-set updates, migrations.
Not here: any table of a service (its own `adapters/tables.py`), any SQL that knows a business word.
"""
