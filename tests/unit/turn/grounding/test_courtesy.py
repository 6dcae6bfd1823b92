"""A statement does not pass for talk because it is put politely, introduces a list or ends in a question mark."""

from collections.abc import Callable

import pytest

from frontdesk.domain.knowledge import Passage
from frontdesk.turn.grounding import Grounder
from frontdesk.turn.grounding.claims import split_statements

MakePassage = Callable[..., Passage]
ARTICLES = {
    "en": "Gift cards cannot be returned.",
    "es": "Las tarjetas regalo no se pueden devolver.",
    "de": "Geschenkkarten können nicht zurückgegeben werden.",
}


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("I'm happy to confirm that gift cards can be returned.", "en"),
        ("Gift cards can be returned for a full refund:", "en"),
        ("Let me confirm: gift cards can be returned.", "en"),
        ("Feel free to return your gift card for a full refund.", "en"),
        ("One moment, gift cards are refundable.", "en"),
        ("Gift cards can be returned at any time, right?", "en"),
        ("Did you know that gift cards can be returned?", "en"),
        ("We hope you enjoy that gift cards can be returned.", "en"),
        ("Thanks for asking, gift cards can be returned.", "en"),
        ("Isn't it great that gift cards can be returned?", "en"),
        ("Gift cards can be returned?", "en"),
        ("Hello gift cards can be returned.", "en"),
        ("I'm happy to confirm that you can.", "en"),
        ("Absolutely!", "en"),
        ("Por supuesto.", "es"),
        ("Selbstverständlich!", "de"),
        ("Let me confirm: yes, they can.", "en"),
        ("Why not return your gift card for a full refund?", "en"),
        ("I don't know why, but gift cards can be returned.", "en"),
        ("Sorry to hear that, gift cards can be returned.", "en"),
        ("Me complace confirmarle que las tarjetas regalo se pueden devolver.", "es"),
        ("Las tarjetas regalo se pueden devolver:", "es"),
        ("No dude en devolver su tarjeta regalo para obtener un reembolso completo.", "es"),
        ("Un momento, las tarjetas regalo se pueden devolver.", "es"),
        ("Las tarjetas regalo se pueden devolver en cualquier momento, ¿verdad?", "es"),
        ("¿Sabía que las tarjetas regalo se pueden devolver?", "es"),
        ("Esperamos que le guste que las tarjetas regalo se puedan devolver.", "es"),
        ("Ich kann Ihnen bestätigen, dass Geschenkkarten zurückgegeben werden können.", "de"),
        ("Geschenkkarten können zurückgegeben werden:", "de"),
        ("Lassen Sie mich kurz bestätigen: Geschenkkarten können zurückgegeben werden.", "de"),
        ("Einen Moment, Geschenkkarten können zurückgegeben werden.", "de"),
        ("Geschenkkarten können jederzeit zurückgegeben werden, oder?", "de"),
        ("Wussten Sie, dass Geschenkkarten zurückgegeben werden können?", "de"),
        ("Wir hoffen, dass Geschenkkarten zurückgegeben werden können.", "de"),
    ],
)
def test_a_false_statement_in_a_courtesy_is_held_against_the_article(
    grounder: Grounder, passage: MakePassage, draft: str, language: str
) -> None:
    article = passage(ARTICLES[language], language=language)
    report = grounder.check_now(draft, [article], question="", language=language)
    assert report.claims
    assert not report.is_supported(0.5)


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("Is there anything else I can help you with?", "en"),
        ("Would you like me to connect you with a person?", "en"),
        ("Which order is it about?", "en"),
        ("I don't know.", "en"),
        ("Certainly, I can help with that.", "en"),
        ("If you have any other questions about gift cards, just ask.", "en"),
        ("I'm happy to help you with your return.", "en"),
        ("Here is what our articles say about returns:", "en"),
        ("Hi!", "en"),
        ("Hello Ana,", "en"),
        ("Thank you for contacting Harbor & Pine.", "en"),
        ("I'm sorry to hear that.", "en"),
        ("Sure, I can help with that.", "en"),
        ("Let me know if you need anything else.", "en"),
        ("Here is what I found:", "en"),
        ("I don’t have information on that.", "en"),
        ("I'm sorry for the inconvenience.", "en"),
        ("Thanks for your question!", "en"),
        ("I hope this helps.", "en"),
        ("I'm sorry, I don't have any information about gift cards.", "en"),
        ("Unfortunately, I don't know whether gift cards can be returned.", "en"),
        ("Do you mean the annual or the monthly plan?", "en"),
        ("Which country should we deliver to?", "en"),
        ("Is it a gift card or a voucher?", "en"),
        ("Have a great day!", "en"),
        ("You're welcome!", "en"),
        ("Feel free to ask.", "en"),
        ("Could you tell me your order number?", "en"),
        ("How can I help you today?", "en"),
        ("What can I do for you?", "en"),
        ("Can I help you with anything else?", "en"),
        ("I'm the Harbor & Pine assistant.", "en"),
        ("Please don't hesitate to reach out if you have any other questions.", "en"),
        ("Did you buy it in the shop?", "en"),
        ("Do you know your order number?", "en"),
        ("Great question!", "en"),
        ("Let me check that for you.", "en"),
        ("Let me know which order it is.", "en"),
        ("…", "en"),
        ("I can connect you with a colleague.", "en"),
        ("Is there anything specific you would like to know?", "en"),
        ("Lo siento, no tengo esa información.", "es"),
        ("¿Necesita algo más?", "es"),
        ("¿Desea que le pase con una persona?", "es"),
        ("¿De qué pedido se trata?", "es"),
        ("Gracias por su mensaje.", "es"),
        ("Espero que le ayude.", "es"),
        ("No dude en contactarnos.", "es"),
        ("No lo sé.", "es"),
        ("¿Puedo ayudarle en algo más?", "es"),
        ("Esto es lo que he encontrado:", "es"),
        ("¿Hay algo más en lo que pueda ayudarle?", "es"),
        ("Hallo Ana,", "de"),
        ("Vielen Dank für Ihre Nachricht!", "de"),
        ("Kann ich sonst noch helfen?", "de"),
        ("Möchten Sie mit einer Person sprechen?", "de"),
        ("Um welche Bestellung geht es?", "de"),
        ("Das weiß ich leider nicht.", "de"),
        ("Leider habe ich dazu keine Informationen.", "de"),
        ("Es tut mir leid.", "de"),
        ("Ich hoffe, das hilft Ihnen weiter.", "de"),
        ("Das habe ich gefunden:", "de"),
        ("Kann ich Ihnen noch bei etwas anderem helfen?", "de"),
    ],
)
def test_offers_questions_back_and_courtesies_state_nothing(
    grounder: Grounder, passage: MakePassage, draft: str, language: str
) -> None:
    article = passage(ARTICLES[language], language=language)
    assert grounder.check_now(draft, [article], question="", language=language).claims == ()


