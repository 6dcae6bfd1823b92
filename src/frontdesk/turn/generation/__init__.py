"""Prompts, the ladder of models, and their text as sentences.

Generator        a request > a draft, from the first model of the ladder that delivers one
Vendors          who may be asked now, and how every deployment does; one for a process
SideJobs         a self-contained question, a summary, a second reading of a sentence, proposals for a workflow
SentenceStream   deltas > sentences, as soon as each is complete
fit_history      earlier messages > as many as fit, and a summary of the rest
"""

from frontdesk.turn.generation.generator import DraftEnd, DraftEvent, DraftReset, DraftText, Generator
from frontdesk.turn.generation.history import History, fit_history
from frontdesk.turn.generation.prompts import fill_prompt, prompt_values
from frontdesk.turn.generation.rung import Rung
from frontdesk.turn.generation.segments import SentenceStream
from frontdesk.turn.generation.side_jobs import SideJobs
from frontdesk.turn.generation.vendors import Vendors, VendorState

__all__ = [
    "DraftEnd",
    "DraftEvent",
    "DraftReset",
    "DraftText",
    "Generator",
    "History",
    "Rung",
    "SentenceStream",
    "SideJobs",
    "VendorState",
    "Vendors",
    "fill_prompt",
    "fit_history",
    "prompt_values",
]
