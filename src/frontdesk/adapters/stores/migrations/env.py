"""Alembic's entry: runs on the connection that `frontdesk.adapters.stores.migrate` hands over."""

from alembic import context

from frontdesk.adapters.stores.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
