from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from frontdesk.adapters.models.extractive import ExtractiveChatModel
from frontdesk.adapters.models.extractive_candidates import candidates
from frontdesk.domain.conversation import PUBLIC
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.turn import Rewording
from frontdesk.ports.models import ChatRequest, ChatTurn, StreamEnd, TextDelta

RETURNS = """## How long you have

You can return unused items within 30 days of delivery. Sale items come back within **14 days**.

| What you bought | Return window |
| --- | --- |
| Regular-priced items | 30 days from delivery |
| Gift cards | no returns |

What you need for a return:

- the order number, see [My orders](https://help.example/orders)
- the delivery note
"""
SHIPPING = """## Spain

Standard delivery to mainland Spain costs 8.90 EUR and is free for orders of 100 EUR or more. It takes 3 to 5 days.

## How to track a parcel

1. Open **My orders**.
2. Choose the order.
3. Follow the link of the carrier.
4. Enter your postcode.

- [Returns policy](https://help.example/returns)
"""
SPANISH = "Puedes devolver los artículos sin usar durante los 30 días siguientes a la entrega."


def a_passage(text: str, title: str = "Help", language: str = "en") -> Passage:
    chunk = ChunkId("chunk_a")
    return Passage(
        chunk_id=chunk,
        chunk_ids=(chunk,),
        document_id=DocumentId("doc_a"),
        title=title,
        url="",
        breadcrumb=(title,),
        language=language,
        audience=PUBLIC,
        text=text,
        start=0,
        score=1.0,
        lexical_score=None,
        dense_score=None,
    )


def a_request(
    question: str, *passages: Passage, language: str = "en", history: tuple[ChatTurn, ...] = (), lead_in: str = ""
) -> ChatRequest:
    return ChatRequest(
        purpose="answer",
        instructions="",
        history=history,
        passages=passages,
        question=question,
        language=language,
        lead_in=lead_in,
    )


PASSAGES = (a_passage(RETURNS, "Returns"), a_passage(SHIPPING, "Delivery to Spain"))


async def chosen(question: str, *passages: Passage, language: str = "en") -> list[str]:
    return await ExtractiveChatModel().choose(a_request(question, *(passages or PASSAGES), language=language))


async def test_quotes_under_the_lead_in_and_says_nothing_else() -> None:
    request = a_request("How much is delivery to Spain?", *PASSAGES, lead_in="Our pages say:")
    events = [event async for event in ExtractiveChatModel().stream(request)]
    assert events[0] == TextDelta(text="Our pages say:\n\n")
    assert isinstance(events[-1], StreamEnd)
    quoted = "".join(event.text for event in events[1:] if isinstance(event, TextDelta))
    assert quoted.startswith("Standard delivery to mainland Spain costs 8.90 EUR")
    assert all(line.rstrip(".") in SHIPPING for line in quoted.splitlines())


async def test_says_nothing_when_nothing_is_relevant() -> None:
    request = a_request("Which mutual fund should I buy?", *PASSAGES, lead_in="Our pages say:")
    events = [event async for event in ExtractiveChatModel().stream(request)]
    assert [type(event) for event in events] == [StreamEnd]
    assert await chosen("anything at all", a_passage("")) == []
    assert await ExtractiveChatModel().choose(a_request("Is it free?")) == []


async def test_prefers_the_kind_of_thing_that_is_asked_for() -> None:
    assert "3 to 5 days" in " ".join(await chosen("How long does delivery to Spain take?"))
    assert (await chosen("How much is delivery to Spain?"))[0].startswith("Standard delivery to mainland Spain costs")


async def test_quotes_at_most_three_sentences() -> None:
    text = " ".join(f"Returns of {thing} are free." for thing in ("boots", "tents", "jackets", "stoves", "ropes"))
    assert 1 <= len(await chosen("Are returns free?", a_passage(text))) <= 3


async def test_says_the_same_thing_once() -> None:
    twice = "Returns of boots are free in Spain."
    again = "In Spain, returns of boots are free."
    assert len(await chosen("Are returns of boots free in Spain?", a_passage(twice), a_passage(again))) == 1


async def test_a_numbered_procedure_is_quoted_whole_and_in_order() -> None:
    assert await chosen("How do I track a parcel?") == [
        "Open My orders.",
        "Choose the order.",
        "Follow the link of the carrier.",
        "Enter your postcode.",
    ]


async def test_answers_in_the_language_of_the_question_where_a_passage_does() -> None:
    question = "¿Cuánto tiempo tengo para devolver un artículo?"
    assert await chosen(question, PASSAGES[0], a_passage(SPANISH, "Devoluciones", "es"), language="es") == [SPANISH]


