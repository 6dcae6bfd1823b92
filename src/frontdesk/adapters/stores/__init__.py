"""The databases: SQLite on one machine, PostgreSQL with any number of replicas; the same statements on both."""

from frontdesk.adapters.stores.bundle import BoundStores
from frontdesk.adapters.stores.database import migrate, open_database, sqlite_path
from frontdesk.adapters.stores.exclusive import exclusive_writer
from frontdesk.adapters.stores.reachable import try_postgres

__all__ = ["BoundStores", "exclusive_writer", "migrate", "open_database", "sqlite_path", "try_postgres"]
