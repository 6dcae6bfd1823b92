"""The only place that names adapters: settings in, wired parts out.

app         everything a server needs, started and stopped as one
release     an assistant folder and a snapshot > a release, opened and ready
book        the releases that are open, and which of them is live
doctor      what is wrong with an installation: place, mistake, remedy
reload      a changed assistant folder goes live beside what serves, or is kept out
knowledge   embedder, documents in, searching
money       prices, purses, the till; what was spent
overlay     documents withdrawn from the command line
unbooked    what commands have spent, until it is booked
staff       keys of staff, and links that sign them in
prototype   a prototype's function and logged questions, tried once
scorers     the product's rulers for the command line
traffic     simulated customers give a demo its first hour
"""

from frontdesk.bootstrap.app import App, create_staff_key, ensure_staff_key, open_app, start_logging
from frontdesk.bootstrap.book import ReleaseBook
from frontdesk.bootstrap.knowledge import open_embedder, open_snapshot, search_knowledge, sync_knowledge
from frontdesk.bootstrap.money import book_apart, open_meter, read_costs
from frontdesk.bootstrap.overlay import decide_withdrawal, read_overlay
from frontdesk.bootstrap.prototype import ImportCheck, check_import, try_questions
from frontdesk.bootstrap.release import open_identity, open_ladder_offline, open_release
from frontdesk.bootstrap.reload import FolderState, Reloader
from frontdesk.bootstrap.scorers import open_grounding_scorer, open_retrieval_scorer
from frontdesk.bootstrap.staff import (
    add_staff_key,
    create_staff_link,
    held_database,
    list_staff_keys,
    remove_staff_key,
)
from frontdesk.bootstrap.traffic import Traffic, open_traffic, read_customers

__all__ = [
    "App",
    "FolderState",
    "ImportCheck",
    "ReleaseBook",
    "Reloader",
    "Traffic",
    "add_staff_key",
    "book_apart",
    "check_import",
    "create_staff_key",
    "create_staff_link",
    "decide_withdrawal",
    "ensure_staff_key",
    "held_database",
    "list_staff_keys",
    "open_app",
    "open_embedder",
    "open_grounding_scorer",
    "open_identity",
    "open_ladder_offline",
    "open_meter",
    "open_release",
    "open_retrieval_scorer",
    "open_snapshot",
    "open_traffic",
    "read_costs",
    "read_customers",
    "read_overlay",
    "remove_staff_key",
    "search_knowledge",
    "start_logging",
    "sync_knowledge",
    "try_questions",
]
