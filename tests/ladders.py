"""Builders of ladders: scripted models as rungs, and what came of a draft."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from frontdesk.adapters.models.scripted import Pause, Script, ScriptedChatModel, reply
from frontdesk.domain.conversation import PUBLIC
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import ModelRoute
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest, ChatTurn
from frontdesk.turn.generation import DraftEnd, DraftEvent, DraftReset, DraftText, Generator, Rung, Vendors

FOR_EVER = Pause(seconds=float("inf"))
DOWN = UnavailableError("down", result="5xx")
QUOTED = "Our pages say: it is free."


class Time:
    """Monotonic seconds that stand still until they are set."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Heard:
    """Occurrences as they were noted."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.details: list[dict[str, Any]] = []

    def note(self, kind: str, *, subject: str, severity: str = "warning", **detail: str | int | float) -> None:
        self.kinds.append(kind)
        self.details.append({"subject": subject, "severity": severity, **detail})


def a_passage(text: str = "Returns are free.") -> Passage:
    chunk = ChunkId("chunk_a")
    return Passage(
        chunk_id=chunk,
        chunk_ids=(chunk,),
        document_id=DocumentId("doc_a"),
        title="Returns",
        url="",
        breadcrumb=("Returns",),
        language="en",
        audience=PUBLIC,
        text=text,
        start=0,
        score=1.0,
        lexical_score=None,
        dense_score=None,
    )


def a_request(**fields: Any) -> ChatRequest:
    given: dict[str, Any] = {
        "purpose": "answer",
        "instructions": "Be kind.",
        "history": tuple(ChatTurn(role="customer", text=f"message {number}") for number in range(6)),
        "passages": (a_passage(),) * 4,
        "question": "Is it free?",
        "language": "en",
    }
    return ChatRequest(**(given | fields))


def a_model(name: str, *scripts: Script) -> ScriptedChatModel:
    return ScriptedChatModel(*scripts, model=name)


def a_rung(model: ScriptedChatModel, **fields: Any) -> Rung:
    given: dict[str, Any] = {"name": model.model, "adapter": "openai", "model": model.model}
    return Rung(model=model, route=ModelRoute(**(given | fields)))


def quotes() -> Rung:
    model = ScriptedChatModel(reply(QUOTED), vendor="frontdesk", model="extractive")
    return Rung(model=model, route=ModelRoute(name="quotes", adapter="extractive"))


def a_price(vendor: str, model: str, usage: Usage, **_: object) -> Decimal | None:
    return Decimal(usage.input_tokens + usage.output_tokens) if vendor == "scripted" else Decimal(0)


def some_vendors(monotonic: Callable[[], float] = time.monotonic, **fields: Any) -> Vendors:
    return Vendors(monotonic=monotonic, **fields)


def a_generator(*rungs: Rung, vendors: Vendors | None = None, **settings: Any) -> Generator:
    return Generator(rungs, vendors=vendors or some_vendors(), price=a_price, **settings)


async def draft_of(
    generator: Generator, request: ChatRequest | None = None, *, deadline_s: float = 10.0, **how: Any
) -> list[DraftEvent]:
    draft = generator.stream(request or a_request(), deadline_s=deadline_s, **how)
    return [event async for event in draft]


def end_of(events: list[DraftEvent]) -> DraftEnd:
    assert isinstance(events[-1], DraftEnd)
    return events[-1]


def text_of(events: list[DraftEvent]) -> str:
    """What is left of the draft after its resets."""
    text = ""
    for event in events:
        text = "" if isinstance(event, DraftReset) else text + (event.text if isinstance(event, DraftText) else "")
    return text


def results_of(events: list[DraftEvent]) -> list[tuple[str, str]]:
    return [(attempt.model, attempt.result) for attempt in end_of(events).attempts]
