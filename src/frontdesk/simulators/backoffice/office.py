"""Everything that a running back office holds."""

from dataclasses import dataclass, field

from starlette.requests import Request

from frontdesk.simulators.backoffice.behaviour import BackofficeBehaviour, Calendar
from frontdesk.simulators.backoffice.faults.plan import FaultPlan
from frontdesk.simulators.backoffice.log import RequestLog
from frontdesk.simulators.backoffice.storage import Storage, open_storage

SCOPE = "frontdesk.backoffice"
"""Where a request finds its office."""


@dataclass(slots=True, kw_only=True)
class Office:
    """One shop's systems."""

    behaviour: BackofficeBehaviour
    calendar: Calendar
    storage: Storage
    log: RequestLog = field(default_factory=RequestLog)
    faults: FaultPlan = field(default_factory=FaultPlan)


def open_office(behaviour: BackofficeBehaviour) -> Office:
    """As its file was left; see `open_storage`."""
    calendar = Calendar(behaviour.today)
    return Office(behaviour=behaviour, calendar=calendar, storage=open_storage(behaviour, calendar))


def office_of(request: Request) -> Office:
    office: Office = request.scope[SCOPE]
    return office
