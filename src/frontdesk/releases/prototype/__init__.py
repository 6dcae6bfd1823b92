"""A chatbot prototype, as teams really have them, becomes an assistant folder.

scan          folder > files, what cannot be looked at
prompts       files > the instructions        placeholders, introduction: what they hold
documents     files > documents               front_matter: what these say of themselves
tables        files > rows                    questions, articles: what the rows are
code          files > the function to ask, with its modules     shim: ours in front of it
keys          what must not be copied
reading       all of that > `Prototype`
compose       `Prototype` and the starter > files to write
trial         questions after a search > counts, gaps, starters
report        everything > what to tell

Reading changes nothing and runs nothing. Writing, importing and searching is done by the doors and by bootstrap.
"""

from frontdesk.releases.prototype.compose import QUESTIONS, choose_names, compose_folder, with_starters
from frontdesk.releases.prototype.reading import read_prototype
from frontdesk.releases.prototype.report import NOTE, FunctionState, TakeOver, missing, next_steps, to_json, to_markdown
from frontdesk.releases.prototype.trial import MAX_SEARCHED, Gap, Road, Trial, Tried, sum_up
from frontdesk.releases.prototype.values import LeftOut, LoggedQuestion, ModelFunction, Names, Prototype, WrittenFile

__all__ = [
    "MAX_SEARCHED",
    "NOTE",
    "QUESTIONS",
    "FunctionState",
    "Gap",
    "LeftOut",
    "LoggedQuestion",
    "ModelFunction",
    "Names",
    "Prototype",
    "Road",
    "TakeOver",
    "Trial",
    "Tried",
    "WrittenFile",
    "choose_names",
    "compose_folder",
    "missing",
    "next_steps",
    "read_prototype",
    "sum_up",
    "to_json",
    "to_markdown",
    "with_starters",
]
