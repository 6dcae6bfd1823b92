import pytest

from frontdesk.text.quantities import quantities
from frontdesk.turn.grounding.amounts import contradiction, says_the_same


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("14 days", "two weeks"),
        ("24 hours", "1 day"),
        ("one year", "12 months"),
        ("$4.99", "4.99 dollars"),
        ("1.5 kg", "1500 g"),
        ("3 pm", "15:00"),
        ("9:00", "9 pm"),
        ("3 March 2024", "March 3rd"),
        ("5", "5 days"),
    ],
)
def test_ways_of_writing_one_amount_say_the_same(left: str, right: str) -> None:
    assert says_the_same(quantities(left, "en")[0], quantities(right, "en")[0])


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ("30 days", "14 days", "number"),
        ("30 days", "30 working days", "unit"),
        ("30 EUR", "30 USD", "unit"),
        ("5 EUR", "6 EUR", "price"),
        ("3 March", "4 March", "date"),
        ("Monday", "Tuesday", "date"),
        ("9 am", "9 pm", "date"),
        ("20 %", "20 EUR", "unit"),
    ],
)
def test_amounts_that_differ_tell_why(left: str, right: str, reason: str) -> None:
    said, meant = quantities(left, "en")[0], quantities(right, "en")[0]
    assert not says_the_same(said, meant)
    assert contradiction(said, [meant]) == reason
