"""Every store, bound to one connection and so to one transaction."""

from frontdesk.adapters.stores.attachments import Attachments
from frontdesk.adapters.stores.audit import Audit
from frontdesk.adapters.stores.budgets import Budgets
from frontdesk.adapters.stores.citations import Citations
from frontdesk.adapters.stores.conversations import Conversations
from frontdesk.adapters.stores.costs import Costs
from frontdesk.adapters.stores.customers import Customers
from frontdesk.adapters.stores.effects import Approvals, Effects
from frontdesk.adapters.stores.escalations import Escalations
from frontdesk.adapters.stores.events import Events
from frontdesk.adapters.stores.feedback import GivenFeedback
from frontdesk.adapters.stores.finder import Finder
from frontdesk.adapters.stores.forks import Forks
from frontdesk.adapters.stores.ledger import Ledger
from frontdesk.adapters.stores.messages import Messages
from frontdesk.adapters.stores.occurrences import Occurrences
from frontdesk.adapters.stores.one_time_codes import OneTimeCodes
from frontdesk.adapters.stores.outbox import OutgoingEntries
from frontdesk.adapters.stores.paces import Paces
from frontdesk.adapters.stores.payloads import Payloads
from frontdesk.adapters.stores.releases import Releases
from frontdesk.adapters.stores.sessions import Session
from frontdesk.adapters.stores.staff_keys import StaffKeys
from frontdesk.adapters.stores.staff_sessions import StaffSessions
from frontdesk.adapters.stores.turns import Turns
from frontdesk.adapters.stores.withdrawals import Withdrawals
from frontdesk.adapters.stores.workflow_runs import WorkflowRuns
from frontdesk.adapters.stores.write_backs import WriteBacks
from frontdesk.domain.ids import ConversationId


class BoundStores:
    """What a unit of work is given. `appended` is the newest seq of each conversation it has appended to."""

    def __init__(self, session: Session) -> None:
        self.appended: dict[ConversationId, int] = {}
        self.customers = Customers(session)
        self.conversations = Conversations(session)
        self.payloads = Payloads(session)
        self.messages = Messages(session)
        self.attachments = Attachments(session)
        self.forks = Forks(session)
        self.events = Events(session, self.appended)
        self.turns = Turns(session)
        self.feedback = GivenFeedback(session)
        self.citations = Citations(session)
        self.ledger = Ledger(session)
        self.budgets = Budgets(session)
        self.costs = Costs(session)
        self.paces = Paces(session)
        self.occurrences = Occurrences(session)
        self.escalations = Escalations(session)
        self.finder = Finder(session)
        self.outbox = OutgoingEntries(session)
        self.releases = Releases(session)
        self.staff_keys = StaffKeys(session)
        self.staff_sessions = StaffSessions(session)
        self.withdrawals = Withdrawals(session)
        self.workflow_runs = WorkflowRuns(session)
        self.effects = Effects(session)
        self.approvals = Approvals(session)
        self.one_time_codes = OneTimeCodes(session)
        self.audit = Audit(session)
        self.write_backs = WriteBacks(session)
