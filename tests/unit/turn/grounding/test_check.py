from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import GroundingSettings
from frontdesk.domain.turn import GroundingReport
from frontdesk.turn.grounding import Grounder

MakePassage = Callable[..., Passage]
RETURNS = """# Returns

You can return unused items within 30 days of delivery. Gift cards cannot be returned.
- Return shipping from Germany is free.

| Country | Label |
|---|---|
| Austria | 4.90 EUR |
"""


def check(grounder: Grounder, text: str, passage: Passage, *, question: str = "") -> GroundingReport:
    return grounder.check_now(text, [passage], question=question, language=passage.language)


@pytest.mark.parametrize(
    "quote",
    [
        "Returns",
        "You can return unused items within 30 days of delivery.",
        "Gift cards cannot be returned.",
        "Return shipping from Germany is free.",
        "Austria | 4.90 EUR",
    ],
)
def test_an_exact_quote_passes_with_hardly_any_risk(grounder: Grounder, passage: MakePassage, quote: str) -> None:
    report = check(grounder, quote, passage(RETURNS))
    assert report.is_supported(0.5)
    assert report.claims[0].risk <= 0.02
    assert report.claims[0].evidence is not None
    assert quote in report.claims[0].evidence.quote


def test_evidence_is_the_exact_text_of_the_passage_it_names(grounder: Grounder, passage: MakePassage) -> None:
    passages = [passage("We sell tents.", name="chunk_a"), passage(RETURNS, name="chunk_b")]
    report = grounder.check_now("Gift cards can't be sent back.", passages, question="", language="en")
    evidence = report.claims[0].evidence
    assert evidence is not None
    assert (evidence.passage, evidence.chunk_id) == (1, "chunk_b")
    assert evidence.quote == passages[1].text[evidence.start : evidence.end] == "Gift cards cannot be returned."


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("You can return unused items within 60 days of delivery.", "number"),
        ("You can return unused items within 30 weeks of delivery.", "unit"),
        ("A label from Austria costs 5.90 EUR.", "price"),
        ("Gift cards can be returned.", "negation"),
        ("You cannot return unused items within 30 days of delivery.", "negation"),
    ],
)
def test_a_contradiction_alone_withholds_a_claim(
    grounder: Grounder, passage: MakePassage, claim: str, reason: str
) -> None:
    report = check(grounder, claim, passage(RETURNS))
    assert reason in report.claims[0].contradictions
    assert not report.is_supported(1.0)


@pytest.mark.parametrize(
    ("text", "claim", "language"),
    [
        ("Los perros pueden entrar en la tienda.", "Los perros no pueden entrar en la tienda.", "es"),
        ("Las tarjetas regalo no se pueden devolver.", "Las tarjetas regalo se pueden devolver.", "es"),
        ("Hunde dürfen in den Laden.", "Hunde dürfen nicht in den Laden.", "de"),
        ("Gutscheine können nicht zurückgegeben werden.", "Gutscheine können zurückgegeben werden.", "de"),
        ("Gutscheine können zurückgegeben werden.", "Keine Gutscheine können zurückgegeben werden.", "de"),
    ],
)
def test_denials_are_understood_in_spanish_and_german(
    grounder: Grounder, passage: MakePassage, text: str, claim: str, language: str
) -> None:
    report = check(grounder, claim, passage(text, language=language))
    assert report.claims[0].contradictions == ("negation",)


@pytest.mark.parametrize(
    ("answer", "question", "is_contradicted"),
    [
        ("Yes.", "Can gift cards be returned?", True),
        ("No.", "Can gift cards be returned?", False),
        ("No.", "Can I return unused items within 30 days?", True),
        ("No, you can return unused items within 30 days of delivery.", "Can I return unused items?", True),
        ("Yes, you can return unused items within 30 days of delivery.", "Can I return unused items?", False),
    ],
)
def test_a_yes_or_no_is_held_against_what_the_passage_answers(
    grounder: Grounder, passage: MakePassage, answer: str, question: str, is_contradicted: bool
) -> None:
    report = check(grounder, answer, passage(RETURNS), question=question)
    assert ("yes_no" in report.claims[0].contradictions) is is_contradicted


def test_conversation_carries_no_claim_and_no_risk(grounder: Grounder, passage: MakePassage) -> None:
    report = check(grounder, "Hello! Thank you for your question. Can I help with anything else?", passage(RETURNS))
    assert report.claims == ()
    assert report.risk == 0.0


def test_a_reply_that_says_nothing_is_at_risk_when_whole_answers_are_scored(
    grounder: Grounder, passage: MakePassage
) -> None:
    report = grounder.check_now(
        "Hello! What do you think?", [passage(RETURNS)], question="", language="en", counts_talk=True
    )
    assert report.risk > 0.5


def test_a_claim_without_any_passage_is_withheld(grounder: Grounder) -> None:
    report = grounder.check_now("Boots are waterproof.", [], question="", language="en")
    assert not report.is_supported(0.5)
    assert report.claims[0].evidence is None


