"""Files to documents: decoding, front matter, Markdown, HTML."""

from frontdesk.ingest.parsing.document import document_id, parse_document

__all__ = ["document_id", "parse_document"]
