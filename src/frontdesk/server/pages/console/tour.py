"""The guided tour: five pages in order, each with a sentence. It is in the address, so that it needs no memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from frontdesk.ports.stores import StoredTurn
from frontdesk.server.routes import frontdesk_of

_NO_TURN = (
    "Nobody has asked anything yet. Ask the chat a question, then come back here: two steps more will show the answer."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TourStep:
    """A page and what to see there; `{conversation_id}` and `{turn_id}` are those of the newest answered turn."""

    path: str
    text: str


STEPS: Sequence[TourStep] = (
    TourStep(
        path="/console/conversations?tour=1",
        text="Every conversation, newest first. Search by what was said, narrow by outcome or language, and watch new ones arrive.",
    ),
    TourStep(
        path="/console/conversations/{conversation_id}?tour=2",
        text="One conversation as both sides saw it. Each answer says how it ended and leads to its trace.",
    ),
    TourStep(
        path="/console/turns/{turn_id}?tour=3",
        text="One answer, taken apart: stages and their time, the passages that were found, each claim beside its evidence, and what was withheld.",
    ),
    TourStep(
        path="/console/knowledge?tour=4",
        text="The documents that answers may come from, as they are searched at this moment, and where each was cited.",
    ),
    TourStep(
        path="/console/knowledge/try?tour=5",
        text="Ask the knowledge without the model: see which passages are found, with what score, and for whom.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TourPanel:
    """The panel of one step."""

    number: int
    total: int
    text: str
    back: str
    """Address of the step before; empty on the first."""
    next: str
    """Address of the step after; empty on the last."""
    end: str
    """This page without the tour."""


async def tour_of(request: Request) -> TourPanel | None:
    """The step that the address names; None where it names none."""
    number = request.query_params.get("tour", "")
    if number not in {str(place) for place in range(1, len(STEPS) + 1)}:
        return None
    turn = await frontdesk_of(request).database.read(lambda stores: stores.turns.newest_answered())
    index = int(number) - 1
    end = request.url.remove_query_params("tour")
    return TourPanel(
        number=index + 1,
        total=len(STEPS),
        text=STEPS[index].text if turn or index else f"{STEPS[index].text} {_NO_TURN}",
        back=_address(index, -1, turn),
        next=_address(index, +1, turn),
        end=f"{end.path}?{end.query}" if end.query else end.path,
    )


def _address(index: int, direction: int, turn: StoredTurn | None) -> str:
    """Where the next step in a direction is; those that show a turn are passed over while there is none."""
    index += direction
    while turn is None and 0 <= index < len(STEPS) and "{" in STEPS[index].path:
        index += direction
    if not 0 <= index < len(STEPS):
        return ""
    ids = {"conversation_id": turn.conversation_id, "turn_id": turn.turn_id} if turn else {}
    return STEPS[index].path.format(**ids)
