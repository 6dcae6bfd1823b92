import pytest

from frontdesk.text.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Boots by Dr. Martens etc. are fine, e.g. in brown.",
        "It costs 4.99 EUR (incl. VAT) from 3.30 p.m. onwards.",
        "Am 3. Mai und ab dem 2. Werktag gilt z.B. Folgendes.",
        "La Sra. López vive en el n.º 5 de la av. Real.",
        "Order by 5 p.m. and J. Smith packs it.",
        "Visit www.example.com/a.b?c=d for the form.",
        '"Why?" he asked.',
    ],
)
def test_full_stops_inside_a_sentence_do_not_end_it(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works. Call us! Does it?", ["It works.", "Call us!", "Does it?"]),
        ("It costs 5. Then it ships.", ["It costs 5.", "Then it ships."]),
        ("No. We do not.", ["No.", "We do not."]),
        ("it works today. call again", ["it works today.", "call again"]),
        ("one thing . another thing .", ["one thing .", "another thing ."]),
        ("¿Qué hago? ¡Llámenos! Gracias.", ["¿Qué hago?", "¡Llámenos!", "Gracias."]),
        ("Er kam an. „Gut.“ Dann ging er.", ["Er kam an.", "„Gut.“", "Dann ging er."]),
        ("これは本です。それも本です。", ["これは本です。", "それも本です。"]),
        ("Wait… What?", ["Wait…", "What?"]),
    ],
)
def test_sentences_end_at_their_marks(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_headings_list_items_and_table_rows_stand_for_themselves() -> None:
    text = (
        "# Returns\nKeep the box\n- Boots. Both of them.\n2. Open the app\n- [ ] Print\n"
        "| Size | Price |\n|---|---|\n| M | 20 EUR |\n"
    )
    assert sentences(text) == [
        "Returns",
        "Keep the box",
        "Boots.",
        "Both of them.",
        "Open the app",
        "Print",
        "Size | Price",
        "M | 20 EUR",
    ]


def test_a_wrapped_line_goes_on_and_a_blank_line_ends_it() -> None:
    text = "Send the boots back with the label\nthat came in the box\n\nKeep the receipt"
    assert sentences(text) == ["Send the boots back with the label\nthat came in the box", "Keep the receipt"]


@pytest.mark.parametrize("text", ["", "   \n\t\n", "---\n***\n"])
def test_nothing_said_gives_no_sentence(text: str) -> None:
    assert split_sentences(text) == []


@pytest.mark.parametrize(
    "long",
    ["qwxz" * 2000, "." * 8000 + "x", "e.g." * 2000, "!)" * 4000 + "x", "`" * 8000 + "x"],
    ids=["letters", "marks", "abbreviations", "closings", "ticks"],
)
def test_a_word_of_8000_characters_is_one_word_of_its_sentence(long: str) -> None:
    """Every rule must pass over it once; one that starts anew at each character takes the square of the length."""
    assert sentences(f"It is {long} here. Then it ends.") == [f"It is {long} here.", "Then it ends."]
    assert sentences(f"It is {long}") == [f"It is {long}"]


def test_many_marks_that_end_nothing_leave_one_sentence() -> None:
    text = f"Bring {'e.g. ' * 2000}boots."
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"), [("1. ", []), (" 1. ", []), ("A list\n 1. ", ["A list"]), ("2) \n| a |", ["a"])]
)
def test_a_number_whose_line_has_not_come_yet_is_no_sentence(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in split_sentences(text)] == expected
