"""The company's synonyms and corrected slips of the fingers."""

from dataclasses import replace

import pytest

from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences
from frontdesk.domain.release import RetrievalSettings
from frontdesk.domain.turn import RetrievalResult, Rewording, SearchQuery
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.retrieval.expansion import Expansion

SYNONYMS = {
    "en": (("return", "send back", "give back"), ("gift card", "voucher")),
    "de": (("Versand", "Zustellung"),),
}
STAFF = Audiences(labels=frozenset({"public", "staff"}))


def rewordings(
    index: KnowledgeIndex, question: str, *, language: str = "en", audiences: Audiences = PUBLIC_ONLY, text: str = ""
) -> tuple[Rewording, ...]:
    query = SearchQuery(text=text or question, original=question, language=language)
    return Expansion(SYNONYMS, index).expand(query, audiences).rewordings


async def ask(index: KnowledgeIndex, question: str, *, language: str = "en", knows: bool = True) -> RetrievalResult:
    settings = replace(RetrievalSettings(), synonyms=SYNONYMS if knows else {})
    stage = Retriever(index, None, settings)
    return await stage.retrieve(question, language=language, history=(), audiences=PUBLIC_ONLY)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Can I send back boots?", ("send", "back")),
        ("Can I send these boots back?", ("send", "back")),
        ("Sending it back, how?", ("Sending", "back")),
        ("About returns", ("returns",)),
    ],
)
def test_a_phrase_is_recognised_with_other_endings_and_words_between(
    words_only: KnowledgeIndex, question: str, said: tuple[str, ...]
) -> None:
    (found,) = rewordings(words_only, question)
    assert found.said == said
    assert len(found.meant) == 2


def test_words_of_a_phrase_that_stand_far_apart_or_alone_say_something_else(words_only: KnowledgeIndex) -> None:
    assert rewordings(words_only, "Do you send boots?") == ()
    assert rewordings(words_only, "Send boots, tents, jackets, stoves and my old money back") == ()


def test_a_language_has_only_its_own_synonyms(words_only: KnowledgeIndex) -> None:
    assert rewordings(words_only, "Zustellung?", language="en") == ()
    assert rewordings(words_only, "Zustellung?", language="de")[0].meant == ("Versand",)


async def test_a_question_in_the_customers_words_finds_the_article_in_the_companys(words_only: KnowledgeIndex) -> None:
    known = await ask(words_only, "How long is a voucher good for?")
    unknown = await ask(words_only, "How long is a voucher good for?", knows=False)
    own = await ask(words_only, "How long is a gift card good for?")
    assert str(known.passages[0].document_id) == "doc_gifts"
    assert unknown.confidence < known.confidence <= own.confidence + 0.05


async def test_a_mistyped_word_counts_almost_like_the_right_one(words_only: KnowledgeIndex) -> None:
    right = await ask(words_only, "what does shipping to Austria cost")
    typed = await ask(words_only, "what does shippng to Austria cost")
    assert typed.query.rewordings == (Rewording(said=("shippng",), meant=("shipping",), kind="correction"),)
    assert str(typed.passages[0].document_id) == "doc_shipping"
    assert typed.confidence == pytest.approx(right.confidence, abs=0.05)


@pytest.mark.parametrize("question", ["Do you ship to Autria?", "ship to iceland", "a bot", "order 66a512"])
def test_names_other_countries_short_words_and_codes_are_not_corrected(
    words_only: KnowledgeIndex, question: str
) -> None:
    assert rewordings(words_only, question) == ()


def test_a_name_in_small_letters_is_corrected_when_the_slip_is_plain(words_only: KnowledgeIndex) -> None:
    assert rewordings(words_only, "ship to autria")[0].meant == ("austria",)


def test_what_was_mistyped_is_also_looked_up_among_the_synonyms(words_only: KnowledgeIndex) -> None:
    found = rewordings(words_only, "how do i retrun them")
    assert [(item.kind, item.meant[0]) for item in found] == [("correction", "return"), ("synonym", "send back")]


def test_words_that_only_others_may_read_correct_nothing(words_only: KnowledgeIndex) -> None:
    assert rewordings(words_only, "refnd") == ()
    assert rewordings(words_only, "refnd", audiences=STAFF)[0].meant == ("refund",)


async def test_long_messages_are_expanded_too(words_only: KnowledgeIndex) -> None:
    story = "I bought a lot of things here. " * 20 + "Now how long is a voucher good? It came in a letter of my aunt."
    found = await ask(words_only, story)
    assert any(item.said == ("voucher",) for item in found.query.rewordings)
