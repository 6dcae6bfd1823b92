"""Laws of chunking, for any text."""

import itertools
import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.domain.ids import DocumentId
from frontdesk.domain.knowledge import Chunk, Document
from frontdesk.ingest.blocks import scan_blocks
from frontdesk.ingest.chunking import chunk_document
from frontdesk.ingest.parsing.markdown import clean_markdown

LINES = st.one_of(
    st.sampled_from(
        [
            "", "", "# One", "## Two", "### Three", "#### ", "- item", "  - nested", "1. first", "| a | b |", "| - | - |",
            "| 1 | 2 |", "```", "````", "~~~", "    code", "> quote", "You need:", "---", "===", "<b>bold</b>", "* * *",
            "word " * 20, "One sentence. Another one! A third?", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "退货政策是三十天",
            "🎒 👩‍👩‍👧 emoji", "a" * 300,
        ]
    ),
    st.text(max_size=60),
)  # fmt: skip
TEXTS = st.lists(LINES, max_size=40).map("\n".join)


def a_document(text: str) -> Document:
    return Document(
        document_id=DocumentId("doc_1"),
        source="help",
        path="help.md",
        title="Help",
        url="",
        language="en",
        audience="public",
        owner="",
        reviewed=None,
        text=text,
        content_hash="",
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def cut(document: Document, max_tokens: int) -> tuple[Chunk, ...]:
    return chunk_document(document, max_tokens=max_tokens, count_tokens=count)


def count(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, st.integers(8, 120))
@settings(max_examples=300, deadline=None)
def test_chunks_cover_the_text_in_order_without_overlap_apart_from_headings_and_whitespace(
    text: str, size: int
) -> None:
    document = a_document(text)
    chunks = cut(document, size)
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text == chunk.text.strip() != ""
    assert all(left.end <= right.start for left, right in itertools.pairwise(chunks))
    body = "".join(text[block.start : block.end] for block in scan_blocks(text) if block.kind != "heading")
    assert squeezed("".join(chunk.text for chunk in chunks)) == squeezed(body)


@given(TEXTS, st.integers(8, 120))
@settings(max_examples=200, deadline=None)
def test_no_chunk_with_its_breadcrumb_is_larger_than_allowed(text: str, size: int) -> None:
    for chunk in cut(a_document(text), size):
        assert count(chunk.indexed_text) <= size
        assert len(chunk.text) <= 12 * size


@given(TEXTS, st.integers(8, 120))
@settings(max_examples=100, deadline=None)
def test_ids_are_unique_within_a_document_and_the_same_every_time(text: str, size: int) -> None:
    ids = [chunk.chunk_id for chunk in cut(a_document(text), size)]
    assert len(ids) == len(set(ids))
    assert ids == [chunk.chunk_id for chunk in cut(a_document(text), size)]


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_blocks_lie_in_order_with_only_whitespace_between_them(text: str) -> None:
    position = 0
    for block in scan_blocks(text):
        assert not text[position : block.start].strip()
        assert block.start < block.end
        position = block.end
    assert not text[position:].strip()


@given(TEXTS.filter(lambda text: not {"<", "!"} & set(text)))
@settings(max_examples=200, deadline=None)
def test_cleaning_text_without_markup_loses_no_word(text: str) -> None:
    assert re.findall(r"\w+", clean_markdown(text)) == re.findall(r"\w+", text)
