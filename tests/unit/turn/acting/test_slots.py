"""Values of every kind, in three languages, in many ways to say them."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from frontdesk.domain.connector import Row
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.domain.workflow import Choice, Reading, Slot, WorkflowRun
from frontdesk.turn.acting.choices import options_of
from frontdesk.turn.acting.entities import Doubtful, Question, Told, read_slot
from frontdesk.turn.acting.heard import Heard

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
ORDERS: tuple[Row, ...] = (
    {"number": "HP-448120", "item": "blue rain jacket", "total": Decimal("129.00"), "placed_on": date(2026, 11, 2)},
    {"number": "HP-301557", "item": "two-person tent", "total": Decimal("349.50"), "placed_on": date(2026, 10, 1)},
    {"number": "HP-118833", "item": "red hiking boots", "total": Decimal("89.90"), "placed_on": date(2026, 9, 15)},
)
COLOUR = Slot(
    name="colour",
    type="choice",
    ask={"en": "Which colour?"},
    choices=(
        Choice(value="dark_green", label={"en": "dark green", "de": "dunkelgrün", "es": "verde oscuro"}),
        Choice(value="red", label={"en": "red", "de": "rot", "es": "rojo"}, words=("crimson", "burgundy")),
        Choice(value="blue", label={"en": "blue", "de": "blau", "es": "azul"}),
    ),
)
ORDER = Slot(name="order", type="choice", ask={"en": "Which order?"}, choose_from="orders", choose_by="number")
NUMBERED = Slot(name="order", type="id", ask={"en": "Number?"}, pattern=r"HP-\d{6}", examples=("HP-448120", "HP-1"))


def a_slot(kind: Any, **fields: Any) -> Slot:
    return Slot(name="it", type=kind, ask={"en": "Well?"}, **fields)


def a_run() -> WorkflowRun:
    return WorkflowRun(
        run_id=RunId("run_1"),
        conversation_id=ConversationId("conv_1"),
        workflow="w",
        version=1,
        release_id=ReleaseId("rel_1"),
        step="s",
        status="active",
        started_at=NOW,
        updated_at=NOW,
        readings={"orders": Reading(operation="orders.orders", rows=ORDERS, read_at=NOW)},
    )


def read(slot: Slot, text: str, language: str = "en", *, is_asked: bool = True, current: Any = None) -> Any:
    """The value, the doubt, or None."""
    question = Question(slot=slot, now=NOW, options=options_of(slot, a_run(), NOW), current=current, is_asked=is_asked)
    found = read_slot(Heard(text, language), question)
    return found.value if isinstance(found, Told) else found.why if isinstance(found, Doubtful) else None


IDS = ["HP-448120", "hp-448120", "hp 448120", "HP448120", "448120", "hp448120!", "HP - 448120", "HP/448120"]
FRAMES = {
    "en": [
        "{}",
        "it's {}",
        "The number is {}.",
        "{} please",
        "I think it is {}",
        "no, I meant {}",
        "order {}",
        "sure: {}",
    ],
    "de": [
        "{}",
        "das ist {}",
        "Die Nummer lautet {}.",
        "{} bitte",
        "ich glaube {}",
        "nein, ich meinte {}",
        "Bestellung {}",
    ],
    "es": ["{}", "es {}", "El número es {}.", "{} por favor", "creo que es {}", "no, quería decir {}", "pedido {}"],
}


@pytest.mark.parametrize(
    ("language", "frame"), [(language, one) for language, several in FRAMES.items() for one in several]
)
def test_a_number_is_read_in_any_frame_and_spelling(language: str, frame: str) -> None:
    for written in IDS:
        assert read(NUMBERED, frame.format(written), language) == "HP-448120", frame.format(written)


@pytest.mark.parametrize(
    "text", ["not HP-448120 but HP-301557", "HP-301557, not HP-448120", "HP-301557 instead of HP-448120", "nicht HP-448120, sondern HP-301557", "no HP-448120, HP-301557"]
)  # fmt: skip
def test_a_number_that_is_named_to_be_refused_is_not_taken(text: str) -> None:
    assert read(NUMBERED, text) == "HP-301557"


@pytest.mark.parametrize("text", ["HP-44812", "HP-4481200", "4481", "my order", "XX-448120", "on 12.10.2026", "two"])
def test_what_does_not_fit_the_pattern_is_no_number(text: str) -> None:
    assert read(NUMBERED, text) is None


def test_two_numbers_are_a_doubt() -> None:
    assert read(NUMBERED, "HP-448120 and HP-301557") == "not_understood"


@pytest.mark.parametrize(
    ("text", "is_asked", "value"),
    [
        ("A1234-77", True, "A1234-77"),
        ("order 4711", False, "4711"),
        ("my ticket no. 88-21", False, "88-21"),
        ("#55012", False, "55012"),
        ("where is GX20731?", False, "GX20731"),
        ("I paid 4711 euros", True, None),
        ("since 12.10.2026", True, None),
        ("I waited 4711 minutes", False, None),
    ],
)
def test_without_a_pattern_a_number_shows_by_its_look(text: str, is_asked: bool, value: str | None) -> None:
    assert read(a_slot("id"), text, is_asked=is_asked) == value


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "ann.lee+shop@Example.com"),
        ("en", "it's ann.lee+shop@example.com."),
        ("en", "write to <ann.lee+shop@example.com>, please"),
        ("en", "ann.lee+shop at example dot com"),
        ("en", "ann.lee+shop(at)example.com"),
        ("de", "meine Adresse ist ann.lee+shop@example.com"),
        ("de", "ann.lee+shop ät example punkt com"),
        ("es", "ann.lee+shop arroba example punto com"),
        ("es", "es ann.lee+shop@example.com gracias"),
    ],
)
def test_an_address_is_read_as_it_is_spelt(language: str, text: str) -> None:
    assert read(a_slot("email"), text, language) == "ann.lee+shop@example.com"


def test_an_address_that_was_masked_is_read_from_what_was_written() -> None:
    heard = Heard("write to [e-mail address removed]", "en", "write to ann@example.com")
    assert read_slot(heard, Question(slot=a_slot("email"), now=NOW)) == Told(
        value="ann@example.com", said="ann@example.com"
    )


@pytest.mark.parametrize("text", ["ann@", "@example.com", "ann at the office", "none", "ann@example"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert read(a_slot("email"), text) is None


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "80", 80), ("en", "eighty", 80), ("en", "80 pieces", 80), ("en", "about 1,200", 1200), ("en", "one", 1), ("en", "just one", 1),
        ("en", "twenty five", 25), ("en", "two dozen", None), ("de", "80", 80), ("de", "achtzig Stück", 80), ("de", "fünfundzwanzig", 25),
        ("de", "1.200", 1200), ("de", "eine", 1), ("es", "80", 80), ("es", "ochenta", 80), ("es", "1.200 unidades", 1200), ("es", "una", 1),
        ("en", "2.5", Decimal("2.5")), ("de", "2,5", Decimal("2.5")),
    ],
)  # fmt: skip
def test_a_number_is_read_in_digits_and_words(language: str, text: str, value: Any) -> None:
    if value is not None:
        assert read(a_slot("number"), text, language) == value


@pytest.mark.parametrize(("text", "doubt"), [("5", "too_small"), ("5000", "too_large"), ("100", 100)])
def test_a_number_out_of_its_bounds_is_named_as_such(text: str, doubt: Any) -> None:
    assert read(a_slot("number", minimum=Decimal(10), maximum=Decimal(1000)), text) == doubt


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "€129", "129"), ("en", "129.50 EUR", "129.5"), ("en", "129,50", "129.5"), ("en", "$1,299.00", "1299"), ("en", "about 40 pounds", "40"),
        ("en", "200", "200"), ("de", "129,50 €", "129.5"), ("de", "1.299 Euro", "1299"), ("de", "1.299,00 EUR", "1299"),
        ("es", "129,50 €", "129.5"), ("es", "1.299 euros", "1299"), ("es", "cien euros", "100"),
    ],
)  # fmt: skip
def test_an_amount_is_read_with_its_separators(language: str, text: str, value: str) -> None:
    assert read(a_slot("money"), text, language) == Decimal(value)


def test_a_bare_number_is_an_amount_only_where_one_is_asked_for() -> None:
    assert read(a_slot("money"), "I bought 3 jackets", is_asked=False) is None
    assert read(a_slot("money"), "I paid 30 EUR", is_asked=False) == Decimal(30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("yesterday", "too_early"), ("tomorrow", date(2026, 11, 26)), ("in 3 months", "too_late"), ("Friday or Saturday", "not_understood")],
)  # fmt: skip
def test_a_date_is_held_to_its_bounds(text: str, expected: Any) -> None:
    assert read(a_slot("date", not_before_days=1, not_after_days=30), text) == expected


def test_a_moment_needs_its_time() -> None:
    assert read(a_slot("time"), "tomorrow at 3pm") == datetime(2026, 11, 26, 15, tzinfo=NOW.tzinfo)
    assert read(a_slot("time"), "tomorrow") is None


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("ja gerne", True), ("claro", True), ("no", False), ("nein danke", False), ("maybe", None)]
)  # fmt: skip
def test_yes_or_no_is_an_answer_and_never_volunteered(text: str, value: bool | None) -> None:
    assert read(a_slot("yes_no"), text) is value
    assert read(a_slot("yes_no"), text, is_asked=False) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("red", "red"), ("Red, please", "red"), ("the crimson one", "red"), ("rot", "red"), ("el rojo", "red"), ("ROJO!", "red"), ("dark green", "dark_green"),
        ("Dunkelgrün bitte", "dark_green"), ("dunkelgrun", "dark_green"), ("verde oscuro", "dark_green"), ("dark_green", "dark_green"), ("the first one", "dark_green"),
        ("the second", "red"), ("2", "red"), ("number 3", "blue"), ("3.", "blue"), ("the last one", "blue"), ("die zweite", "red"), ("das erste", "dark_green"),
        ("la tercera", "blue"), ("el último", "blue"), ("option 1", "dark_green"), ("not red, blue", "blue"), ("burgunndy", "red"), ("burgundy", "red"),
        ("4", None), ("the fourth one", None), ("purple", None), ("red or blue", None), ("any", None),
    ],
)  # fmt: skip
def test_a_choice_is_made_by_name_by_place_or_by_other_words(text: str, value: str | None) -> None:
    assert read(COLOUR, text) == value


def test_a_place_is_a_choice_only_as_an_answer() -> None:
    assert read(COLOUR, "2", is_asked=False) is None
    assert read(COLOUR, "I want the red one", is_asked=False) == "red"


def test_the_other_one_is_the_other_of_two() -> None:
    two = Slot(name="size", type="choice", ask={"en": "?"}, choices=COLOUR.choices[1:])
    for text in ("the other one", "actually the other", "den anderen bitte", "el otro"):
        assert read(two, text, current="red") == "blue", text
    assert read(COLOUR, "the other one", current="red") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the jacket", "HP-448120"), ("the blue one", "HP-448120"), ("die blaue Jacke blue", "HP-448120"), ("the boots", "HP-118833"), ("my tent please", "HP-301557"),
        ("HP-301557", "HP-301557"), ("301557", "HP-301557"), ("the second one", "HP-301557"), ("the last one", "HP-118833"), ("the newest", "HP-448120"),
        ("the most recent order", "HP-448120"), ("the oldest one", "HP-118833"), ("the cheapest", "HP-118833"), ("the most expensive one", "HP-301557"),
        ("the one for 349.50", "HP-301557"), ("la más cara", "HP-301557"), ("die neueste", "HP-448120"), ("something else", None), ("the jacket and the tent", None),
        ("blue rain jacket", "HP-448120"), ("two-person tent", "HP-301557"),
    ],
)  # fmt: skip
def test_a_record_is_chosen_by_what_sets_it_apart(text: str, value: str | None) -> None:
    assert read(ORDER, text) == value


def test_a_record_is_chosen_by_what_its_button_says() -> None:
    labelled = Slot(
        name="order",
        type="id",
        ask={"en": "Which?"},
        choose_from="orders",
        choose_by="number",
        label={"en": "{item} of {placed_on|date}", "de": "{item} vom {placed_on|date}"},
    )
    assert read(labelled, "blue rain jacket of 2 November 2026") == "HP-448120"
    assert read(labelled, "blue rain jacket vom 2. November 2026") == "HP-448120"


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "Lindenweg 4, 10115 Berlin", "Lindenweg 4, 10115 Berlin"),
        ("en", "it's 12 Hill Road, Leeds please", "12 Hill Road, Leeds"),
        ("en", "my name is Ann Lee", "Ann Lee"),
        ("de", "Das ist Hauptstraße 9, 20095 Hamburg.", "Hauptstraße 9, 20095 Hamburg"),
        ("es", "es Calle Mayor 3, Madrid, gracias", "Calle Mayor 3, Madrid"),
    ],
)
def test_a_text_is_taken_without_the_words_around_it(language: str, text: str, value: str) -> None:
    assert read(a_slot("text"), text, language) == value


def test_a_text_is_no_longer_than_it_may_be_and_never_volunteered() -> None:
    assert read(a_slot("text", max_chars=10), "x" * 11) == "too_long"
    assert read(a_slot("text"), "anything", is_asked=False) is None


def test_a_text_with_a_pattern_is_found_in_a_sentence() -> None:
    postcode = a_slot("text", pattern=r"\d{5}")
    assert read(postcode, "the postcode is 10115, in Berlin") == "10115"
    assert read(postcode, "Berlin") is None


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "Monday", "S1"),
        ("en", "the one on Tuesday at 2pm", "S3"),
        ("de", "Dienstag um 11", "S2"),
        ("de", "am 1. Dezember um 14 Uhr", "S3"),
        ("es", "el lunes", "S1"),
        ("en", "Tuesday", None),
        ("en", "Friday", None),
    ],
)
def test_a_record_is_chosen_by_its_day_and_hour(language: str, text: str, value: str | None) -> None:
    rows: tuple[Row, ...] = (
        {"slot_id": "S1", "day": date(2026, 11, 30), "time": "14:00"},
        {"slot_id": "S2", "day": date(2026, 12, 1), "time": "11:00"},
        {"slot_id": "S3", "day": date(2026, 12, 1), "time": "14:00"},
    )
    slot = Slot(name="slot", type="choice", ask={"en": "When?"}, choose_from="slots", choose_by="slot_id")
    run = replace(a_run(), readings={"slots": Reading(operation="a.slots", rows=rows, read_at=NOW)})
    question = Question(slot=slot, now=NOW, options=options_of(slot, run, NOW), is_asked=True)
    found = read_slot(Heard(text, language), question)
    assert (found.value if isinstance(found, Told) else None) == value
