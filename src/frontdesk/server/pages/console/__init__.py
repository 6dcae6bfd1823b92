"""What staff see once they have signed in.

signing_in      the key or the link > a session
frame           what every page has around it: navigation, places to go to, the tour
words           how data is said: one word and one tone for each thing
conversations   the list, searched and narrowed, live
conversation    one of them: what was said (said), who is behind it, its files
turns           the trace of a turn (trace): the diagnosis, times, every stage
knowledge       the live snapshot, its documents, and a question tried on them
monitor         load, models, money and what happened, live
workflows       what is done for customers step by step, drawn
integrations    the write-back into customers' records, what is stuck, and the systems
"""

from frontdesk.server.pages.console import (
    conversation,
    conversations,
    integrations,
    knowledge,
    monitor,
    signing_in,
    turns,
    workflows,
)

OPERATIONS = (
    *signing_in.OPERATIONS,
    *conversations.OPERATIONS,
    *conversation.OPERATIONS,
    *turns.OPERATIONS,
    *knowledge.OPERATIONS,
    *workflows.OPERATIONS,
    *monitor.OPERATIONS,
    *integrations.OPERATIONS,
)

__all__ = ["OPERATIONS"]
