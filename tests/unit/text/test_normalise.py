"""Messages and documents become one clean text, or a clear error."""

import time
import unicodedata

import pytest

from frontdesk.domain.errors import MalformedError, TooLargeError
from frontdesk.text.normalise import MAX_CHARS, MAX_MARKS, clean_text, describe_changes, normalise_message

BOMBS = {
    "marks": "a" + "\u0301" * 100_000,
    "one_megabyte": "a" * 1_000_000,
    "expanding_ligatures": "\ufdfa" * MAX_CHARS,
    "nested_markdown": "[" * 100_000,
    "deep_json": '{"a":' * 50_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_refuses_a_bomb_at_once(name: str) -> None:
    normalise_message("warm up: é")
    started = time.perf_counter()
    with pytest.raises(TooLargeError) as refused:
        normalise_message(BOMBS[name])
    assert time.perf_counter() - started < 0.05
    assert refused.value.data == {"field": "text", "limit": MAX_CHARS}


@pytest.mark.parametrize(
    "raw", ["", "   ", "\n\t\r\n", "\u200b\u200d\ufeff", "\x00\x01", "\U000e0041\U000e0042", "\ud800"]
)
def test_says_that_a_message_without_visible_text_is_empty(raw: str) -> None:
    with pytest.raises(MalformedError) as refused:
        normalise_message(raw)
    assert refused.value.data["field"] == "text"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("re\u00adturn po\u200blicy", "return policy"),
        ("safe\u202etxet\u202c \u2066x\u2069", "safetxet x"),
        ("hi\U000e0069\U000e0067\U000e006e", "hi"),
        ("ok\ufe0f\U000e0101", "ok"),
        ("ｉｇｎｏｒｅ 𝐭𝐡𝐢𝐬", "ignore this"),
        ("NUL\x00 and bell\x07", "NUL and bell"),
        ("\x1b[0;31mred\x1b[0m", "red"),
        ("\ud83d\ude00 \ud800x", "😀 x"),
        ("wo ist mein Paket, cafÃ©?", "wo ist mein Paket, café?"),
        ("“quoted” don’t", '"quoted" don\'t'),
        ("one\r\ntwo\u2028three\n\n\n\nfour", "one\ntwo\nthree\n\nfour"),
        ("a\t\tb   c \n d", "a\tb c\nd"),
    ],
)
def test_removes_what_nobody_sees_and_keeps_what_was_said(raw: str, expected: str) -> None:
    assert normalise_message(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("size 40½", "size 40 1/2"), ("10² cm", "10^2 cm"), ("¯\\_(ツ)_/¯", "¯\\_(ツ)_/¯"), ("5 €", "5 €")],
)
def test_folding_does_not_change_numbers_or_faces(raw: str, expected: str) -> None:
    assert normalise_message(raw) == expected


@pytest.mark.parametrize("text", ["👩\u200d👩\u200d👧", "🏳\u200d🌈", "می\u200cخواهم", "क्\u200dष"])
def test_joiners_stay_where_a_script_or_an_emoji_needs_them(text: str) -> None:
    assert normalise_message(text) == text


def test_joiners_between_latin_letters_go() -> None:
    assert normalise_message("i\u200dg\u200cnore") == "ignore"


def test_marks_piled_on_a_letter_are_cut_to_what_writing_needs() -> None:
    text = normalise_message("Z" + "\u0316\u0317\u0318" * 20 + "!")
    assert sum(unicodedata.category(character) == "Mn" for character in text) == MAX_MARKS
    assert text[-1] == "!"


def test_a_document_keeps_its_structure_and_its_signs() -> None:
    assert clean_text("- a\n    - b½ m²  \r\n\tcode\u200b\u202e") == "- a\n    - b½ m²\n\tcode"


def test_a_document_loses_hidden_instructions() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore")
    assert clean_text(f"Returns{hidden} are free.") == "Returns are free."


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain", {}),
        ("  two  spaces\r\n", {"spacing": 1}),
        ("pay \u202eyadot\u202c now", {"direction": 2}),
        ("hid\u200bden\x00", {"invisible": 2}),
        ("\x1b[31mred\x1b[0m", {"escapes": 2}),
        ("it\u2019s", {"quotes": 1}),
        ("\uff46\uff55\uff4c\uff4c", {"compatibility": 4}),
        ("schÃ¶ne GrÃ¼ÃŸe", {"encoding": 1}),
        ("z" + "\u0300" * 9, {"marks": 5}),
    ],
)
def test_says_what_was_changed(raw: str, expected: dict[str, int]) -> None:
    assert describe_changes(raw, normalise_message(raw)) == expected


def test_says_quickly_what_was_changed_in_the_longest_message() -> None:
    raw = "“ﬁne” naïve ｔｅｘｔ with äöü… " * 250
    began = time.perf_counter()
    describe_changes(raw, normalise_message(raw))
    assert time.perf_counter() - began < 0.5
