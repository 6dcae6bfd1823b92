"""The knowledge that answers come from: the live snapshot, its documents, and what a question finds in it.

catalogue   a snapshot's documents with what lists need of them
listing     the snapshot and the list of its documents
document    one document, cut as it is searched, and where it was cited
withdrawing documents that are withdrawn, and let in again
trying      a question, searched and routed as a customer's would be
"""

from frontdesk.server.pages.console.knowledge import document, listing, trying, withdrawing

OPERATIONS = (*listing.OPERATIONS, *trying.OPERATIONS, *document.OPERATIONS, *withdrawing.OPERATIONS)

__all__ = ["OPERATIONS"]
