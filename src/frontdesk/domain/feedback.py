"""What a customer thinks of an answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from frontdesk.domain.ids import ConversationId, TurnId

MAX_COMMENT_CHARS = 1_000

Rating = Literal["up", "down", "none"]
"""`none` takes an earlier rating back."""


class FeedbackReason(StrEnum):
    """What was wrong with an answer."""

    WRONG = "wrong"
    UNCLEAR = "unclear"
    INCOMPLETE = "incomplete"
    OUTDATED = "outdated"
    NOT_MY_QUESTION = "not_my_question"
    TONE = "tone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The newest rating of one turn."""

    conversation_id: ConversationId
    turn_id: TurnId
    rating: Rating
    reasons: tuple[FeedbackReason, ...] = ()
    comment: str = ""
    at: datetime
