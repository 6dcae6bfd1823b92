"""A shop's back office that runs here and breaks on demand: eight systems over one SQLite file, each with its own key.

behaviour    what is chosen at its start: seed, today, file, pace
seeding      people, orders, money, parcels, cases, a help desk; the same seed gives the same shop
storage      the file, its tables and views; times move with today
api          /crm /orders /payments /shipping /rules /tickets /appointments /it   (OpenAPI: /openapi.json)
effects      what changed, once per key                                           /_effects
faults       every way in which such systems are known to fail                    /_faults
log, codes   what was asked, and the codes sent to customers                      /_log, /_codes
"""

from frontdesk.simulators.backoffice.app import BackofficeApp, create_backoffice
from frontdesk.simulators.backoffice.behaviour import SYSTEMS, BackofficeBehaviour, key_of
from frontdesk.simulators.backoffice.serving import Backoffice, backoffice_config, run, start_backoffice

__all__ = [
    "SYSTEMS",
    "Backoffice",
    "BackofficeApp",
    "BackofficeBehaviour",
    "backoffice_config",
    "create_backoffice",
    "key_of",
    "run",
    "start_backoffice",
]
