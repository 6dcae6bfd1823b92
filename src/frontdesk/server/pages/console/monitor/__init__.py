"""The installation at this moment, on one page that keeps itself up to date.

figures  what there is to tell, gathered
views    the same in words
page     the page, its part for htmx, and the stream that says when it has changed
"""

from frontdesk.server.pages.console.monitor.page import OPERATIONS

__all__ = ["OPERATIONS"]
