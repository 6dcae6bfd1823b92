"""A stored document's Markdown as blocks of plain text, which pages and the widget draw with elements of their own.

    values.py      Run and Block: all that is ever shown of a document
    structure.py   headings, paragraphs, lists, tables, quotes and code, each with the place it was read from
    inline.py      emphasis, code and links within one of them
    drawing.py     read_blocks(): both together, with a passage marked
    quotes.py      find_quote(): where a quotation stands in a document

No HTML comes out of a document: what looks like it is text. Time grows with the length alone, whatever stands there.
"""

from frontdesk.server.reading.drawing import in_one_line, read_blocks
from frontdesk.server.reading.inline import safe_href
from frontdesk.server.reading.quotes import find_quote
from frontdesk.server.reading.values import Block, BlockKind, Run, plain_text, to_json

__all__ = [
    "Block",
    "BlockKind",
    "Run",
    "find_quote",
    "in_one_line",
    "plain_text",
    "read_blocks",
    "safe_href",
    "to_json",
]
