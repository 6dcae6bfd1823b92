"""What staff see once they have signed in.

signing_in   the key or the link > a session
frame        what every page has around it: navigation, places to go to, the tour
"""

from frontdesk.server.pages.console import signing_in

OPERATIONS = (*signing_in.OPERATIONS,)

__all__ = ["OPERATIONS"]
