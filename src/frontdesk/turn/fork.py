"""A conversation goes on twice: everything said up to a turn becomes the beginning of another one."""

from collections.abc import Callable

from frontdesk.domain.conversation import Conversation
from frontdesk.domain.errors import ConflictError, NotFoundError, TooLargeError
from frontdesk.domain.events import FINAL_KINDS
from frontdesk.domain.ids import ConversationId, TurnId
from frontdesk.ports.stores import Stores

MAX_FORKS = 50
"""Of one conversation; each is a copy."""
MAX_EVENTS = 2_000
"""About 400 turns; a longer conversation is begun anew."""


def fork_conversation(
    stores: Stores,
    source: ConversationId,
    fork: Conversation,
    *,
    turn_id: TurnId | None,
    token_hash: str,
    mint: Callable[[], str],
) -> None:
    """Store `fork` with what was said in `source` up to the end of the turn, or of its last one. A unit of work.

    The assistant has the fork, whoever has the source. Turns are copied by name: they stay those of the source, so
    their traces, citations and ratings are found there. The customer and their rights are those of the source.

    Raises:
        NotFoundError: the source does not tell of the turn.
        ConflictError: the turn has not ended yet, or the source was forked too often.
        TooLargeError: it is longer than `MAX_EVENTS`.
    """
    if len(stores.finder.forks_of(source)) >= MAX_FORKS:
        raise ConflictError("This conversation was forked too often; begin a new one.", limit=MAX_FORKS)
    until = _end_of(stores, source, turn_id)
    stores.conversations.create(fork, token_hash=token_hash)
    stores.forks.copy(source, fork, until=until, mint=mint)


def _end_of(stores: Stores, source: ConversationId, turn_id: TurnId | None) -> int:
    """Sequence number of the event that ended the turn; of the last event where none is named."""
    events = stores.events.read(source, after=0, limit=MAX_EVENTS + 1)
    if len(events) > MAX_EVENTS:
        raise TooLargeError("This conversation is too long to be forked; begin a new one.", limit=MAX_EVENTS)
    if turn_id is None:
        return events[-1].seq if events else 0
    mine = [event for event in events if event.turn_id == turn_id]
    if not mine:
        raise NotFoundError("There is no such turn.", field="turn_id")
    ends = [event.seq for event in mine if event.kind in FINAL_KINDS]
    if not ends:
        raise ConflictError("This turn has not ended yet.", field="turn_id")
    return ends[-1]
