"""What customers think of an answer."""

from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from frontdesk.domain.feedback import MAX_COMMENT_CHARS, Feedback, FeedbackReason, Rating
from frontdesk.server.access import Access
from frontdesk.server.api.paths import to_turn_id
from frontdesk.server.bodies import Body, json_response, read_body
from frontdesk.server.routes import Operation, conversation_of, frontdesk_of, visitor_of
from frontdesk.turn.feedback import clean_comment, give_feedback


class NewFeedback(Body):
    turn_id: Annotated[str, Field(max_length=128)] = Field(description="The turn whose answer is rated.")
    rating: Rating = Field(description="`none` takes an earlier rating back.")
    reasons: Annotated[list[FeedbackReason], Field(max_length=len(FeedbackReason))] = Field(
        [], description="What was wrong; only with the rating `down`."
    )
    comment: Annotated[str, Field(max_length=MAX_COMMENT_CHARS)] = Field("", description="In the customer's words.")

    @field_validator("reasons", "comment")
    @classmethod
    def _check_rating(cls, value: Any, info: ValidationInfo) -> Any:
        rating = info.data.get("rating", "down")
        if value and rating == "none":
            raise PydanticCustomError("of_no_rating", "A rating that is taken back has none")
        if value and info.field_name == "reasons" and rating != "down":
            raise PydanticCustomError("of_no_rating", "Reasons go with the rating `down`")
        return value


class FeedbackOut(BaseModel):
    turn_id: str
    rating: Rating
    reasons: list[FeedbackReason]


async def post_feedback(request: Request) -> Response:
    """Rate an answer.

    Giving it again replaces the earlier rating, and `none` takes it back. Every reader of the conversation is told
    with `feedback.given`. Turns in which nothing was said, and those of the conversation this one was forked from,
    are not rated here.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    wanted = await read_body(request, NewFeedback)
    given = Feedback(
        conversation_id=conversation_id,
        turn_id=to_turn_id(wanted.turn_id),
        rating=wanted.rating,
        reasons=tuple(dict.fromkeys(wanted.reasons)),
        comment=clean_comment(wanted.comment),
        at=app.clock.now(),
    )
    if await app.database.write(lambda stores: give_feedback(stores, given)):
        app.telemetry.feedback(rating=given.rating, channel=visitor_of(request).channel)
    return json_response({"turn_id": given.turn_id, "rating": given.rating, "reasons": given.reasons})


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/conversations/{conversation_id}/feedback",
        access=Access.CONVERSATION,
        handler=post_feedback,
        tag="Conversations",
        takes=NewFeedback,
        gives={200: FeedbackOut},
        problems=(409,),
    ),
)
