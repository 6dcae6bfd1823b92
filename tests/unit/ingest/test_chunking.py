"""Documents are cut along their headings; the laws are in tests/property/test_chunking_laws.py."""

from collections.abc import Callable

from frontdesk.domain.knowledge import Chunk, Document
from frontdesk.ingest.chunking import approximate_tokens, chunk_document

DocumentBuilder = Callable[..., Document]


def count_words(text: str) -> int:
    return len(text.split())


def cut(document: Document, max_tokens: int = 40) -> list[Chunk]:
    return list(chunk_document(document, max_tokens=max_tokens, count_tokens=count_words))


def test_every_section_is_found_under_the_headings_that_lead_to_it(a_document: DocumentBuilder) -> None:
    text = "Intro.\n\n## Fees\n\nA fee.\n\n### Spain\n\nFive.\n\n## Times\n\nA day."
    chunks = cut(a_document(text, title="Delivery"))
    assert [(chunk.breadcrumb, chunk.text) for chunk in chunks] == [
        (("Delivery",), "Intro."),
        (("Delivery", "Fees"), "A fee."),
        (("Delivery", "Fees", "Spain"), "Five."),
        (("Delivery", "Times"), "A day."),
    ]
    assert chunks[2].indexed_text == "Delivery › Fees › Spain\nFive."
    assert [chunk.position for chunk in chunks] == [0, 1, 2, 3]


def test_a_heading_makes_no_chunk_of_its_own(a_document: DocumentBuilder) -> None:
    chunks = cut(a_document("## Fees\n\n### Spain\n\nFive.\n\n## Empty"))
    assert [chunk.breadcrumb for chunk in chunks] == [("Help", "Fees", "Spain")]


def test_a_heading_that_repeats_the_one_above_is_said_once(a_document: DocumentBuilder) -> None:
    chunks = cut(a_document("## help\n\nWords.\n\n## **Our** [fees](/f) {#fees} ##\n\nFive."))
    assert [chunk.breadcrumb for chunk in chunks] == [("Help",), ("Help", "Our fees")]


def test_a_list_that_fits_stays_whole_and_with_the_line_that_announces_it(a_document: DocumentBuilder) -> None:
    filler = "word " * 30
    steps = "You need:\n\n- a box\n- the label\n\n  with its number\n\n- tape"
    chunks = cut(a_document(f"{filler}\n\n{steps}\n\n{filler}"))
    assert steps in [chunk.text for chunk in chunks]


def test_a_list_that_does_not_fit_is_cut_between_items(a_document: DocumentBuilder) -> None:
    items = [f"- item {number} with five words" for number in range(20)]
    chunks = cut(a_document("\n".join(items)))
    assert len(chunks) > 2
    assert all(line in items for chunk in chunks for line in chunk.text.split("\n"))


def test_a_table_that_does_not_fit_is_cut_between_rows_and_keeps_its_head_in_the_breadcrumb(
    a_document: DocumentBuilder,
) -> None:
    rows = [f"| land {number} | {number} EUR |" for number in range(20)]
    chunks = cut(a_document("## Fees\n\n| Country | Fee |\n| --- | --- |\n" + "\n".join(rows)))
    assert chunks[0].text.startswith("| Country | Fee |\n| --- | --- |\n| land 0 | 0 EUR |")
    assert [chunk.breadcrumb for chunk in chunks[1:]] == [("Help", "Fees", "Country | Fee")] * (len(chunks) - 1)
    assert [row for chunk in chunks for row in chunk.text.split("\n")][2:] == rows


def test_a_table_that_fits_stays_whole(a_document: DocumentBuilder) -> None:
    table = "| Country | Fee |\n| --- | --- |\n| Spain | 5 EUR |\n| Italy | 6 EUR |"
    filler = "word " * 25
    assert table in [chunk.text for chunk in cut(a_document(f"{filler}\n\n{table}\n\n{filler}"))]


def test_a_heading_within_code_is_code(a_document: DocumentBuilder) -> None:
    text = "```sh\n# install\n\nrun\n```\n\n## Real\n\nWords."
    assert [chunk.breadcrumb for chunk in cut(a_document(text))] == [("Help",), ("Help", "Real")]


def test_a_code_fence_that_is_never_closed_does_not_swallow_the_headings_below_it(a_document: DocumentBuilder) -> None:
    text = "```sh\nrun\n\n## Real\n\nWords.\n\n```x\n\n~~~\ntilde"
    assert [chunk.breadcrumb for chunk in cut(a_document(text))] == [("Help",), ("Help", "Real")]


def test_a_long_paragraph_is_cut_at_sentences(a_document: DocumentBuilder) -> None:
    sentence = "This sentence has six words inside."
    chunks = cut(a_document(" ".join([sentence] * 30)))
    assert all(chunk.text.startswith("This") and chunk.text.endswith("inside.") for chunk in chunks)


def test_a_section_is_cut_into_chunks_of_similar_length(a_document: DocumentBuilder) -> None:
    paragraphs = "\n\n".join(["word " * 9 + "end."] * 5)  # 50 words, 39 fit
    sizes = [count_words(chunk.text) for chunk in cut(a_document(paragraphs))]
    assert sizes == [30, 20]


def test_a_breadcrumb_that_takes_too_much_room_gives_up_its_middle(a_document: DocumentBuilder) -> None:
    text = "## one two three four five\n\n### six seven eight nine ten\n\n#### last\n\nWords."
    assert cut(a_document(text), max_tokens=20)[0].breadcrumb == ("Help", "last")
    long = a_document("Words.", title="word " * 100)
    assert count_words(cut(long, max_tokens=20)[0].breadcrumb[0]) <= 8


def test_a_word_that_no_vocabulary_knows_is_still_cut(a_document: DocumentBuilder) -> None:
    chunks = cut(a_document("a" * 100_000))
    assert max(len(chunk.text) for chunk in chunks) <= 12 * 40
    assert "".join(chunk.text for chunk in chunks) == "a" * 100_000


def test_a_change_in_one_section_changes_only_its_chunk(a_document: DocumentBuilder) -> None:
    text = "Intro.\n\n## Fees\n\nFive.\n\n## Times\n\nA day."
    before = cut(a_document(text))
    after = cut(a_document(text.replace("Intro.", "Intro.\n\nMore words before all else.").replace("Five", "Six")))
    assert [old.chunk_id == new.chunk_id for old, new in zip(before, after, strict=True)] == [False, False, True]
    assert after[2].start > before[2].start


def test_equal_chunks_of_one_document_have_ids_of_their_own(a_document: DocumentBuilder) -> None:
    chunks = cut(a_document("## Fee\n\nFive.\n\n## Fee\n\nFive."))
    assert chunks[0].content_hash == chunks[1].content_hash
    assert chunks[0].chunk_id != chunks[1].chunk_id


def test_a_chunk_for_other_readers_is_another_chunk_that_need_not_be_embedded_again(
    a_document: DocumentBuilder,
) -> None:
    public, staff = cut(a_document("Five."))[0], cut(a_document("Five.", audience="staff"))[0]
    assert staff.audience == "staff"
    assert public.chunk_id != staff.chunk_id
    assert public.content_hash == staff.content_hash


def test_tokens_are_counted_roughly_where_there_is_no_embedder() -> None:
    assert approximate_tokens("We pay back within 5 days.") == 7
    assert approximate_tokens("返品は三十日以内") == 8
    assert approximate_tokens("") == 0
