"""Files that customers send: looked at once, kept as they are, shown to people. No model ever gets one.

    step    takes > gives                                     if it cannot
    name    what the device called it > a name to show        a plain name of its kind
    read    bytes, the kind they are said to be > ReadFile    refused: another kind, damaged, too large
    keep    ReadFile, its conversation > Attachment           refused: too many, or the conversation has ended
    send    attachments, a message > bound to it, once        refused: unknown, or sent before

The kind is decided by the first bytes. Images are measured and followed to their end, never decoded; what lies behind
that end is cut off. Text is kept repaired. Pages and drawings that could run something are no kind of ours.
"""

from frontdesk.turn.attachments.files import ReadFile, read_file
from frontdesk.turn.attachments.keeping import bind_attachments, keep_attachment
from frontdesk.turn.attachments.names import clean_name

__all__ = ["ReadFile", "bind_attachments", "clean_name", "keep_attachment", "read_file"]
