"""What must hold after every bad day, read from the database and from what the customers heard.

The checker trusts neither the product's own reading of its tables nor its log lines: it reads the rows with plain SQL and
the streams byte for byte.

kept        the rows of the conversations in question
histories   what one customer sent and heard, and what every server tells of it afterwards
acceptance  I1: what was acknowledged is kept, once           I2: every turn ends, in time
authorship  I3: one author an answer, never two glued
stream      I4: the same bytes for every reader, from every server
handover    I5: after a person took over, the assistant is silent     I10: each notice to the outside exists once
lineage     I6: one coherent release a turn
money       I7: what was paid is what was asked
privacy     I9: nobody's words reach another
"""

from frontdesk.drills.invariants import acceptance, authorship, handover, lineage, money, privacy, stream
from frontdesk.drills.invariants.histories import History, hear_again
from frontdesk.drills.invariants.kept import Kept, read_kept
from frontdesk.drills.invariants.money import check_asked
from frontdesk.drills.invariants.violations import Harm, Violation

INVARIANTS = {
    "I1": "an acknowledged message exists exactly once",
    "I2": "every accepted turn ends, within its deadline",
    "I3": "every answer has one author",
    "I4": "every reader gets the same events, from every server",
    "I5": "the assistant is silent once a person was asked for",
    "I6": "every turn belongs to one release that exists",
    "I7": "the ledger holds every request at its price, a dead worker's too",
    "I9": "nobody's words appear with another",
    "I10": "every case has exactly one notice to the outside",
}
NOT_YET = {
    "I8": "nothing is audited yet: there is no chain to verify",
    "I10": "nothing acts on other systems yet: of effects, only the notices of cases are checked",
}
"""What is not checked, or not wholly, and why."""

_CHECKS = (
    acceptance.check,
    authorship.check,
    stream.check,
    handover.check,
    lineage.check,
    money.check,
    privacy.check,
)


def check(kept: Kept, histories: tuple[History, ...]) -> tuple[Violation, ...]:
    """Every violation of the invariants that can be read from these rows and histories."""
    return tuple(violation for one in _CHECKS for violation in one(kept, histories))


__all__ = [
    "INVARIANTS",
    "NOT_YET",
    "Harm",
    "History",
    "Kept",
    "Violation",
    "check",
    "check_asked",
    "hear_again",
    "read_kept",
]
