"""Where documents come from: folders."""

from frontdesk.adapters.sources.folder import FolderSource
from frontdesk.adapters.sources.prepared import SqlitePreparedCache

__all__ = ["FolderSource", "SqlitePreparedCache"]
