"""Which words of earlier turns a question is searched with."""

import pytest

from frontdesk.ports.models import ChatTurn
from frontdesk.turn.retrieval import leans_on_history, rewrite_heuristically
from frontdesk.turn.retrieval.rewrite import CARRIED_LIMIT


def said(*texts: str) -> list[ChatTurn]:
    """Customer and assistant in turn."""
    roles = ("customer", "assistant")
    return [ChatTurn(role=roles[place % 2], text=text) for place, text in enumerate(texts)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "first", "then", "expected"),
    [
        ("en", "How long is the return window?", "and for members?", {"return", "window"}),
        ("es", "¿Cuánto cuesta el envío a Mallorca?", "¿y para socios?", {"envío", "Mallorca"}),
        ("de", "Wie lange kann ich Stiefel zurückgeben?", "und für Mitglieder?", {"Stiefel", "zurückgeben"}),
        ("fr", "Combien coûte la livraison en Suisse ?", "et pour les membres ?", {"livraison", "Suisse"}),
        ("en", "Do you repair tents?", "How much does that cost in general?", {"repair", "tents"}),
        ("en", "What does shipping to Norway cost?", "ok thanks, what about Sweden?", {"shipping", "Norway"}),
    ],
)
def test_carries_what_an_elliptic_question_leaves_out(language: str, first: str, then: str, expected: set[str]) -> None:
    query = rewrite_heuristically(then, said(first, "…"), language)
    assert expected <= set(query.carried)
    assert query.rewritten_by == "heuristic"
    assert query.text.startswith(then)
    assert query.original == then


def test_takes_the_answer_to_a_clarification_together_with_the_question_it_clarifies() -> None:
    history = said("How much is delivery?", "To which country shall we deliver?")
    assert "delivery" in rewrite_heuristically("Switzerland", history, "en").carried


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "How do I wash a down sleeping bag without damaging the filling?"),
        ("es", "¿Cómo puedo lavar un saco de plumas sin dañar el relleno exterior?"),
        ("de", "Wie wasche ich einen Daunenschlafsack, ohne die Füllung zu beschädigen?"),
    ],
)
def test_leaves_a_question_that_stands_alone_as_it_is(language: str, question: str) -> None:
    query = rewrite_heuristically(question, said("How much is shipping to Norway?", "12 EUR."), language)
    assert (query.text, query.carried, query.rewritten_by) == (question, (), "none")


def test_never_carries_what_the_assistant_said() -> None:
    query = rewrite_heuristically(
        "and for members?", said("How long is the return window?", "Thirty wonderful days."), "en"
    )
    assert not {"Thirty", "wonderful", "days"} & set(query.carried)


def test_goes_back_to_the_last_question_that_stood_alone_and_no_further() -> None:
    history = said(
        "Which waterproof jackets do you sell for heavy mountain rain?",
        "Three.",
        "How long does the warranty on expedition tents last?",
        "Five years.",
        "and for sleeping bags?",
        "Two years.",
    )
    carried = set(rewrite_heuristically("and for stoves?", history, "en").carried)
    assert {"sleeping", "bags", "warranty", "tents"} <= carried
    assert not {"jackets", "waterproof"} & carried


def test_never_repeats_a_word_of_the_question_in_any_inflection() -> None:
    query = rewrite_heuristically("and returning boots?", said("Can I return a boot?", "Yes."), "en")
    assert query.carried == ()


def test_bounds_how_many_words_are_carried() -> None:
    story = " ".join(f"item{number}" for number in range(200))
    assert len(rewrite_heuristically("and that?", said(story, "…"), "en").carried) == CARRIED_LIMIT


def test_without_history_there_is_nothing_to_carry() -> None:
    assert rewrite_heuristically("and for members?", [], "en").text == "and for members?"


def test_a_language_without_cue_words_still_recognises_short_questions() -> None:
    assert leans_on_history("Och Norge?", "sv")
    assert not leans_on_history("Hur lång tid tar leveransen till Norge med expressfrakt", "sv")


def test_a_question_that_replaces_one_word_of_the_last_one_does_not_carry_it() -> None:
    asked_before = (ChatTurn(role="customer", text="How much does shipping to Austria cost?"),)

    query = rewrite_heuristically("How much does shipping to Spain cost?", asked_before, "en")

    assert query.carried == ()
