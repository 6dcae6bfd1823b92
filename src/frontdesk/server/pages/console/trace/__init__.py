"""What the trace of a turn shows, made of the turn's record.

record      the record, with what older versions did not hold as empty
summary     the row of figures
waterfall   stages and steps on one axis of time
stages      each stage: whether it ran, one sentence, what it was given and gave
early       intake, guard, identity, route
search      retrieve
late        generate, ground, deliver, record
marked      text with marks on it
"""

from frontdesk.server.pages.console.trace.record import Record
from frontdesk.server.pages.console.trace.stages import StageView, read_stages
from frontdesk.server.pages.console.trace.summary import Figure, sum_up
from frontdesk.server.pages.console.trace.waterfall import Waterfall, draw

__all__ = ["Figure", "Record", "StageView", "Waterfall", "draw", "read_stages", "sum_up"]
