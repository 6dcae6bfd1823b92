"""How a question is cut for the two legs."""

from frontdesk.domain.conversation import PUBLIC_ONLY
from frontdesk.domain.turn import SearchQuery
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.turn.retrieval.legs import LONG_WORDS, MAX_SENTENCES, search_words, split_question


def a_query(text: str, *carried: str) -> SearchQuery:
    return SearchQuery(text=" ".join((text, *carried)), original=text, language="en", carried=carried)


def test_a_short_question_is_one_text() -> None:
    assert split_question(a_query("What does shipping cost?")).texts == ("What does shipping cost?",)


def test_carried_words_are_searched_apart() -> None:
    assert split_question(a_query("and for members?", "return")).texts == (
        "and for members?",
        "and for members? return",
    )


def test_a_long_question_becomes_its_telling_sentences() -> None:
    parts = split_question(
        a_query("My tent broke in the storm. Yes. " + "Please send me a new pole today. " * LONG_WORDS)
    )
    assert parts.is_long
    assert parts.texts == ("My tent broke in the storm.", "Please send me a new pole today.")


def test_bounds_the_sentences_of_a_story() -> None:
    story = " ".join(f"Sentence number{n} tells something new." for n in range(500))
    assert len(split_question(a_query(story)).texts) == MAX_SENTENCES


def test_a_long_text_without_sentences_is_searched_as_one() -> None:
    assert split_question(a_query("word " * 500)).texts == ("word " * 500,)


def test_a_carried_word_counts_half(index: KnowledgeIndex) -> None:
    def scores(text: str, *carried: str) -> dict[int, float]:
        parts = split_question(a_query(text, *carried))
        found = search_words(parts, index.lexical, audiences=PUBLIC_ONLY, language="en", limit=50)
        return {hit.row: hit.score for hit in found}

    own, carried, both = scores("boots"), scores("gift"), scores("boots", "gift")
    assert both.keys() == own.keys() | carried.keys()
    for row, score in both.items():
        assert abs(score - (own.get(row, 0.0) + 0.5 * carried.get(row, 0.0))) < 1e-5
