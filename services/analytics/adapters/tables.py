"""The metadata of analytics' database, and the tables that exactly-once needs. Its own tables stand in the `*_tables` files."""

from sqlalchemy import MetaData

from shared.database.delivery_tables import delivery_tables

METADATA = MetaData()
DELIVERY = delivery_tables(METADATA)
