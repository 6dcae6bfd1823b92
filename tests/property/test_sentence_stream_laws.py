import re
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from frontdesk.turn.generation import SentenceStream

PARTS = (
    "It takes 3.5 days",
    "e.g. in Spain",
    "am 3. Werktag",
    "Dr. Ruiz",
    "**bold words**",
    "[1]",
    " [2, 3]",
    "【4†source】",
    "[a page](https://help.example/a.b)",
    "\n",
    "\n\n",
    "- an item\n",
    "1. Do this\n",
    "## A title\n",
    "| Spain | 4.90 EUR |\n",
    ". ",
    "! ",
    "? ",
    ": ",
    "; then ",
    ", and ",
    " ",
    "word",
    "Sentence",
    "😀",
    "返品できます。",
    "[",
    "]",
    "*",
    "…",
    "long " * 30,
    "x" * 400,
)
TEXTS = st.lists(st.sampled_from(PARTS), max_size=14).map("".join)
MARKERS = re.compile(r"\s*(?:\[\s*\d+(?:\s*,\s*\d+)*\s*\]|【[^】]*】)|\]\([^)]*\)")
LIST_MARKS = re.compile(r"^\s*\d+\.\s", re.MULTILINE)


def pieces_of(chunks: list[str], whole: tuple[str, ...] = ()) -> list[str]:
    stream = SentenceStream(whole)
    return [piece for chunk in chunks for piece in stream.feed(chunk)] + stream.finish()


def cut(text: str, borders: list[int]) -> list[str]:
    places = sorted({min(border, len(text)) for border in borders} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(places)]


@given(text=TEXTS, borders=st.lists(st.integers(0, 400), max_size=12))
@example(text="One. Two\nthree. Four", borders=[4, 5, 9])
def test_the_borders_of_the_deltas_never_change_the_pieces(text: str, borders: list[int]) -> None:
    assert pieces_of(cut(text, borders)) == pieces_of([text])


@given(text=TEXTS)
def test_one_character_at_a_time_gives_the_same_pieces(text: str) -> None:
    assert pieces_of(list(text)) == pieces_of([text])


@given(text=TEXTS, borders=st.lists(st.integers(0, 400), max_size=12))
def test_no_word_is_lost_and_none_is_added(text: str, borders: list[int]) -> None:
    words = re.findall(r"\w+", LIST_MARKS.sub("", MARKERS.sub("", text)))
    told = re.findall(r"\w+", " ".join(pieces_of(cut(text, borders))))
    assert "".join(told) == "".join(words)


@given(text=TEXTS, borders=st.lists(st.integers(0, 60), max_size=6))
def test_a_lead_in_stays_one_piece(text: str, borders: list[int]) -> None:
    lead_in = "I only quote. This is what our pages say, e.g. on returns:"
    assert pieces_of(cut(f"{lead_in}\n\n{text}", borders), (lead_in,))[0] == lead_in


@given(text=st.text(max_size=300), borders=st.lists(st.integers(0, 300), max_size=8))
def test_any_text_at_all_gives_the_same_pieces_however_it_is_cut(text: str, borders: list[int]) -> None:
    assert pieces_of(cut(text, borders)) == pieces_of([text])
