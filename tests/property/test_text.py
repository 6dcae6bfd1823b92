"""Laws of the text rules."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from frontdesk.text.quantities import quantities
from frontdesk.text.sentences import split_sentences
from frontdesk.text.tokens import content_stems, fold, words

LANGUAGES = st.sampled_from(["en", "es", "de", "fr", "xx"])
PIECES = "It is 5 . ! € $ 3. Mai - | # e.g. 30 days 1,000.5 pm one hundred März 12:30 ? ” 東京 2024-01-02 and to %"
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from([*PIECES.split(), "\n"]), max_size=30).map(" ".join),
)


@given(TEXTS)
def test_words_stand_where_they_say(text: str) -> None:
    assert all(text[token.start : token.end] == token.text and token.text for token in words(text))


@given(TEXTS)
def test_sentences_are_ordered_apart_trimmed_and_leave_no_letter_out(text: str) -> None:
    spans = split_sentences(text)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    assert all(text[span.start : span.end].strip() == text[span.start : span.end] != "" for span in spans)
    inside = {index for span in spans for index in range(span.start, span.end)}
    assert not any(character.isalpha() for index, character in enumerate(text) if index not in inside)


@given(TEXTS, LANGUAGES)
def test_amounts_are_ordered_apart_and_finite(text: str, language: str) -> None:
    found = quantities(text, language)
    assert all(first.end <= second.start for first, second in pairwise(found))
    assert all(quantity.start < quantity.end and abs(quantity.value) < float("inf") for quantity in found)


@given(TEXTS, LANGUAGES)
def test_content_stems_do_not_depend_on_case_of_ascii(text: str, language: str) -> None:
    ascii_text = text.encode("ascii", "ignore").decode()
    assert content_stems(ascii_text.upper(), language) == content_stems(ascii_text.lower(), language)
    assert fold(ascii_text.upper()) == fold(ascii_text.lower())
