"""The organisation's help pages, for anybody: public documents of the live snapshot, a search, and the chat beside them.

pages      the three pages: contents, found, one document
shelf      a snapshot's public documents, in order
search     a question > the documents that may answer it
popular    what answers of the last month cited most
"""

from frontdesk.server.pages.help.pages import OPERATIONS
from frontdesk.server.pages.help.popular import Popular

__all__ = ["OPERATIONS", "Popular"]
