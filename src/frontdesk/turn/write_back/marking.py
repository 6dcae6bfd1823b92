"""When a conversation is to be written: said in the commit that changes it, so that nothing is forgotten."""

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import NEVER_S, WriteBack
from frontdesk.ports.stores import Stores


def mark_for_write_back(
    stores: Stores, conversation_id: ConversationId, rules: WriteBack | None, *, is_handed_over: bool
) -> None:
    """Let what the conversation's log says by now be written in its time. Part of a unit of work, after its events."""
    if rules is None:
        return
    conversation = stores.conversations.get(conversation_id)
    quiet_s = quiet_after(rules, conversation, is_handed_over=is_handed_over) if conversation else None
    if quiet_s is not None:
        stores.write_backs.mark(conversation_id, quiet_s=quiet_s)


def quiet_after(rules: WriteBack, conversation: Conversation, *, is_handed_over: bool) -> float | None:
    """Seconds without a word after which the conversation is written; None where it never is."""
    if conversation.origin not in rules.origins:
        return None
    if rules.customers == "verified" and not conversation.principal.is_verified:
        return None
    if is_handed_over and "handed_over" in rules.when.occasions:
        return 0.0
    return rules.when.quiet_minutes * 60 if "quiet" in rules.when.occasions else NEVER_S
