"""Write-back: each conversation becomes a part of the customer's record in another system, exactly once.

marking    the commit that ends a turn also says that something waits to be written
facts      what the conversation has to tell, personal data masked
formats    how single values are written
mapping    facts > the other system's fields, or what is wrong with each
delivery   one record on its way: begun in a commit, sent under its id, looked up after an unclear end
sending    the loop that takes what is due; slow while nothing gets through
mending    what people do about those that are stuck, and the preview
"""

from frontdesk.turn.write_back.delivery import Target
from frontdesk.turn.write_back.mapping import MappedRecord, map_record
from frontdesk.turn.write_back.marking import mark_for_write_back
from frontdesk.turn.write_back.sending import SenderPace, WriteBackSender

__all__ = ["MappedRecord", "SenderPace", "Target", "WriteBackSender", "map_record", "mark_for_write_back"]
