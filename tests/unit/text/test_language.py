"""The language of a message."""

import pytest

from frontdesk.text.language import detect_language

AMONG = ("en", "es", "de")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order? It should have come on Monday.", "en"),
        ("¿Dónde está mi pedido? Lo esperaba el lunes.", "es"),
        ("Wo ist meine Bestellung? Sie sollte am Montag kommen.", "de"),
        ("QUIERO DEVOLVER LA MOCHILA", "es"),
        ("Wo\nist meine\nBestellung?", "de"),
    ],
)
def test_tells_the_language_of_a_sentence(text: str, language: str) -> None:
    assert detect_language(text, default="fr", among=AMONG) == language


@pytest.mark.parametrize("text", ["", "ok", "Danke", "12345", "https://example.com/bestellung", "a@example.com 4711"])
def test_short_texts_get_the_default(text: str) -> None:
    assert detect_language(text, default="es", among=AMONG) == "es"


def test_a_language_outside_the_choice_gets_the_default() -> None:
    assert detect_language("订单在哪里？我星期一就应该收到", default="en", among=AMONG) == "en"
    assert detect_language("Bonjour, où se trouve ma commande ?", default="en", among=AMONG) == "en"


def test_any_language_may_be_named_where_no_choice_is_given() -> None:
    assert detect_language("Bonjour, où se trouve ma commande ?", default="en") == "fr"


@pytest.mark.parametrize("letters", ["qwxz" * 2000, "a" * 7999 + "1", "http" * 2000 + "://"])
def test_a_word_without_end_is_read_in_its_first_characters(letters: str) -> None:
    """A rule that looks ahead from each letter would take the square of the length."""
    assert detect_language(letters, default="de", among=AMONG) in AMONG
    assert detect_language(f"Where is my order? It should be here. {letters}", default="de", among=AMONG) == "en"
