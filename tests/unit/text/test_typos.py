from hypothesis import given
from hypothesis import strategies as st

from frontdesk.text.typos import intended

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=12)


def test_what_was_meant_is_one_slip_away() -> None:
    for typed in ("shippng", "shhipping", "shippign", "shippinh", "shoipping"):
        assert "shipping" in intended(typed), typed


def test_a_letter_far_away_on_the_keyboard_is_no_slip() -> None:
    assert "ireland" not in intended("iceland")
    assert "irland" not in intended("island")


def test_a_short_word_with_another_letter_is_another_word() -> None:
    assert "plot" not in intended("pilot")
    assert "candy" not in intended("cindy")
    assert {"return", "refund"} <= {*intended("retrun"), *intended("refnd")}


def test_nothing_is_made_of_codes_names_and_other_scripts() -> None:
    assert intended("b2b") == intended("Iceland") == intended("größe") == intended("") == ()


def test_a_word_without_end_is_no_slip() -> None:
    assert intended("z" * 8_000) == ()


@given(WORDS)
def test_the_first_letter_stays(word: str) -> None:
    assert all(other[0] == word[0] for other in intended(word))
    assert word not in intended(word)


@given(WORDS, st.integers(1, 11))
def test_a_lost_letter_is_found_again(word: str, place: int) -> None:
    typed = word[:place] + word[place + 1 :]
    assert word == typed or word in intended(typed)
