from frontdesk.turn.generation import SentenceStream


def told(text: str) -> list[str]:
    stream = SentenceStream()
    return stream.feed(text) + stream.finish()


def test_a_sentence_comes_as_soon_as_the_word_after_it_is_known() -> None:
    stream = SentenceStream()
    assert stream.feed("It takes 3 days. ") == []
    assert stream.feed("Then") == []
    assert stream.feed(" it") == ["It takes 3 days."]
    assert stream.finish() == ["Then it"]


def test_a_line_break_ends_a_sentence_at_once() -> None:
    stream = SentenceStream()
    assert stream.feed("Open your account.\n\nThen") == ["Open your account."]


def test_abbreviations_decimals_and_ordinals_end_nothing() -> None:
    assert told("It costs 4.90 EUR, e.g. to Spain. Am 3. Mai ist geschlossen.") == [
        "It costs 4.90 EUR, e.g. to Spain.",
        "Am 3. Mai ist geschlossen.",
    ]


def test_citation_markers_of_models_are_left_out() -> None:
    text = "It is free [1]. It takes 3 days.[2] Ask us [1, 3].【4†source】 Orders [passage 2] arrive."
    assert told(text) == ["It is free.", "It takes 3 days.", "Ask us.", "Orders arrive."]


def test_a_marker_that_arrives_in_parts_is_left_out_too() -> None:
    stream = SentenceStream()
    pieces = [piece for delta in ("It is free ", "[", "1", "2", "]", ". Next one.") for piece in stream.feed(delta)]
    assert pieces + stream.finish() == ["It is free.", "Next one."]


def test_brackets_that_are_no_markers_stay() -> None:
    assert told("Write [your name] on it. See [2024 prices].") == ["Write [your name] on it.", "See [2024 prices]."]


def test_markdown_becomes_plain_words() -> None:
    text = (
        "## Delivery\n- **Spain**: see [prices](https://shop.example/a.b)\n1. Open *My orders*.\n> `HP12345678`\n---\n"
    )
    assert told(text) == ["Delivery", "Spain: see prices", "Open My orders.", "HP12345678"]


def test_a_number_that_starts_a_sentence_is_no_list_mark() -> None:
    assert told("Wir schließen bald. 5. Mai ist Feiertag.")[-1].startswith("5. Mai")


def test_a_wrapped_line_goes_on() -> None:
    assert told("It takes three\ndays to arrive.") == ["It takes three days to arrive."]


def test_a_sentence_without_an_end_is_cut_at_a_clause() -> None:
    clause = "the parcel waits at the pick-up point of the carrier for some more days, "
    pieces = told(clause * 12)
    assert all(len(piece) <= 280 for piece in pieces)
    assert all(piece.endswith(",") for piece in pieces)
    assert " ".join(pieces) == (clause * 12).strip()


def test_text_without_any_space_is_cut_too() -> None:
    assert [len(piece) for piece in told("x" * 700)] == [280, 280, 140]


def test_a_link_is_never_cut_in_two() -> None:
    assert told("word " * 54 + "[our long page](https://help.example/returns) and more " + "word " * 30)[1].startswith(
        "our long page and more"
    )


def test_a_lead_in_of_two_sentences_stays_one_piece() -> None:
    stream = SentenceStream(["I only quote. Our pages say:"])
    assert stream.feed("I only quote. Our pages") == []
    assert stream.feed(" say:\n\nIt is free.") == ["I only quote. Our pages say:"]


def test_a_draft_that_begins_otherwise_is_not_held_back_for_the_lead_in() -> None:
    stream = SentenceStream(["I only quote."])
    assert stream.feed("I am glad. You can") == ["I am glad."]


def test_a_line_as_long_as_the_look_ahead_is_cut_however_it_arrives() -> None:
    line = "long " * 68 + "word\nNext one."
    stream = SentenceStream()
    assert [piece for letter in line for piece in stream.feed(letter)] + stream.finish() == told(line)


def test_the_unfinished_end_of_a_draft_that_was_cut_is_left_out() -> None:
    cut, whole = SentenceStream(), SentenceStream()
    cut.feed("It is free. It takes three")
    whole.feed("It is free. It takes three days.")
    assert cut.finish(is_cut=True) == []
    assert whole.finish(is_cut=True) == ["It takes three days."]
