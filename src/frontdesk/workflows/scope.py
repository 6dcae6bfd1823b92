"""Where a workflow is switched on."""

from frontdesk.domain.workflow import Workflow
from frontdesk.text.hashing import content_hash

_SHARES = 1 << 32


def is_switched_on(workflow: Workflow, *, channel: str, conversation_id: str) -> bool:
    """Whether this conversation has it: always the same answer for the same share, and rising shares only add some."""
    share = next((value for name, value in workflow.channels.items() if name == channel), workflow.share)
    return place_of(workflow.name, conversation_id) < share


def place_of(workflow: str, conversation_id: str) -> float:
    """A conversation's place among all, from 0 to below 1; another one for each workflow."""
    return int(content_hash([workflow, conversation_id])[:8], 16) / _SHARES
