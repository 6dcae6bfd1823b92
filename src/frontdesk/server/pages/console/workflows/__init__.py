"""What the assistant does for customers step by step: every workflow of the live release, and one of them drawn.

views      a workflow in the words of a page
overview   the list, with how their runs ended lately
one        its diagram, steps, questions and tests
"""

from frontdesk.server.pages.console.workflows import one, overview

OPERATIONS = (*overview.OPERATIONS, *one.OPERATIONS)

__all__ = ["OPERATIONS"]
