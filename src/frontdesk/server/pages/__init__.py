"""The pages: the customer's chat, the API's reference, the staff's console, and the files they use.

rendering    a template and its one dataclass > HTML
statics      scripts, styles, fonts, under addresses that change with their content
reference    the HTTP API's reference
help         the organisation's help pages, with the chat beside them
chat         the customer's chat
console      what staff see once they have signed in

Nothing comes from elsewhere: every page works with its policy of our own files only.
"""

from frontdesk.server.pages import chat, console, reference, statics
from frontdesk.server.pages import help as help_pages

OPERATIONS = (
    *help_pages.OPERATIONS,
    *chat.OPERATIONS,
    *reference.OPERATIONS,
    *statics.OPERATIONS,
    *console.OPERATIONS,
)

__all__ = ["OPERATIONS"]
