"""Where things are in the console."""

from urllib.parse import quote, urlencode

CONVERSATIONS = "/console/conversations"
TURNS = "/console/turns"
KNOWLEDGE = "/console/knowledge"
DOCUMENTS = f"{KNOWLEDGE}/documents"
MONITOR = "/console/monitor"
INTEGRATIONS = "/console/integrations"
WORKFLOWS = "/console/workflows"


def conversation_address(conversation_id: str) -> str:
    return f"{CONVERSATIONS}/{quote(conversation_id)}"


def record_address(conversation_id: str) -> str:
    """The conversation as it is written into the customer's record."""
    return f"{INTEGRATIONS}/records/{quote(conversation_id)}"


def workflow_address(name: str) -> str:
    return f"{WORKFLOWS}/{quote(name)}"


def turn_address(turn_id: str) -> str:
    return f"{TURNS}/{quote(turn_id)}"


def document_address(document_id: str, *, chunk_id: str = "", said: str = "") -> str:
    """The document, at a chunk of it or at words that were quoted from it."""
    where = {"chunk": chunk_id, "quote": said}
    query = urlencode({name: value for name, value in where.items() if value})
    place = "#quote" if said else "#chunk"
    return f"{DOCUMENTS}/{quote(document_id)}{f'?{query}{place}' if query else ''}"


def attachment_address(conversation_id: str, attachment_id: str) -> str:
    return f"{conversation_address(conversation_id)}/attachments/{quote(attachment_id)}"
