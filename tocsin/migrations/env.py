"""Run by Alembic: migrate over the connection that :func:`tocsin.node_database.migrate` holds."""

from alembic import context

from tocsin.node_database import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=list(METADATA))
with context.begin_transaction():
    context.run_migrations()