@pytest.mark.parametrize(
    ("draft", "language"),
    [
        ("I'm happy to confirm that gift cards cannot be returned.", "en"),
        ("Thanks for asking, gift cards cannot be returned.", "en"),
        ("Did you know that gift cards cannot be returned?", "en"),
        ("Gift cards cannot be returned, right?", "en"),
        ("Le confirmo que las tarjetas regalo no se pueden devolver.", "es"),
        ("Ich kann Ihnen bestätigen, dass Geschenkkarten nicht zurückgegeben werden können.", "de"),
    ],
)
def test_a_true_statement_in_a_courtesy_is_supported(
    grounder: Grounder, passage: MakePassage, draft: str, language: str
) -> None:
    article = passage(ARTICLES[language], language=language)
    report = grounder.check_now(draft, [article], question="", language=language)
    assert report.claims
    assert report.is_supported(0.5)
    assert all(draft[one.claim.start : one.claim.end] == one.claim.text for one in report.claims)


def test_the_claim_of_a_dressed_up_statement_is_the_statement() -> None:
    said = ["Thanks for asking, gift cards can be returned.", "Gift cards can be returned at any time, right?"]
    claims = [entry.claim.text for text in said for entry in split_statements(text, "en")]
    assert claims == ["gift cards can be returned.", "Gift cards can be returned at any time"]


def test_a_whole_answer_is_still_read_leniently() -> None:
    text = "Did you buy it here? Gift cards can be returned for a full refund:"
    assert [entry.is_checkable for entry in split_statements(text, "en", is_lenient=True)] == [False, False]
    assert [entry.is_checkable for entry in split_statements(text, "en")] == [False, True]
