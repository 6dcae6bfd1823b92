"""Every store, bound to one connection and so to one transaction."""

from sqlalchemy import Connection

from frontdesk.adapters.stores.conversations import Conversations
from frontdesk.adapters.stores.customers import Customers
from frontdesk.adapters.stores.escalations import Escalations
from frontdesk.adapters.stores.events import Events
from frontdesk.adapters.stores.messages import Messages
from frontdesk.adapters.stores.outbox import OutgoingEntries
from frontdesk.adapters.stores.payloads import Payloads
from frontdesk.adapters.stores.releases import Releases
from frontdesk.adapters.stores.staff_keys import StaffKeys
from frontdesk.adapters.stores.turns import Turns
from frontdesk.domain.ids import ConversationId


class BoundStores:
    """What a unit of work is given. `appended` is the newest seq of each conversation it has appended to."""

    def __init__(self, connection: Connection) -> None:
        self.appended: dict[ConversationId, int] = {}
        self.customers = Customers(connection)
        self.conversations = Conversations(connection)
        self.payloads = Payloads(connection)
        self.messages = Messages(connection)
        self.events = Events(connection, self.appended)
        self.turns = Turns(connection)
        self.escalations = Escalations(connection)
        self.outbox = OutgoingEntries(connection)
        self.releases = Releases(connection)
        self.staff_keys = StaffKeys(connection)
