"""Other systems: how conversations get into customers' records, what is stuck, and the state of each system.

overview    the page of the whole
record      one conversation's record: preview, mending, discarding
views       states and errors in words
"""

from frontdesk.server.pages.console.integrations import overview, record

OPERATIONS = (*overview.OPERATIONS, *record.OPERATIONS)

__all__ = ["OPERATIONS"]
