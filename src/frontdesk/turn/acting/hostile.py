"""Records that give orders: found for the audit log. They are values like any other and move nothing."""

import re
from collections.abc import Sequence

from frontdesk.domain.connector import OperationSpec, Row
from frontdesk.turn.guards.guard import INJECTIONS

_MOST_ROWS = 20
"""Looked at; a detector takes some 50 µs for each."""
_MOST_CHARS = 2_000
_TO_US = re.compile(
    r"\b(?:note|message|instructions?|order|hint|hinweis|nachricht|anweisung|nota|mensaje|instrucci[oó]n(?:es)?)\s+"
    r"(?:to|for|an|f[uü]r|para|a)\s+(?:the|den|die|das|el|la)?\s*(?:assistant|ai|bot|model|agent|assistente?n?|ki|modell|asistente|modelo)\b",
    re.IGNORECASE,
)


def find_orders(spec: OperationSpec, rows: Sequence[Row]) -> str:
    """The name of a field whose text is addressed to the assistant; empty where there is none."""
    names = [field.name for field in spec.fields if field.type == "text"]
    for row in rows[:_MOST_ROWS] if names else ():
        texts = {name: str(row[name])[:_MOST_CHARS] for name in names if row.get(name)}
        if _gives_orders("\n".join(texts.values())):
            return next((name for name, text in texts.items() if _gives_orders(text)), names[0])
    return ""


def _gives_orders(text: str) -> bool:
    return bool(text) and (bool(INJECTIONS.find(text)) or _TO_US.search(text) is not None)
