import pytest

from frontdesk.turn.grounding.claims import split_statements
from frontdesk.turn.grounding.talk import asks_something, is_talk


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Hi!", "en"),
        ("Hello Ana,", "en"),
        ("Thank you for contacting Harbor & Pine.", "en"),
        ("I'm sorry to hear that.", "en"),
        ("Sure, I can help with that.", "en"),
        ("Let me know if you need anything else.", "en"),
        ("Would you like to book a table?", "en"),
        ("Here is what I found:", "en"),
        ("I don’t have information on that.", "en"),
        ("Lo siento, no tengo esa información.", "es"),
        ("¿Necesita algo más?", "es"),
        ("Vielen Dank für Ihre Nachricht!", "de"),
        ("Kann ich sonst noch helfen?", "de"),
        ("…", "en"),
    ],
)
def test_conversation_states_nothing(sentence: str, language: str) -> None:
    assert is_talk(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Sorry, pets are not allowed.", "en"),
        ("Unfortunately, the hotel has no gym.", "en"),
        ("Let me know within 30 days if you want a refund.", "en"),
        ("Did you know that returns are free?", "en"),
        ("No.", "en"),
        ("You can return boots.", "en"),
        ("Lo siento, las tarjetas regalo no se devuelven.", "es"),
        ("Leider sind Hunde nicht erlaubt.", "de"),
    ],
)
def test_what_can_be_checked_is_no_conversation(sentence: str, language: str) -> None:
    assert not is_talk(sentence, language)


def test_statements_stand_where_they_say_and_citation_markers_are_no_amounts() -> None:
    text = "Thanks for asking! Boots can be returned [1]. Anything else?"
    statements = split_statements(text, "en")
    assert [entry.is_checkable for entry in statements] == [False, True, False]
    assert all(text[entry.claim.start : entry.claim.end] == entry.claim.text for entry in statements)


def test_a_question_is_told_from_an_offer_of_help() -> None:
    assert asks_something("Have you ever been there?", "en")
    assert not asks_something("Can I help you with anything else?", "en")
    assert not asks_something("Boots can be returned.", "en")
