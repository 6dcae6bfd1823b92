"""Laws of reading documents, for any text."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from frontdesk.server.reading import Block, find_quote, plain_text, read_blocks

MARKS = ["*", "**", "_", "`", "[", "](", ")", "|", "\\", "> ", "- ", "  - ", "1. ", "# ", "~~~", "```", "\n", "\n\n", "    ", "<b>",
         "&amp;", "&#106;", "\t", "\r\n", "https://a.example", "javascript:", "\n---\n", "\n| - | - |\n", "![", "\0", "\u202e"]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=8)), max_size=40).map("".join)
WORD = st.text("abcdeé🎒中", min_size=1, max_size=6)
STYLED = st.builds(lambda word, mark: f"{mark}{word}{mark}", WORD, st.sampled_from(["", "", "**", "*", "`"]))
LINE = st.lists(STYLED, min_size=1, max_size=6).map(" ".join)
BLOCK = st.one_of(
    LINE,
    LINE.map("## {}".format),
    st.lists(LINE, min_size=1, max_size=3).map(lambda lines: "\n".join(f"- {line}" for line in lines)),
    st.tuples(LINE, LINE).map(lambda pair: f"1. {pair[0]}\n   - {pair[1]}"),
    st.tuples(LINE, LINE).map(lambda pair: f"| {pair[0]} | x |\n| --- | --- |\n| {pair[1]} | y |"),
    st.lists(LINE, min_size=1, max_size=3).map(lambda lines: "\n".join(f"> {line}" for line in lines)),
    LINE.map(lambda line: f"[{line}](https://a.example/1)"),
)
DOCUMENTS = st.lists(BLOCK, min_size=1, max_size=8).map("\n\n".join)


def runs_of(blocks: tuple[Block, ...]) -> list[tuple[str, bool]]:
    return [
        (run.text, run.is_marked)
        for block in blocks
        for run in (*block.runs, *(run for cell in block.cells for run in cell))
    ]


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum() or character == "🎒")


@given(TEXTS, st.integers(0, 200), st.integers(0, 200))
@example("[a]: b\n[a]", 0, 5)
@settings(max_examples=300)
def test_reads_any_text_and_no_mark_changes_what_is_shown(text: str, one: int, other: int) -> None:
    plain = read_blocks(text)
    marked = read_blocks(text, marked=(min(one, other), max(one, other)))
    assert "".join(shown for shown, _ in runs_of(plain)) == "".join(shown for shown, _ in runs_of(marked))
    assert not any(is_marked for _, is_marked in runs_of(plain))


@given(TEXTS)
@settings(max_examples=300)
def test_leads_nowhere_but_to_websites_and_mailboxes(text: str) -> None:
    blocks = read_blocks(text)
    hrefs = [
        run.href
        for block in blocks
        for run in (*block.runs, *(run for cell in block.cells for run in cell))
        if run.href
    ]
    assert all(re.match(r"(?:https?://[^\s@\\]+|mailto:\S+@\S+)$", href) for href in hrefs)


@given(DOCUMENTS)
@settings(max_examples=200)
def test_loses_no_word(text: str) -> None:
    source = re.sub(r"\]\([^)]*\)|(?m:^\d\.)", "", text)
    assert letters("".join(shown for shown, _ in runs_of(read_blocks(text)))) == letters(source)


@given(DOCUMENTS, st.data())
@settings(max_examples=300)
def test_marks_the_quote_and_nothing_else(text: str, data: st.DataObject) -> None:
    shown = " ".join(part for part, _ in runs_of(read_blocks(text)))
    words = shown.split()
    first = data.draw(st.integers(0, len(words) - 1))
    quote = " ".join(words[first : data.draw(st.integers(first + 1, len(words)))])
    place = find_quote(text, quote)
    assert place is not None
    marked = "".join(part for part, is_marked in runs_of(read_blocks(text, marked=place)) if is_marked)
    assert letters(marked) == letters(quote)


@given(DOCUMENTS, st.data())
@settings(max_examples=200)
def test_a_stretch_of_the_source_is_found_as_it_stands(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))].strip()
    place = find_quote(text, quote, start=start)
    if quote:
        assert place is not None
        assert text[place[0] : place[1]] == quote


@given(st.text(max_size=200), st.text(max_size=40))
def test_a_search_for_anything_ends_with_a_place_or_nothing(text: str, quote: str) -> None:
    place = find_quote(text, quote)
    assert place is None or 0 <= place[0] < place[1] <= len(text)


@given(TEXTS)
@settings(max_examples=100)
def test_every_run_has_words_and_only_rows_have_cells(text: str) -> None:
    for block in read_blocks(text):
        assert block.kind == "row" or not block.cells
        assert all(run.text for run in block.runs)
        assert plain_text(block.runs) or block.kind in ("row", "rule", "code", "item", "heading", "paragraph")
