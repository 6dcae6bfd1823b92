"""Laws of the canonical text."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.domain.errors import MalformedError
from frontdesk.text.normalise import clean_text, normalise_message

ODD = st.sampled_from(
    list("\u200b\u200c\u200d\u00ad\u202e\ufeff\U000e0041\ufe0f\u0301ﷺ½²ÃÂ€™â€œ\x00\x1b[1m\r\n\t 👩ی´Ａ")
)
TEXTS = st.lists(st.one_of(ODD, st.characters(codec=None), st.text(max_size=5)), max_size=40).map("".join)


def _message(text: str) -> str:
    try:
        return normalise_message(text)
    except MalformedError:
        return ""


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = _message(raw)
    assert _message(once) == once


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_cleaning_a_document_twice_changes_nothing(raw: str) -> None:
    once = clean_text(raw)
    assert clean_text(once) == once


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_control_tag_or_surrogate_survives(raw: str) -> None:
    for text in (_message(raw), clean_text(raw)):
        text.encode("utf-8")
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
        assert not [c for c in text if 0xE0000 <= ord(c) < 0xE1000 or 0x202A <= ord(c) <= 0x202E]
