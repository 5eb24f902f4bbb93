"""Alembic's entry: the connection was opened by `shared.database.migrations`."""

from alembic import context

from shared.database.migrations import run_migrations

run_migrations(context.config, context)