def test_an_amount_the_customer_named_may_be_repeated(grounder: Grounder, passage: MakePassage) -> None:
    text = "Order 4711 can be returned within 30 days of delivery."
    with_question = check(grounder, text, passage(RETURNS), question="Can I return order 4711?")
    assert with_question.claims[0].contradictions == ()
    assert check(grounder, text, passage(RETURNS)).claims[0].contradictions == ("number",)


def test_the_title_of_a_passage_is_said_of_every_sentence_of_it(grounder: Grounder, passage: MakePassage) -> None:
    plain = check(grounder, "The Hamburg store opens at 10:00.", passage("It opens at 10:00."))
    titled = check(grounder, "The Hamburg store opens at 10:00.", passage("It opens at 10:00.", title="Hamburg store"))
    assert titled.claims[0].risk < plain.claims[0].risk


class CountingEmbedder:
    """Gives every text the same vector and counts what it was asked."""

    fingerprint: ClassVar[str] = "counting"
    dimension: ClassVar[int] = 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(texts), 1))

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.embed_now(texts)

    def count_tokens(self, text: str) -> int:
        return len(text.split())


async def test_vectors_are_asked_only_where_words_do_not_decide(passage: MakePassage) -> None:
    embedder = CountingEmbedder()
    grounder = Grounder(embedder, GroundingSettings())
    given = [passage(RETURNS)]
    await grounder.check("Gift cards cannot be returned.", given, question="", language="en")
    await grounder.check("Our rockets fly to Mars.", given, question="", language="en")
    assert embedder.asked == []
    claim = "You have 30 days from delivery to return anything you have not used."
    report = await grounder.check(claim, given, question="", language="en")
    assert embedder.asked[0] == claim
    assert report == grounder.check_now(claim, given, question="", language="en")


def test_the_order_of_passages_does_not_change_the_risk(grounder: Grounder, passage: MakePassage) -> None:
    first, second = passage(RETURNS, name="a"), passage("The store opens at 10:00.", name="b")
    one = grounder.check_now("The store opens at 10:00.", [first, second], question="", language="en")
    other = grounder.check_now("The store opens at 10:00.", [second, first], question="", language="en")
    assert one.risk == other.risk
    assert replace(one.claims[0], evidence=None) == replace(other.claims[0], evidence=None)


def test_the_customers_own_amount_does_not_stand_in_for_the_one_of_the_article(
    grounder: Grounder, passage: MakePassage
) -> None:
    article = passage("You can cancel an express order within 15 minutes of placing it.")
    question = "can i cancel an express order i made 20 min ago"

    lie = check(
        grounder, "You can cancel an express order within 20 minutes of placing it.", article, question=question
    )
    both = check(
        grounder,
        "You ordered 20 minutes ago, and an express order can be cancelled within 15 minutes of placing it.",
        article,
        question=question,
    )

    assert "number" in lie.claims[0].contradictions
    assert both.claims[0].contradictions == ()


def test_a_denial_counts_also_where_another_sentence_bears_the_claim_more(
    grounder: Grounder, passage: MakePassage
) -> None:
    passages = [
        passage("Sale items cannot be exchanged by post; they can only be returned within 14 days of delivery."),
        passage("You can return sale items within 14 days of delivery.", name="chunk_2"),
    ]
    report = grounder.check_now(
        "You cannot return sale items within 14 days of delivery.", passages, question="", language="en"
    )
    assert "negation" in report.claims[0].contradictions


def test_a_denial_left_out_in_spanish_is_found_beside_a_list_joined_by_ni(
    grounder: Grounder, passage: MakePassage
) -> None:
    article = passage("Harbor & Pine no envía a Canarias, Ceuta ni Melilla.", language="es")
    report = check(grounder, "Harbor & Pine envía a Canarias, Ceuta ni Melilla.", article)
    assert "negation" in report.claims[0].contradictions


def test_a_semicolon_does_not_hide_a_lost_denial_behind_a_true_half(grounder: Grounder, passage: MakePassage) -> None:
    article = passage(
        "Gas cartridges cannot be delivered to Austria. Airbag cylinders can be delivered to Austria by standard delivery."
    )
    text = (
        "Gas cartridges can be delivered to Austria; airbag cylinders can be delivered to Austria by standard delivery."
    )

    false_half, true_half = check(grounder, text, article).claims

    assert "negation" in false_half.contradictions
    assert true_half.contradictions == ()


def test_words_that_only_name_the_source_do_not_count_and_a_denial_among_them_does(
    grounder: Grounder, passage: MakePassage
) -> None:
    article = passage("Stiefel neu zu besohlen kostet 89 EUR.", language="de")

    named = check(grounder, "Laut den Hilfeseiten gilt: Stiefel neu zu besohlen kostet 89 EUR.", article)
    denied = check(grounder, "Laut den Hilfeseiten gilt nicht: Stiefel neu zu besohlen kostet 89 EUR.", article)

    assert named.is_supported(0.5)
    assert not denied.is_supported(0.5)
