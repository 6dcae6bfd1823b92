import pytest

from frontdesk.text.tokens import content_stems, is_stopword, stem, words


def test_words_keep_numbers_whole_and_split_hyphens() -> None:
    found = [token.text for token in words("Pay 1,299.50 EUR for the Wi-Fi at 3:30pm, 10kg max.")]
    assert found == ["Pay", "1,299.50", "EUR", "for", "the", "Wi", "Fi", "at", "3:30", "pm", "10", "kg", "max"]


def test_words_keep_codes_and_contractions_whole() -> None:
    assert [token.text for token in words("Don’t use ABC123 on the 2nd")] == [
        "Don’t",
        "use",
        "ABC123",
        "on",
        "the",
        "2nd",
    ]


@pytest.mark.parametrize("text", ["東京都の天気", "ราคาเท่าไร"])
def test_scripts_without_spaces_give_pairs_of_characters(text: str) -> None:
    found = [token.text for token in words(text)]
    assert found == [text[index : index + 2] for index in range(len(text) - 1)]


def test_vowel_signs_stay_inside_a_word() -> None:
    assert [token.text for token in words("हिन्दी भाषा")] == ["हिन्दी", "भाषा"]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "delivery", "Deliveries"),
        ("es", "devolución", "devoluciones"),
        ("de", "Lieferung", "lieferungen"),
        ("fr", "livraison", "livraisons"),
        ("it", "consegna", "consegne"),
        ("pt", "devolução", "devoluções"),
        ("nl", "bestelling", "bestellingen"),
    ],
)
def test_forms_of_one_word_share_a_stem(language: str, first: str, second: str) -> None:
    assert stem(first, language) == stem(second, language)


def test_an_unknown_language_only_folds_case() -> None:
    assert stem("Deliveries", "xx") == "deliveries"
    assert content_stems("The Deliveries", "xx") == ["the", "deliveries"]


def test_content_stems_leave_out_function_words_and_keep_order_and_repeats() -> None:
    assert content_stems("The boots are not the boots you ordered", "en") == ["boot", "boot", "order"]


@pytest.mark.parametrize(("word", "language"), [("Don’t", "en"), ("también", "es"), ("Für", "de"), ("avec", "fr")])
def test_function_words_are_known_in_any_case_and_apostrophe(word: str, language: str) -> None:
    assert is_stopword(word, language)


@pytest.mark.parametrize(
    ("language", "written", "typed"),
    [
        ("es", "garantía", "garantia"),
        ("es", "envíos", "envio"),
        ("de", "Rückgabe", "rueckgabe"),
        ("de", "Rückgabe", "ruckgabe"),
        ("de", "geöffnet", "geoeffnet"),
        ("en", "cafés", "cafe"),
    ],
)
def test_words_typed_without_their_accents_share_the_stem(language: str, written: str, typed: str) -> None:
    assert stem(written, language) == stem(typed, language)


@pytest.mark.parametrize(("word", "language"), [("fur", "de"), ("fuer", "de"), ("cuanto", "es"), ("tambien", "es")])
def test_function_words_are_known_without_their_accents(word: str, language: str) -> None:
    assert is_stopword(word, language)


def test_a_word_with_an_accent_is_not_taken_for_a_function_word_without() -> None:
    assert is_stopword("schon", "de")
    assert not is_stopword("schön", "de")
