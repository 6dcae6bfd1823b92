"""A customer's verdict on an answer: kept beside the turn, told to every open tab through the log."""

import json

from frontdesk.domain.errors import ConflictError
from frontdesk.domain.events import FeedbackGiven
from frontdesk.domain.feedback import MAX_COMMENT_CHARS, Feedback
from frontdesk.domain.turn import TurnState
from frontdesk.ports.stores import StoredTurn, Stores
from frontdesk.text.normalise import clean_text
from frontdesk.turn.said import find_turn

MAX_CHANGES = 20
"""Ratings of one turn, changes counted; people stop far below it, loops do not."""


def clean_comment(raw: str) -> str:
    """The comment repaired, without what nobody can see."""
    return clean_text(raw).strip()[:MAX_COMMENT_CHARS]


def give_feedback(stores: Stores, given: Feedback) -> bool:
    """Keep the rating in place of an earlier one; whether it says anything new. A unit of work.

    Raises:
        NotFoundError: no such turn in this conversation.
        ConflictError: there is nothing to rate, or it was rated too often.
    """
    turn = find_turn(stores, given.conversation_id, given.turn_id)
    _check_ratable(stores, turn, given)
    earlier = stores.feedback.get(given.turn_id)
    if _says_the_same(earlier, given):
        return False
    if stores.feedback.times_given(given.turn_id) >= MAX_CHANGES:
        raise ConflictError("This answer was rated too often.", field="turn_id")
    event = FeedbackGiven(turn_id=given.turn_id, rating=given.rating, reasons=given.reasons, comment=given.comment)
    (stored,) = stores.events.append(given.conversation_id, [event], at=given.at)
    stores.feedback.put(given, seq=stored.seq)
    stores.write_backs.touch(given.conversation_id)
    return True


def _check_ratable(stores: Stores, turn: StoredTurn, given: Feedback) -> None:
    if turn.conversation_id != given.conversation_id:
        raise ConflictError("This answer was given in the conversation before; it is rated there.", field="turn_id")
    if turn.state is not TurnState.ENDED:
        raise ConflictError("This turn has not ended yet.", field="turn_id")
    last = stores.events.read(turn.conversation_id, after=turn.last_seq - 1, limit=1)
    if not last or not json.loads(last[0].body).get("text"):
        raise ConflictError("Nothing was said in this turn that could be rated.", field="turn_id")


def _says_the_same(earlier: Feedback | None, given: Feedback) -> bool:
    if earlier is None:
        return given.rating == "none"
    return (earlier.rating, earlier.reasons, earlier.comment) == (given.rating, given.reasons, given.comment)
