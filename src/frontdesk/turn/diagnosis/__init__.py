"""Which stage decided how a turn ended, and what to do about it: a pure function of the turn's record.

explain     a turn's record, as the store gives it > a `Diagnosis`
CAUSES      every cause there is, in one sentence each

The stages are asked in their order, and the first that ended the road is the cause. A turn that was answered is asked for
what may still be wrong with it. Nothing is searched or computed again: only what the record holds is read, so that an old
turn is explained by what happened then. What a record does not hold, since it is older or erased, is left out.
"""

from frontdesk.turn.diagnosis.diagnosis import CAUSES, Cause, Diagnosis, Severity
from frontdesk.turn.diagnosis.explain import explain

__all__ = ["CAUSES", "Cause", "Diagnosis", "Severity", "explain"]
