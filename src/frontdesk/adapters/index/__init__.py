"""Snapshots in local folders, and the cache of embeddings."""

from frontdesk.adapters.index.cache import SqliteEmbeddingCache
from frontdesk.adapters.index.snapshots import FolderSnapshotStore

__all__ = ["FolderSnapshotStore", "SqliteEmbeddingCache"]