async def test_a_short_follow_up_remembers_the_question_before() -> None:
    history = (ChatTurn(role="customer", text="How long can I return unused items?"),)
    request = a_request("and sale items?", *PASSAGES, history=history)
    assert "Sale items come back within 14 days." in await ExtractiveChatModel().choose(request)


def test_rows_items_and_sentences_are_candidates_without_their_mark_up() -> None:
    found = candidates(PASSAGES[0])
    assert [candidate.text for candidate in found] == [
        "You can return unused items within 30 days of delivery.",
        "Sale items come back within 14 days.",
        "What you bought: Regular-priced items · Return window: 30 days from delivery.",
        "What you bought: Gift cards · Return window: no returns.",
        "What you need for a return: the order number, see My orders",
        "What you need for a return: the delivery note",
    ]
    assert [candidate.kind for candidate in found] == ["prose", "prose", "row", "row", "item", "item"]
    assert "need" in found[-1].heading_stems


def test_lines_that_are_only_a_link_are_no_candidates() -> None:
    assert not any("Returns policy" in candidate.text for candidate in candidates(PASSAGES[1]))


class MeaningEmbedder:
    """Thinks that whatever speaks of money is near to whatever asks for it."""

    fingerprint = "meaning"
    dimension = 2

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [(1.0, 0.0) if ("expensive" in text or "EUR" in text) else (0.0, 1.0) for text in texts]
        return np.array(rows, dtype=np.float32)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed_now(texts)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


@pytest.mark.parametrize("embedder", [None, MeaningEmbedder()])
async def test_meaning_decides_between_sentences_with_the_same_words(embedder: MeaningEmbedder | None) -> None:
    text = "Delivery to Spain is our pride. Delivery to Spain is 9 EUR."
    model = ExtractiveChatModel(embedder)
    answer = await model.choose(a_request("Is delivery to Spain expensive?", a_passage(text)))
    assert (answer == ["Delivery to Spain is 9 EUR."]) is (embedder is not None)


CLUB = """## Who can join

- students at a university
- everybody else pays the full price

## What is not covered

- Damage by airlines. Please tell the airline.
- Hoses, which wear out.
- The finish is not covered, because it wears off.

## Good to know

- maps to read on the spot
- Zips on packs: 10 years.
"""


def test_an_item_that_says_nothing_alone_comes_after_what_stands_above_it() -> None:
    assert [candidate.text for candidate in candidates(a_passage(CLUB))] == [
        "Who can join: students at a university",
        "Who can join: everybody else pays the full price",
        "What is not covered: Damage by airlines.",
        "Please tell the airline.",
        "What is not covered: Hoses, which wear out.",
        "The finish is not covered, because it wears off.",
        "Zips on packs: 10 years.",
    ]


def test_a_cell_that_is_only_a_link_is_not_quoted() -> None:
    table = "| Product | Warranty | More |\n| --- | --- | --- |\n| Boots | 2 years | [Boots](https://help.example/b) |"
    assert [candidate.text for candidate in candidates(a_passage(table))] == ["Product: Boots · Warranty: 2 years."]


async def test_a_word_that_means_the_same_chooses_the_sentence() -> None:
    request = a_request(
        "Is a rucksack guaranteed?", a_passage("Backpacks have a warranty of 10 years. Boots are warm.")
    )
    known = replace(
        request,
        rewordings=(
            Rewording(said=("rucksack",), meant=("backpack",), kind="synonym"),
            Rewording(said=("guaranteed",), meant=("warranty",), kind="synonym"),
        ),
    )
    assert await ExtractiveChatModel().choose(request) == []
    assert await ExtractiveChatModel().choose(known) == ["Backpacks have a warranty of 10 years."]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How much off do students get?", "Students pay 15 percent less on tents."),
        ("Until when can students return tents?", "Students return tents until 31 January."),
        ("Can I still return tents as students do?", "You can return tents like students."),
    ],
)
async def test_a_sentence_with_the_kind_of_value_asked_for_comes_first(question: str, sentence: str) -> None:
    others = "Students like our tents. Students often return to our tents."
    assert sentence in await chosen(question, a_passage(f"{others} {sentence}"))


async def test_of_a_table_only_the_row_that_is_asked_for_is_quoted() -> None:
    rows = "".join(f"| {length} cm | {size} |\n" for length, size in (("25.3", 40), ("26.0", 41), ("26.6", 42)))
    table = f"## Boot sizes\n\n| Foot length | EU size |\n| --- | --- |\n{rows}"
    assert await chosen("Which EU boot size for a foot length of 26.6 cm?", a_passage(table)) == [
        "Foot length: 26.6 cm · EU size: 42."
    ]
