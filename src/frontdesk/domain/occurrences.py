"""What happened to the installation, for the people who run it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Least severe first."""

KINDS: Mapping[str, str] = {
    "breaker.opened": "A deployment or another system failed several times in a row; nobody asks it for a while.",
    "breaker.closed": "A deployment or another system answers again; requests to it come back.",
    "vendor.model_changed": "A vendor reports another model than the one that is pinned.",
    "vendor.key_refused": "A vendor refuses the key; no request of this installation gets through there.",
    "budget.low": "A ceiling is nearly reached; answers have grown thriftier.",
    "budget.denied": "A ceiling is reached; requests that cost money are not made.",
    "load.waiting": "More people write than can be answered at once; their messages are kept.",
    "load.refused": "So many people write that newcomers, or messages beyond those that are kept, are asked to come again.",
    "config.rejected": "A changed assistant folder has mistakes; the last good one goes on.",
    "config.reloaded": "A changed assistant folder is live for new messages.",
    "database.lost": "The database could not be reached.",
    "database.found": "The database can be reached again.",
    "system.not_as_agreed": "Another system returned something else than was agreed; workflows made no use of it.",
    "system.key_refused": "Another system refuses our key; no workflow gets anything from it.",
    "turn.taken_over": "A worker fell silent; another finished what it had begun.",
    "write_back.failing": "Conversations have not got into the customers' records for a while; they are kept.",
    "write_back.recovered": "Conversations get into the customers' records again.",
    "write_back.stuck": "A conversation cannot be written into its customer's record before a person mends it.",
}
"""Every kind, and what it means; a kind that is not here is counted as `other`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    occurrence_id: int
    at: datetime
    """When it was first noted."""
    last_at: datetime
    """When it was noted last; the same again within some minutes is one occurrence."""
    times: int
    kind: str
    severity: Severity
    subject: str
    """What it is about, such as a vendor and model."""
    detail: Mapping[str, str | int | float]
    """As it was noted last."""
